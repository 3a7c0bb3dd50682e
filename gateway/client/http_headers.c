#include "gateway/client/http_headers.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MOST (128 << 10)

void
http_headers_release(struct http_headers *f)
{
	if (f == NULL || --f->users > 0)
		return;
	if (f->lines.at != NULL)
		explicit_bzero(f->lines.at, f->lines.room);
	buffer_fini(&f->lines);
	free(f);
}

struct http_headers *
http_headers_hold(struct http_headers *f)
{
	f->users++;
	return f;
}

/* Room for all of it at once: a buffer that moves leaves a secret behind. */
static bool
authorize(struct http_headers *f, const char *value)
{
	const char *blank = strrchr(value, ' ');
	size_t secret = strlen(blank != NULL ? blank + 1 : value);

	if (!buffer_reserve(&f->lines, strlen(value) + 32) ||
	    !buffer_print(&f->lines, "Authorization: %s", value))
		return false;
	f->secret =
	    (struct span){ f->lines.at + f->lines.len - secret, secret };
	return buffer_append(&f->lines, "\r\n", 2);
}

static struct http_headers *
make(const char *type, bool gzip, const char *authorization)
{
	struct http_headers *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->users = 1;
	buffer_init(&f->lines, LINES_MOST);
	if (buffer_print(&f->lines,
		"User-Agent: polaris-gateway/" GATEWAY_VERSION "\r\n"
		"Accept: */*\r\n"
		"Content-Type: %s\r\n%s",
		type, gzip ? "Content-Encoding: gzip\r\n" : "") &&
	    (authorization == NULL || authorize(f, authorization)))
		return f;
	http_headers_release(f);
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
