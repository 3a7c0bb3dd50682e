#include "tests/sim/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define HEADERS_MAX (16u << 20)
#define BODY_MAX    (1u << 30)
#define TEXT_MAX    512

/* clang-format off */
static const struct {
	int		 status;
	const char	*phrase;
	const char	*message; /* NULL: the phrase */
} usual[] = {
	{ 200, "OK",			NULL },
	{ 204, "No Content",		NULL },
	{ 400, "Bad Request",		NULL },
	{ 401, "Unauthorized",		NULL },
	{ 403, "Forbidden",		"You cannot consume this service" },
	{ 404, "Not Found",		"no Route matched with those values" },
	{ 408, "Request Timeout",	NULL },
	{ 411, "Length Required",	NULL },
	{ 413, "Content Too Large",	"Request size limit exceeded" },
	{ 415, "Unsupported Media Type", NULL },
	{ 422, "Unprocessable Content",	NULL },
	{ 425, "Too Early",		NULL },
	{ 429, "Too Many Requests",	"API rate limit exceeded" },
	{ 431, "Request Header Fields Too Large", NULL },
	{ 500, "Internal Server Error",	"An unexpected error occurred" },
	{ 502, "Bad Gateway",		"An invalid response was received from "
					"the upstream server" },
	{ 503, "Service Unavailable",	"failure to get a peer from the "
					"ring-balancer" },
	{ 504, "Gateway Timeout",	"The upstream server is timing out" },
};
/* clang-format on */

static const char *
phrase_of(int status)
{
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (usual[i].status == status)
			return usual[i].phrase;
	return "Unusual";
}

void
answer_init(struct answer *a)
{
	*a = (struct answer){ .type = "application/json" };
	buffer_init(&a->headers, HEADERS_MAX);
	buffer_init(&a->body, BODY_MAX);
}

void
answer_fini(struct answer *a)
{
	buffer_fini(&a->headers);
	buffer_fini(&a->body);
}

void
answer_reset(struct answer *a)
{
	struct buffer headers = a->headers, body = a->body;

	buffer_reset(&headers);
	buffer_reset(&body);
	*a = (struct answer){
		.headers = headers, .body = body, .type = "application/json"
	};
}

void
answer_set(struct answer *a, int status, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (len >= TEXT_MAX)
		len = TEXT_MAX - 1;
	a->status = status;
	buffer_reset(&a->body);
	buffer_append(&a->body, text, (size_t)len);
}

void
answer_usual(struct answer *a, int status)
{
	const char *message = phrase_of(status);

	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (usual[i].status == status && usual[i].message != NULL)
			message = usual[i].message;
	answer_set(a, status, "{\"message\":\"%s\"}", message);
}

void
answer_header(struct answer *a, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (len >= TEXT_MAX)
		len = TEXT_MAX - 1;
	buffer_append(&a->headers, text, (size_t)len);
	buffer_append(&a->headers, "\r\n", 2);
}

static bool
has_no_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

void
answer_render(const struct answer *a, const char *date, bool keep_alive,
    struct buffer *out)
{
	char text[TEXT_MAX];
	int64_t length = (int64_t)a->body.len + a->filler;
	int len;

	if (a->raw) {
		buffer_append(out, a->body.at, a->body.len);
		return;
	}
	len = snprintf(text, sizeof text,
	    "HTTP/1.1 %d %s\r\nDate: %s\r\n"
	    "Server: polaris-sim/" GATEWAY_VERSION "\r\n",
	    a->status, phrase_of(a->status), date);
	buffer_append(out, text, (size_t)len);
	buffer_append(out, a->headers.at, a->headers.len);
	len = 0;
	if (length > 0 && !has_no_body(a->status))
		len = snprintf(
		    text, sizeof text, "Content-Type: %s\r\n", a->type);
	if (!has_no_body(a->status))
		len += snprintf(text + len, sizeof text - (size_t)len,
		    "Content-Length: %" PRId64 "\r\n", length);
	len += snprintf(text + len, sizeof text - (size_t)len, "%s\r\n",
	    keep_alive ? "" : "Connection: close\r\n");
	buffer_append(out, text, (size_t)len);
	if (!has_no_body(a->status))
		buffer_append(out, a->body.at, a->body.len);
}
