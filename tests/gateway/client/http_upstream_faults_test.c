/* http_upstream_faults_test - servers that misbehave, each in its own way. */
#include <poll.h>

#include "tests/gateway/client/http_upstream_rig.h"

TestSuite(http_upstream_faults, .init = prepare);

static void
serve_reset_at_once(struct liar_connection *c)
{
	liar_reset(c);
}

static void
serve_reset_in_the_middle(struct liar_connection *c)
{
	char head[1000];

	liar_read_head(c, head, sizeof head);
	liar_reset(c);
}

static void
serve_close_after(struct liar_connection *c)
{
	liar_read(c);
}

static void
serve_half_a_head(struct liar_connection *c)
{
	if (liar_read(c))
		liar_say(c, "HTTP/1.1 200 OK\r\nContent-Le");
}

static void
serve_garbage(struct liar_connection *c)
{
	liar_say(c, "220 mail.example ESMTP\r\n");
	liar_stare(c);
}

static void
serve_one_long_header(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nX: ");
	for (int i = 0; i < 100000; i++)
		if (!liar_say(c, "yyyyyyyyyy"))
			return;
	liar_say(c, "\r\nContent-Length: 0\r\n\r\n");
}

static void
serve_1xx_without_end(struct liar_connection *c)
{
	liar_read(c);
	while (liar_say(c, "HTTP/1.1 102 Processing\r\n\r\n"))
		;
}

static void
serve_100_and_103(struct liar_connection *c)
{
	while (liar_read(c)) {
		liar_say(c, "HTTP/1.1 100 Continue\r\n\r\n");
		liar_say(c, "HTTP/1.1 103 Early Hints\r\n"
			    "Retry-After: 9\r\n\r\n");
		liar_say(c, OK);
	}
}

static void
serve_200_and_reset(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
	liar_reset(c);
}

static void
serve_200_and_silence(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
	liar_stare(c);
}

static void
serve_busy(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c,
		    "HTTP/1.1 429 Too Many\r\nretry-after: 7\r\n"
		    "RateLimit-Reset: 8\r\nContent-Length: 2\r\n\r\n{}");
}

static void
serve_trailer(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, "HTTP/1.1 503 No\r\nTrailer: Retry-After\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n"
			    "2\r\nno\r\n0\r\nRetry-After: 9\r\n\r\n");
}

/* A byte now and then, for ever. */
static void
drip(struct liar_connection *c)
{
	struct pollfd end = { .fd = c->fd, .events = POLLRDHUP };

	while (liar_say(c, "x") && poll(&end, 1, 20) == 0)
		;
}

static void
serve_a_dripping_head(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nX: ");
	drip(c);
}

static void
serve_a_dripping_body(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n");
	drip(c);
}

/* clang-format off */
static const struct {
	void (*serve)(struct liar_connection *);
	enum upstream_end end;
	unsigned status;
	const char *why;	/* how it begins */
	int64_t retry_after_ms, reset_ms;
	const char *text;
} faults[] = {
	{ serve_reset_in_the_middle, UPSTREAM_UNKNOWN, 0, "reset: ", -1, -1, "" },
	{ serve_reset_after, UPSTREAM_UNKNOWN, 0, "reset: ", -1, -1, "" },
	{ serve_close_after, UPSTREAM_UNKNOWN, 0, "reset: ", -1, -1, "" },
	{ serve_half_a_head, UPSTREAM_UNKNOWN, 0, "reset: ", -1, -1, "" },
	{ serve_nothing, UPSTREAM_UNKNOWN, 0, "timeout: no answer", -1, -1, "" },
	{ serve_09, UPSTREAM_UNKNOWN, 0, "garbage: ", -1, -1, "" },
	{ serve_headers_without_end, UPSTREAM_UNKNOWN, 0, "garbage: a head", -1, -1, "" },
	{ serve_one_long_header, UPSTREAM_UNKNOWN, 0, "garbage: a head", -1, -1, "" },
	{ serve_1xx_without_end, UPSTREAM_UNKNOWN, 0, "garbage: a head", -1, -1, "" },
	{ serve_100_and_103, UPSTREAM_ANSWERED, 200, NULL, -1, -1, "" },
	{ serve_204, UPSTREAM_ANSWERED, 204, NULL, -1, -1, "" },
	{ serve_redirect, UPSTREAM_ANSWERED, 307, NULL, -1, -1, "" },
	{ serve_100_megabytes, UPSTREAM_ANSWERED, 400, NULL, -1, -1, NULL },
	{ serve_200_and_reset, UPSTREAM_ANSWERED, 200, NULL, -1, -1, "half" },
	{ serve_200_and_silence, UPSTREAM_ANSWERED, 200, NULL, -1, -1, "half" },
	{ serve_busy, UPSTREAM_ANSWERED, 429, NULL, 7000, 8000, "{}" },
	{ serve_trailer, UPSTREAM_ANSWERED, 503, NULL, -1, -1, "no" },
	{ serve_a_dripping_head, UPSTREAM_UNKNOWN, 0, "timeout: no answer", -1, -1, "" },
	{ serve_a_dripping_body, UPSTREAM_ANSWERED, 503, NULL, -1, -1, NULL },
};
/* clang-format on */

/* Some say all they have to say, and never end. */
static uint64_t
timeout_ms_of(void (*serve)(struct liar_connection *))
{
	if (serve == serve_nothing || serve == serve_a_dripping_head)
		return SHORT_MS;
	if (serve == serve_200_and_silence || serve == serve_a_dripping_body)
		return HEARD_MS;
	return LONG_MS;
}

Test(http_upstream_faults,
    whatever_a_server_does_the_call_is_sent_once_and_answered)
{
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct upstream_answer a;

		options.timeout_ms = timeout_ms_of(faults[i].serve);
		open_upstream(faults[i].serve);
		a = ask("{\"a\":1}\n");
		cr_expect_eq(a.end, faults[i].end, "row %zu: %s", i, a.why);
		cr_expect_eq(a.status, faults[i].status, "row %zu", i);
		cr_expect_eq(a.why == NULL, a.end == UPSTREAM_ANSWERED);
		if (a.why != NULL && faults[i].why != NULL)
			cr_expect_eq(strncmp(a.why, faults[i].why,
					 strlen(faults[i].why)),
			    0, "row %zu: %s", i, a.why);
		cr_expect_eq(
		    a.retry_after_ms, faults[i].retry_after_ms, "row %zu", i);
		cr_expect_eq(a.reset_ms, faults[i].reset_ms, "row %zu", i);
		if (faults[i].text != NULL)
			cr_expect(span_equal(a.text, span_of(faults[i].text)),
			    "row %zu: %.*s", i, (int)a.text.len, a.text.at);
		cr_expect_leq(a.text.len, 500, "row %zu", i);
		cr_expect_leq(atomic_load(&liar.requests), 1, "row %zu", i);
		cr_expect_eq(atomic_load(&liar.connections), 1, "row %zu", i);
		close_upstream();
		cr_expect_leq(atomic_load(&liar.written), 20000000,
		    "row %zu: nobody reads 100 MB", i);
	}
}

static bool
answer_early(struct liar_connection *c, const char *status)
{
	char head[1000];

	return liar_read_head(c, head, sizeof head) &&
	       liar_say(c, "HTTP/1.1 ") && liar_say(c, status) &&
	       liar_say(c, "\r\nContent-Length: 2\r\n\r\n{}");
}

/* Reads no more, until the other side gives up. */
static void
wait_for_the_end(struct liar_connection *c)
{
	struct pollfd end = { .fd = c->fd, .events = POLLRDHUP };

	poll(&end, 1, -1);
}

static void
serve_early_413(struct liar_connection *c)
{
	answer_early(c, "413 Too Large");
	liar_stare(c);
}

static void
serve_early_413_and_no_more(struct liar_connection *c)
{
	answer_early(c, "413 Too Large");
	wait_for_the_end(c);
}

static void
serve_early_413_and_reset(struct liar_connection *c)
{
	answer_early(c, "413 Too Large");
	liar_reset(c);
}

static void
serve_early_200_and_no_more(struct liar_connection *c)
{
	answer_early(c, "200 OK");
	wait_for_the_end(c);
}

static void
serve_early_200_and_close(struct liar_connection *c)
{
	answer_early(c, "200 OK");
}

static void
serve_no_reading(struct liar_connection *c)
{
	wait_for_the_end(c);
}

/*
 * A 2xx to what was not sent to its end took nothing.  A refusal counts, where
 * it is seen before the reset.
 */
Test(http_upstream_faults,
    an_answer_before_the_request_was_read_delivers_nothing)
{
	static char big[3 << 20];
	static const struct {
		void (*serve)(struct liar_connection *);
		bool answered, unknown;
	} rows[] = {
		{ serve_early_413, true, false },
		{ serve_early_413_and_no_more, true, false },
		{ serve_early_413_and_reset, true, true },
		{ serve_early_200_and_no_more, false, true },
		{ serve_early_200_and_close, false, true },
		{ serve_no_reading, false, true },
	};

	memset(big, 'x', sizeof big);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct upstream_answer a;

		options.timeout_ms = rows[i].answered ? HEARD_MS : SHORT_MS;
		open_upstream(rows[i].serve);
		submit(big, sizeof big, NULL);
		a = next_answer();
		if (a.end == UPSTREAM_ANSWERED)
			cr_expect(rows[i].answered && a.status == 413,
			    "row %zu: %u", i, a.status);
		else
			cr_expect(rows[i].unknown && a.end == UPSTREAM_UNKNOWN,
			    "row %zu: %s", i, a.why);
		cr_expect_eq(atomic_load(&liar.connections), 1);
		close_upstream();
	}
}

static char elsewhere[200];

static void
serve_redirect_elsewhere(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, elsewhere);
}

Test(http_upstream_faults, a_redirect_is_not_followed)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	struct upstream_answer a;

	for (size_t i = 0; i < COUNT(statuses); i++) {
		options.credentials = (struct credential_options){
			.kind = CREDENTIAL_API_KEY,
			.api_key = secret,
		};
		liar_start(&issuer, serve_ok);
		snprintf(elsewhere, sizeof elsewhere,
		    "HTTP/1.1 %d Go\r\nLocation: http://127.0.0.1:%d/\r\n"
		    "Content-Length: 0\r\n\r\n",
		    statuses[i], issuer.port);
		open_upstream(serve_redirect_elsewhere);
		wait_until_ready();
		a = ask("{\"a\":1}\n");
		cr_expect_eq(a.status, (unsigned)statuses[i]);
		cr_expect_eq(atomic_load(&liar.requests), 1);
		cr_expect_eq(atomic_load(&issuer.connections), 0);
		close_upstream();
	}
}

/* Whether the request left before the reset came is a matter of luck. */
Test(http_upstream_faults, a_reset_before_the_request_is_an_answer_too)
{
	struct upstream_answer answer;

	open_upstream(serve_reset_at_once);
	answer = ask("{}\n");
	cr_expect_neq(answer.end, UPSTREAM_ANSWERED);
	cr_expect_not_null(answer.why);
	cr_expect_eq(atomic_load(&liar.requests), 0);
	close_upstream();
}

static void
serve_one_then_close(struct liar_connection *c)
{
	if (c->nth > 1) {
		serve_ok(c);
		return;
	}
	if (liar_read(c) && liar_say(c, OK))
		liar_read(c);
}

Test(http_upstream_faults, nothing_is_sent_again_by_itself)
{
	struct upstream_answer answer;

	open_upstream(serve_one_then_close);
	cr_expect_eq(ask("{\"a\":1}\n").status, 200);
	answer = ask("{\"a\":2}\n");
	cr_expect_eq(answer.end, UPSTREAM_UNKNOWN);
	cr_expect_str_eq(answer.why, "reset: a kept connection died in use");
	cr_expect_eq(atomic_load(&liar.requests), 2, "not three");
	cr_expect_eq(ask("{\"a\":3}\n").status, 200);
	cr_expect_eq(atomic_load(&liar.requests), 3);
	close_upstream();
}

Test(http_upstream_faults, what_could_not_connect_is_unreached)
{
	struct upstream_answer answer;
	struct err err = { 0 };
	struct {
		const char *scheme;
		void (*serve)(struct liar_connection *);
		const char *why;
	} cases[] = {
		{ "https", serve_nothing, "timeout: no connection" },
		{ "https", serve_garbage, "tls: " },
		{ "http", NULL, "connect: " },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		options.timeout_ms =
		    cases[i].serve == serve_nothing ? SHORT_MS : LONG_MS;
		liar_start(&liar, cases[i].serve);
		snprintf(url, sizeof url, "%s://127.0.0.1:%d/{table}",
		    cases[i].scheme, liar.port);
		if (cases[i].serve == NULL)
			shutdown(liar.fd, SHUT_RDWR);
		cr_assert(http_upstream_open(&upstream, &options, &err));
		answer = ask("{}\n");
		cr_expect_eq(answer.end, UPSTREAM_UNREACHED, "row %zu", i);
		cr_expect_eq(
		    strncmp(answer.why, cases[i].why, strlen(cases[i].why)), 0,
		    "row %zu: %s", i, answer.why);
		close_upstream();
	}
}
