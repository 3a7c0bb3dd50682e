#include "gateway/client/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

static size_t
origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	if (host == NULL)
		return 0;
	host += 3;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

struct span
origin_path(const char *url)
{
	const char *path = url + origin_len(url);

	return (struct span){ path, strcspn(path, "#") };
}

bool
origin_is_of(const struct origin *origin, const char *url)
{
	size_t len = origin_len(url);

	return origin->text != NULL && strncmp(origin->text, url, len) == 0 &&
	       origin->text[len] == '\0';
}

/* With the port, unless it is the scheme's default. */
static char *
host_of(CURLU *url)
{
	char *host = NULL, *port = NULL, *out = NULL;

	(void)curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
	if (curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    asprintf(&out, "%s%s%s", host, port != NULL ? ":" : "",
		port != NULL ? port : "") == -1)
		out = NULL;
	curl_free(host);
	curl_free(port);
	return out;
}

/* A proxy of the environment is used for TLS only: it could read the rest. */
static bool
set_in_handle(CURL *easy, CURLU *url, bool plain)
{
	return curl_easy_setopt(easy, CURLOPT_CURLU, url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROXY, plain ? "*" : NULL) ==
		   CURLE_OK;
}

bool
origin_set(struct origin *origin, void *easy, const char *url)
{
	struct origin new = {
		.text = strndup(url, origin_len(url)),
		.plain = strncmp(url, "http:", 5) == 0,
		.url = curl_url(),
	};

	if (new.text != NULL &&new.url != NULL &&
	    curl_url_set(new.url, CURLUPART_URL, new.text,
		CURLU_DISALLOW_USER) == CURLUE_OK)
		new.host = host_of(new.url);
	if (new.host == NULL || !set_in_handle(easy, new.url, new.plain)) {
		origin_fini(&new);
		return false;
	}
	origin_fini(origin);
	*origin = new;
	return true;
}

void
origin_fini(struct origin *origin)
{
	curl_url_cleanup(origin->url);
	free(origin->text);
	free(origin->host);
	*origin = (struct origin){ 0 };
}
