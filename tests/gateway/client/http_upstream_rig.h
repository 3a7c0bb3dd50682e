/*
 * http_upstream_rig - an http_upstream between a server and a token endpoint
 * that do as a test says.
 *
 * Every wait is for an event, and PATIENCE_S is of a test that hangs.  A call
 * outlives it: what would end by the call's own timeout alone fails.
 *
 * Everything is static: each test file has its own.
 */
#ifndef TESTS_GATEWAY_CLIENT_HTTP_UPSTREAM_RIG_H
#define TESTS_GATEWAY_CLIENT_HTTP_UPSTREAM_RIG_H

#include <criterion/criterion.h>
#include <signal.h>

#include "gateway/client/http_upstream.h"
#include "tests/support/liar.h"

#define MAYBE __attribute__((unused)) static

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define PATIENCE_S 120 /* of a test that hangs */

/*
 * Of calls: long where the server ends it; where nobody else will, short, or
 * enough for a busy machine to hear what the server says before.
 */
#define LONG_MS  600000
#define HEARD_MS 3000
#define SHORT_MS 300
#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MAYBE char secret[] = "hunter2hunter2";

/* What a test has open: servers, options and the upstream under test. */
MAYBE struct liar liar, issuer;
static char url[100], token_url[100];
static struct http_upstream_options options;
static struct upstream *upstream;

MAYBE void
prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	options = (struct http_upstream_options){ .url = url,
		.max_in_flight = 4,
		.connect_timeout_ms = LONG_MS,
		.timeout_ms = LONG_MS };
}

MAYBE void
open_upstream(void (*serve)(struct liar_connection *))
{
	struct err err = { 0 };

	liar_start(&liar, serve);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/events/{table}",
	    liar.port);
	cr_assert(
	    http_upstream_open(&upstream, &options, &err), "%s", err.text);
}

MAYBE void
open_with_oauth2(void (*serve)(struct liar_connection *),
    void (*issue)(struct liar_connection *))
{
	liar_start(&issuer, issue);
	snprintf(token_url, sizeof token_url, "http://127.0.0.1:%d/token",
	    issuer.port);
	options.credentials = (struct credential_options){
		.kind = CREDENTIAL_OAUTH2,
		.token_url = token_url,
		.client_id = secret + 7,
		.client_secret = secret,
	};
	open_upstream(serve);
}

MAYBE void
close_upstream(void)
{
	upstream->ops->close(upstream);
	liar_stop(&liar);
	if (issuer.serve != NULL)
		liar_stop(&issuer);
	issuer.serve = NULL;
}

MAYBE void
submit_to(const char *id, const char *body, size_t bytes, void *cookie)
{
	static uint64_t tables;
	struct upstream_call call = { .id = id,
		.table = ++tables,
		.body = body,
		.bytes = bytes,
		.events = 1,
		.cookie = cookie };

	upstream->ops->submit(upstream, &call);
}

MAYBE void
submit(const char *body, size_t bytes, void *cookie)
{
	submit_to("tab", body, bytes, cookie);
}

MAYBE struct instant
patience(void)
{
	return (struct instant){ upstream->ops->now(upstream).ns +
				 PATIENCE_S * NS_PER_S };
}

/* Text and all stay good until the next call. */
MAYBE struct upstream_answer
next_answer(void)
{
	struct instant until = patience();
	struct upstream_answer answer;

	while (upstream->ops->answers(upstream, &answer, 1) == 0) {
		cr_assert_lt(upstream->ops->now(upstream).ns, until.ns);
		upstream->ops->wait(upstream, NULL, 0, until);
	}
	return answer;
}

MAYBE struct upstream_answer
ask(const char *body)
{
	static int cookie;
	struct upstream_answer answer;

	submit(body, strlen(body), &cookie);
	answer = next_answer();
	cr_expect_eq(answer.cookie, &cookie);
	return answer;
}

MAYBE void
wait_until_ready(void)
{
	struct instant until = patience();
	struct upstream_answer answer;

	for (;;) {
		cr_assert_lt(upstream->ops->now(upstream).ns, until.ns);
		cr_assert_eq(upstream->ops->answers(upstream, &answer, 1), 0);
		if (upstream->ops->ready(upstream))
			return;
		upstream->ops->wait(upstream, NULL, 0, until);
	}
}

MAYBE void
serve_ok(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, OK);
}

/* What one connection may do to us. */

MAYBE void
serve_reset_after(struct liar_connection *c)
{
	if (liar_read(c))
		liar_reset(c);
}

MAYBE void
serve_nothing(struct liar_connection *c)
{
	liar_stare(c);
}

MAYBE void
serve_09(struct liar_connection *c)
{
	if (liar_read(c))
		liar_say(c, "hello, this is not HTTP\n");
}

MAYBE void
serve_headers_without_end(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 10000; i++)
		if (!liar_say(c, "X-Header: of 10,000\r\n"))
			return;
	liar_say(c, "Content-Length: 0\r\n\r\n");
}

MAYBE void
serve_204(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, "HTTP/1.1 204 No Content\r\n\r\n");
}

MAYBE void
serve_redirect(struct liar_connection *c)
{
	char text[200];

	snprintf(text, sizeof text,
	    "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d/else\r\n"
	    "Content-Length: 0\r\n\r\n",
	    c->liar->port);
	while (liar_read(c))
		liar_say(c, text);
}

MAYBE void
serve_100_megabytes(struct liar_connection *c)
{
	static char piece[100000];

	liar_read(c);
	liar_say(c, "HTTP/1.1 400 Bad\r\nContent-Length: 100000000\r\n\r\n");
	for (int i = 0; i < 1000; i++)
		if (!liar_write(c, piece, sizeof piece))
			return;
}

#endif
