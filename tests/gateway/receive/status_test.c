/*
 * status_test - what is answered to which request, byte for byte as sent.
 */
#include <criterion/criterion.h>

#include "tests/gateway/receive/rig.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define P     "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"
#define CL    "Content-Length: #\r\n"
#define TE    "Transfer-Encoding: chunked\r\n"
#define END   "\r\n"
#define OPEN  false
#define CLOSE true

/* clang-format off */
static const struct {
	const char *what;
	const char *form;	/* see request_from */
	int status;
	const char *told;	/* stands in head or body */
	bool closes;
	unsigned events;
} rows[] = {
{ "plain",	P CL END "@\n",		200, "Gateway-Ack: received", OPEN, 1 },
{ "no last line feed", P CL END "@\n@",	200, "Content-Length: 0", OPEN, 2 },
{ "CR LF and blank lines", P CL END "\r\n@\r\n\n@\r\n", 200, "", OPEN, 2 },
{ "project path", "POST /v1/projects/p/events/t HTTP/1.1\r\nHost: h\r\n" CL END "@", 200, "", OPEN, 1 },
{ "absolute form", "POST http://x/v1/events/t HTTP/1.1\r\nHost: h\r\n" CL END "@", 200, "", OPEN, 1 },
{ "encoded name", "POST /v1/events/%74 HTTP/1.1\r\nHost: h\r\n" CL END "@", 200, "", OPEN, 1 },
{ "HTTP/1.0",	"POST /v1/events/t HTTP/1.0\r\n" CL END "@", 200, "", CLOSE, 1 },
{ "asked to close", P CL "Connection: close\r\n" END "@", 200, "Connection: close", CLOSE, 1 },
{ "any type",	P CL "Content-Type: image/png\r\n" END "@", 200, "", OPEN, 1 },
{ "identity",	P CL "Content-Encoding: identity\r\n" END "@", 200, "", OPEN, 1 },
{ "no body",	P "Content-Length: 0\r\n" END, 200, "Gateway-Ack: received", OPEN, 0 },
{ "blank body",	P CL END "\n\r\n\n",	200, "", OPEN, 0 },
{ "dry run",	P CL END "@",		200, "", OPEN, 1 },
{ "expectation", P CL "Expect: 100-continue\r\n" END "@", 200, "", OPEN, 1 },
{ "its own credential", P CL "Authorization: Bearer x\r\n" END "@", 200, "", OPEN, 1 },
{ "upgrade",	P CL "Upgrade: h2c\r\nConnection: Upgrade\r\n" END "@", 200, "", OPEN, 1 },
{ "level, any case", P CL "gateway-ack: Delivered\r\n" END "@", 200, "Gateway-Ack: delivered", OPEN, 1 },
{ "chunked, empty", P TE END "0\r\n\r\n",	200, "", OPEN, 0 },
{ "chunked, a trailer", P TE END "0\r\nContent-Length: 7\r\n\r\n", 200, "", OPEN, 0 },

{ "dry run keeps nothing", "POST /v1/events/t?dry_run=true HTTP/1.1\r\nHost: h\r\n" CL END "@", 200, "Gateway-Ack", OPEN, 0 },
{ "dry run judges", "POST /v1/events/t?dry_run=true HTTP/1.1\r\nHost: h\r\n" CL END "x", 400, "not_json", OPEN, 0 },
{ "bad event",	P CL END "@\n{}\n@",	400, "\"line\":2,\"offset\":0,\"reason\":\"time_missing\"", OPEN, 0 },
{ "json reply",	P CL END "x",		400, "Content-Type: application/json", OPEN, 0 },
{ "array",	P CL END "[@,@]",	400, "\"code\":\"ArrayNotAccepted\"", OPEN, 0 },
{ "not gzip",	P CL "Content-Encoding: gzip\r\n" END "@", 400, "InvalidEncoding", OPEN, 0 },
{ "unknown level", P CL "Gateway-Ack: kept\r\n" END "@", 400, "BadParameter", CLOSE, 0 },
{ "empty level", P CL "Gateway-Ack:\r\n" END "@", 400, "BadParameter", CLOSE, 0 },
{ "durable",	P CL "Gateway-Ack: durable\r\n" END "@", 400, "AckUnavailable", CLOSE, 0 },
{ "skip",	"POST /v1/events/t?on_invalid=skip HTTP/1.1\r\nHost: h\r\n" CL END "@", 400, "SkipUnavailable", CLOSE, 0 },
{ "unknown wish", "POST /v1/events/t?dry_run=x HTTP/1.1\r\nHost: h\r\n" CL END "@", 400, "dry_run may be", CLOSE, 0 },

{ "unknown route", "POST /v1/event/t HTTP/1.1\r\nHost: h\r\n" CL END "@", 404, "no Route matched with those values", CLOSE, 0 },
{ "no route, no body", "GET / HTTP/1.1\r\nHost: h\r\n" END, 404, "no Route matched", OPEN, 0 },
{ "bad name",	"POST /v1/events/a%2fb HTTP/1.1\r\nHost: h\r\n" CL END "@", 404, "NoRoute", CLOSE, 0 },
{ "dots",	"POST /v1/events/%2e%2e HTTP/1.1\r\nHost: h\r\n" CL END "@", 404, "NoRoute", CLOSE, 0 },
{ "GET",	"GET /v1/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "HEAD",	"HEAD /v1/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "OPTIONS",	"OPTIONS /v1/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "DELETE",	"DELETE /v1/projects/p/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "post",	"post /v1/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "unknown",	"BREW /v1/events/t HTTP/1.1\r\nHost: h\r\n" END, 405, "Allow: POST", OPEN, 0 },
{ "PUT, a body", "PUT /v1/events/t HTTP/1.1\r\nHost: h\r\n" CL END "@", 405, "Allow: POST", CLOSE, 0 },
{ "PUT, chunked", "PUT /v1/events/t HTTP/1.1\r\nHost: h\r\n" TE END "0\r\n\r\n", 405, "Allow: POST", CLOSE, 0 },
{ "no length",	P END,			411, "LengthRequired", CLOSE, 0 },
{ "too large",	P "Content-Length: 1048577\r\n" END, 413, "Request size limit exceeded", CLOSE, 0 },
{ "far too large", P "Content-Length: 18446744073709551615\r\n" END, 413, "", CLOSE, 0 },
{ "too large, expected", P "Content-Length: 1048577\r\nExpect: 100-continue\r\n" END, 413, "", CLOSE, 0 },
{ "brotli",	P CL "Content-Encoding: br\r\n" END "@", 415, "UnsupportedEncoding", CLOSE, 0 },
{ "two codings", P CL "Content-Encoding: gzip, gzip\r\n" END "@", 415, "", CLOSE, 0 },

/* One reading only: see parsers/head. */
{ "length and chunked", P CL TE END "0\r\n\r\n", 400, "exclude", CLOSE, 0 },
{ "two lengths", P "Content-Length: 0\r\nContent-Length: 5\r\n" END, 400, "stands twice", CLOSE, 0 },
{ "two lengths on GET", "GET /v1/events/t HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n" END, 400, "stands twice", CLOSE, 0 },
{ "gzip, chunked", P "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n", 400, "may only be: chunked", CLOSE, 0 },
{ "identity",	P "Transfer-Encoding: identity\r\n" END, 400, "may only be: chunked", CLOSE, 0 },
{ "chunked in 1.0", "POST /v1/events/t HTTP/1.0\r\n" TE END "0\r\n\r\n", 400, "HTTP/1.0", CLOSE, 0 },
{ "blank before the colon", P CL "Transfer-Encoding : chunked\r\n" END "@", 400, "name is not a token", CLOSE, 0 },
{ "folded",	P CL "Transfer-Encoding:\r\n chunked\r\n" END "@", 400, "folded", CLOSE, 0 },
{ "folded, a tab", P CL "X: a\r\n\tb\r\n" END "@", 400, "folded", CLOSE, 0 },
{ "folded, last", P CL "X: a\r\n b\r\n c\r\n" END "@", 400, "folded", CLOSE, 0 },
{ "bare LF",	P "X: a\nContent-Length: #\r\n" END "@", 400, "folded", CLOSE, 0 },
{ "bare LF, last", P "Content-Length: #\nX: a\n" END "@", 400, "folded", CLOSE, 0 },
{ "bare LF, first", "POST /v1/events/t HTTP/1.1\nHost: h\r\n" CL END "@", 400, "folded", CLOSE, 0 },
{ "bare CR",	P CL "X: a\rb\r\n" END "@", 400, "control character", CLOSE, 0 },
{ "no host",	"POST /v1/events/t HTTP/1.1\r\n" CL END "@", 400, "one valid Host", CLOSE, 0 },
{ "two hosts",	P "Host: i\r\n" CL END "@", 400, "stands twice", CLOSE, 0 },
{ "HTTP/1.2",	"POST /v1/events/t HTTP/1.2\r\nHost: h\r\n" CL END "@", 400, "neither HTTP/1.1", CLOSE, 0 },
{ "expects more", P CL "Expect: bogus\r\n" END "@", 400, "100-continue", CLOSE, 0 },
{ "blank in target", "POST /v1/events/t u HTTP/1.1\r\nHost: h\r\n" CL END "@", 400, "target", CLOSE, 0 },
{ "no target",	"OPTIONS * HTTP/1.1\r\nHost: h\r\n" END, 400, "target", CLOSE, 0 },

/* These the library refuses by itself, before it asks us. */
{ "plus sign",	P "Content-Length: +3\r\n" END "abc", 400, "", CLOSE, 0 },
{ "list of lengths", P "Content-Length: 3, 3\r\n" END "abc", 400, "", CLOSE, 0 },
{ "no colon",	P CL "nonsense\r\n" END "@", 400, "", CLOSE, 0 },
{ "bad chunk",	P TE END "xyz\r\n", 400, "", CLOSE, 0 },
{ "HTTP/2",	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "", CLOSE, 0 },
};
/* clang-format on */

/* A connection that was not closed still serves; one that was, does not. */
static void
expect_end(int fd, bool closes, const char *what)
{
	struct answer next;

	if (!closes)
		cr_expect(client_ask(fd, GOOD, &next) && next.status == 200,
		    "%s: the connection is of no use any more", what);
	else if (client_read(fd, &next, true)) /* what MHD says twice */
		cr_expect_eq(next.status, 400, "%s: served on", what);
}

static void
expect_rate(const struct answer *answer, const char *what)
{
	static const char *const names[] = { "RateLimit-Limit: 83334\r",
		"RateLimit-Remaining: 83334\r",
		"RateLimit-Reset: ", "X-RateLimit-Limit-Minute: 83334\r",
		"X-RateLimit-Remaining-Minute: 83334\r" };

	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_not_null(strstr(answer->head, names[i]), "%s: no %s",
		    what, names[i]);
}

static char *
last(char *text, const char *word)
{
	char *found = NULL;

	while ((text = strstr(text, word)) != NULL)
		found = text++;
	return found;
}

Test(status, each_request_gets_its_answer)
{
	struct answer answer;
	unsigned long events = 0;
	struct err err;
	struct rig rig;

	rig_init(&rig);
	cr_assert(rig_start(&rig, &err), "%s", err.text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *what = rows[i].what;
		int fd = client_open(&rig);

		cr_expect(
		    client_ask(fd, rows[i].form, &answer), "%s: none", what);
		cr_expect_eq(answer.status, rows[i].status, "%s: %d %s%s", what,
		    answer.status, answer.head, answer.body);
		cr_expect(strstr(answer.head, rows[i].told) != NULL ||
			      strstr(answer.body, rows[i].told) != NULL,
		    "%s: %s%s", what, answer.head, answer.body);
		cr_expect_eq(strstr(answer.head, "Connection: close") != NULL,
		    rows[i].closes, "%s: %s", what, answer.head);
		cr_expect_eq(strstr(answer.head, "Connection: "),
		    last(answer.head, "Connection: "), "%s: twice", what);
		cr_expect_null(strstr(answer.head, "Retry-After"), "%s", what);
		if (answer.status != 200 && answer.body[0] == '{')
			expect_rate(&answer, what);
		expect_end(fd, rows[i].closes, what);
		close(fd);
		events += rows[i].events + !rows[i].closes;
	}
	rig_halt(&rig);
	cr_expect_eq(atomic_load(&rig.events), events, "%lu, not %lu",
	    atomic_load(&rig.events), events);
	rig_end(&rig);
}
