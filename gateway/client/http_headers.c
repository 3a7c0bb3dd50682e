#include "gateway/client/http_headers.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX (128 << 10)

void
http_headers_release(struct http_headers *headers)
{
	if (headers == NULL || --headers->users > 0)
		return;
	if (headers->lines.at != NULL)
		explicit_bzero(headers->lines.at, headers->lines.room);
	buffer_fini(&headers->lines);
	free(headers);
}

struct http_headers *
http_headers_hold(struct http_headers *headers)
{
	headers->users++;
	return headers;
}

/* Room for all of it at once: a buffer that moves leaves a copy of a secret. */
static bool
append_authorization(struct http_headers *headers, const char *value)
{
	const char *blank = strrchr(value, ' ');
	size_t secret = strlen(blank != NULL ? blank + 1 : value);

	if (!buffer_reserve(&headers->lines, strlen(value) + 32) ||
	    !buffer_print(&headers->lines, "Authorization: %s", value))
		return false;
	headers->secret =
	    (struct span){ headers->lines.at + headers->lines.len - secret,
		    secret };
	return buffer_append(&headers->lines, "\r\n", 2);
}

static struct http_headers *
make(const char *type, bool gzip, const char *authorization)
{
	struct http_headers *headers = calloc(1, sizeof *headers);

	if (headers == NULL)
		return NULL;
	headers->users = 1;
	buffer_init(&headers->lines, LINES_MAX);
	if (buffer_print(&headers->lines,
		"User-Agent: polaris-gateway/" GATEWAY_VERSION "\r\n"
		"Accept: */*\r\n"
		"Content-Type: %s\r\n%s",
		type, gzip ? "Content-Encoding: gzip\r\n" : "") &&
	    (authorization == NULL ||
		append_authorization(headers, authorization)))
		return headers;
	http_headers_release(headers);
	return NULL;
}

struct http_headers *
http_headers_make(const char *authorization, bool gzip)
{
	return make("application/json", gzip, authorization);
}

struct http_headers *
http_headers_of_form(void)
{
	return make("application/x-www-form-urlencoded", false, NULL);
}
