#include "gateway/admin/access.h"

#include <stdlib.h>
#include <string.h>

#include "auth/secret.h"
#include "gateway/base/log.h"

struct access {
	struct secret *token; /* NULL: none is asked for */
	char *host;           /* NULL: no name of our own */
};

bool
access_open(struct access **out, const char *token_file, const char *host,
    int64_t now_ns, struct err *err)
{
	struct access *access = calloc(1, sizeof *access);

	if (access == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	if (host != NULL && (access->host = strdup(host)) == NULL) {
		err_set(err, ERR_HOST, 0, "out of memory");
		goto fail;
	}
	if (token_file != NULL &&
	    !secret_open(&access->token, NULL, token_file, now_ns, err))
		goto fail;
	*out = access;
	return true;
fail:
	access_close(&access);
	return false;
}

void
access_close(struct access **access)
{
	if (*access == NULL)
		return;
	secret_close(&(*access)->token);
	free((*access)->host);
	free(*access);
	*access = NULL;
}

/* The host without its port; brackets are kept. */
static struct span
without_port(struct span host)
{
	size_t len = host.len;

	while (len > 0 && host.at[len - 1] >= '0' && host.at[len - 1] <= '9')
		len--;
	if (len > 0 && host.at[len - 1] == ':')
		host.len = len - 1;
	return host;
}

/* Digits and dots, or anything in brackets: no name has such a form. */
static bool
is_ip_address(struct span host)
{
	if (host.len > 2 && host.at[0] == '[')
		return host.at[host.len - 1] == ']';
	for (size_t i = 0; i < host.len; i++)
		if ((host.at[i] < '0' || host.at[i] > '9') && host.at[i] != '.')
			return false;
	return host.len > 0;
}

static bool
host_is_ours(const struct access *access, struct span host)
{
	host = without_port(host);
	return is_ip_address(host) ||
	       span_equal_nocase(host, SPAN("localhost")) ||
	       (access->host != NULL &&
		   span_equal_nocase(host, span_of(access->host)));
}

/* The time does not depend on where the first difference is. */
static bool
is_token(struct span given, struct span token)
{
	unsigned char differs = given.len != token.len;

	for (size_t i = 0; i < given.len; i++)
		differs |=
		    (unsigned char)(given.at[i] ^ token.at[i % token.len]);
	return differs == 0;
}

static bool
shows_token(struct access *access, struct span authorization, int64_t now_ns)
{
	static const struct span scheme = SPAN("Bearer ");
	struct span given = authorization;
	struct err err;

	if (access->token == NULL)
		return true;
	if (secret_refresh(access->token, now_ns, &err) == SECRET_UNUSABLE)
		log_event(LOG_WARN, "token_unusable", LOG_STR("why", err.text),
		    LOG_STR("advice",
			"the old admin token stays in use until admin.token_"
			"file holds one line of visible ASCII"));
	if (given.len < scheme.len ||
	    !span_equal_nocase((struct span){ given.at, scheme.len }, scheme))
		return false;
	given.at += scheme.len;
	given.len -= scheme.len;
	return is_token(span_trim(given), secret_text(access->token));
}

static bool
is_json(struct span type)
{
	static const struct span json = SPAN("application/json");
	const char *end =
	    type.at == NULL ? NULL : memchr(type.at, ';', type.len);

	if (end != NULL)
		type.len = (size_t)(end - type.at);
	return span_equal_nocase(span_trim(type), json);
}

struct access_answer
access_ask(struct access *access, enum access_need need,
    const struct access_request *request, int64_t now_ns)
{
	if (need >= ACCESS_HOST && !host_is_ours(access, request->host))
		return (struct access_answer){ 403, "UnknownHost",
			"ask by address or localhost, or set admin.host to "
			"this name" };
	if (need >= ACCESS_TOKEN &&
	    !shows_token(access, request->authorization, now_ns))
		return (struct access_answer){ 401, "TokenRequired",
			"send Authorization: Bearer with the token that "
			"admin.token_file holds" };
	if (need >= ACCESS_JSON && !is_json(request->content_type))
		return (struct access_answer){ 415, "JsonRequired",
			"a POST here must be application/json" };
	return (struct access_answer){ 0, NULL, NULL };
}
