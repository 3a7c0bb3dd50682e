#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "gateway/log.h"
#include "gateway/transmit/deliver.h"
#include "parsers/gzip.h"
#include "tests/support/liar.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define PATIENCE_S 20 /* of a test that hangs */

/* Of calls: long where the server ends it, short where nobody else will. */
#define LONG_MS  10000
#define SHORT_MS 300
#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static char secret[] = "hunter2hunter2";

/* What a test has open: servers, options and the deliver under test. */
static struct liar liar, issuer;
static char url[100], token_url[100];
static struct upstream_options options;
static struct deliver *deliver;
static struct upstream *upstream;

static void
prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	options = (struct upstream_options){ .url = url,
		.max_in_flight = 4,
		.connect_timeout_ms = LONG_MS,
		.timeout_ms = LONG_MS };
}

TestSuite(deliver, .init = prepare);

static void
open_deliver(void (*serve)(struct liar_connection *))
{
	struct err err = { 0 };

	liar_start(&liar, serve);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/events/{table}",
	    liar.port);
	cr_assert(deliver_open(&deliver, &options, &err), "%s", err.text);
	upstream = deliver_upstream(deliver);
}

static void
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
	open_deliver(serve);
}

static void
close_deliver(void)
{
	deliver_close(&deliver);
	cr_expect_null(deliver);
	liar_stop(&liar);
	if (issuer.serve != NULL)
		liar_stop(&issuer);
	issuer.serve = NULL;
}

static void
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

static void
submit(const char *body, size_t bytes, void *cookie)
{
	submit_to("tab", body, bytes, cookie);
}

static struct instant
patience(void)
{
	return (struct instant){ upstream->ops->now(upstream).ns +
				 PATIENCE_S * NS_PER_S };
}

/* Text and all stay good until the next call. */
static struct upstream_answer
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

static struct upstream_answer
ask(const char *body)
{
	static int cookie;
	struct upstream_answer answer;

	submit(body, strlen(body), &cookie);
	answer = next_answer();
	cr_expect_eq(answer.cookie, &cookie);
	return answer;
}

static void
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

static void
serve_ok(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, OK);
}

Test(deliver, a_call_is_one_request_as_the_contract_says)
{
	static char big[2 << 20];
	struct upstream_answer answer;

	open_deliver(serve_ok);
	answer = ask("{\"a\":1}\n");
	cr_expect_eq(answer.end, UPSTREAM_ANSWERED);
	cr_expect_eq(answer.status, 200);
	cr_expect_null(answer.why);
	cr_expect(!answer.renewing);
	cr_expect_eq(answer.retry_after_ms, -1);
	cr_expect_eq(answer.reset_ms, -1);
	cr_expect_eq(strncmp(liar.head, "POST /v1/events/tab HTTP/1.1\r\n", 30),
	    0, "%s", liar.head);
	cr_expect(strstr(liar.head, "\r\nContent-Length: 8\r\n") != NULL);
	cr_expect(strstr(liar.head, "\r\nContent-Type: application/json\r\n"));
	cr_expect(strstr(liar.head, "\r\nUser-Agent: polaris-gateway/"));
	cr_expect(strstr(liar.head, "Authorization") == NULL);
	cr_expect_str_eq(liar.body, "{\"a\":1}\n");

	/* A large one neither: libcurl alone would ask for a 100 first. */
	memset(big, 'x', sizeof big);
	submit(big, sizeof big, NULL);
	cr_expect_eq(next_answer().status, 200);
	cr_expect(strcasestr(liar.head, "Expect") == NULL, "%s", liar.head);
	cr_expect_eq(liar.body_len, sizeof big);
	cr_expect_eq(atomic_load(&liar.requests), 2);
	cr_expect_eq(atomic_load(&liar.connections), 1, "kept alive");
	close_deliver();
}

/* What the last request's body unpacks to. */
static size_t
unpack_body(char *out, size_t room)
{
	struct gzip_reader *reader = NULL;
	struct err err;
	size_t len = 0;

	cr_assert(gzip_reader_open(&reader, &err));
	cr_expect_eq(
	    gzip_unpack(reader, liar.body, liar.body_len, out, room, &len),
	    GZIP_DONE);
	gzip_reader_close(&reader);
	return len;
}

Test(deliver, a_body_is_packed_where_that_makes_it_smaller)
{
	static char big[1 << 20], again[1 << 20];
	uint64_t x = 1;

	options.compression = UPSTREAM_GZIP;
	open_deliver(serve_ok);
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = "{\"value\":12}\n"[i % 13];
	/* The first parcel is small, the others are used again. */
	for (size_t len = 100; len <= sizeof big; len = len * 5 / 2) {
		submit(big, len, NULL);
		cr_expect_eq(next_answer().status, 200);
		cr_expect(strstr(liar.head, "\r\nContent-Encoding: gzip\r\n"));
		cr_expect_lt(liar.body_len, len);
		cr_expect_eq(unpack_body(again, sizeof again), len);
		cr_expect_eq(memcmp(again, big, len), 0);
	}

	for (size_t i = 0; i < sizeof big; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
		big[i] = (char)(x >> 40);
	}
	submit(big, sizeof big, NULL);
	cr_expect_eq(next_answer().status, 200);
	cr_expect(strstr(liar.head, "Content-Encoding") == NULL);
	cr_expect_eq(liar.body_len, sizeof big, "noise goes as it is");
	cr_expect_eq(memcmp(liar.body, big, sizeof big), 0);
	close_deliver();
}

Test(deliver, many_calls_travel_side_by_side_and_are_each_answered_once)
{
	int cookies[4], seen = 0;
	struct upstream_answer answer;

	open_deliver(serve_ok);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 4; i++)
			submit("{}\n", 3, &cookies[i]);
		for (int i = 0; i < 4; i++) {
			answer = next_answer();
			cr_expect_eq(answer.status, 200);
			seen |= 1 << ((int *)answer.cookie - cookies);
		}
		cr_expect_eq(seen, 15);
		cr_expect_eq(upstream->ops->answers(upstream, &answer, 1), 0);
	}
	cr_expect_eq(atomic_load(&liar.requests), 200);
	cr_expect_leq(atomic_load(&liar.connections), 4);
	close_deliver();
}

/* What one connection may do to us. */

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
serve_reset_after(struct liar_connection *c)
{
	if (liar_read(c))
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
serve_nothing(struct liar_connection *c)
{
	liar_stare(c);
}

static void
serve_09(struct liar_connection *c)
{
	if (liar_read(c))
		liar_say(c, "hello, this is not HTTP\n");
}

static void
serve_garbage(struct liar_connection *c)
{
	liar_say(c, "220 mail.example ESMTP\r\n");
	liar_stare(c);
}

static void
serve_headers_without_end(struct liar_connection *c)
{
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 10000; i++)
		if (!liar_say(c, "X-Header: of 10,000\r\n"))
			return;
	liar_say(c, "Content-Length: 0\r\n\r\n");
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
serve_204(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, "HTTP/1.1 204 No Content\r\n\r\n");
}

static void
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

static void
serve_100_megabytes(struct liar_connection *c)
{
	static char piece[100000];

	liar_read(c);
	liar_say(c, "HTTP/1.1 400 Bad\r\nContent-Length: 100000000\r\n\r\n");
	for (int i = 0; i < 1000; i++)
		if (!liar_write(c, piece, sizeof piece))
			return;
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
	while (liar_say(c, "x"))
		usleep(20000);
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

static bool
never_ends(void (*serve)(struct liar_connection *))
{
	return serve == serve_nothing || serve == serve_200_and_silence ||
	       serve == serve_a_dripping_head || serve == serve_a_dripping_body;
}

Test(deliver, whatever_a_server_does_the_call_is_sent_once_and_answered)
{
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct upstream_answer a;
		int64_t start_ns = clock_now().ns;

		options.timeout_ms =
		    never_ends(faults[i].serve) ? SHORT_MS : LONG_MS;
		open_deliver(faults[i].serve);
		a = ask("{\"a\":1}\n");
		cr_expect_lt(clock_now().ns - start_ns, LONG_MS * NS_PER_MS);
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
		close_deliver();
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
Test(deliver, an_answer_before_the_request_was_read_delivers_nothing)
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
	options.timeout_ms = SHORT_MS;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct upstream_answer a;

		open_deliver(rows[i].serve);
		submit(big, sizeof big, NULL);
		a = next_answer();
		if (a.end == UPSTREAM_ANSWERED)
			cr_expect(rows[i].answered && a.status == 413,
			    "row %zu: %u", i, a.status);
		else
			cr_expect(rows[i].unknown && a.end == UPSTREAM_UNKNOWN,
			    "row %zu: %s", i, a.why);
		cr_expect_eq(atomic_load(&liar.connections), 1);
		close_deliver();
	}
}

static char elsewhere[200];

static void
serve_redirect_elsewhere(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, elsewhere);
}

Test(deliver, a_redirect_leads_nowhere_least_of_all_with_our_credential)
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
		open_deliver(serve_redirect_elsewhere);
		wait_until_ready();
		a = ask("{\"a\":1}\n");
		cr_expect_eq(a.status, (unsigned)statuses[i]);
		cr_expect_eq(atomic_load(&liar.requests), 1);
		cr_expect_eq(atomic_load(&issuer.connections), 0);
		close_deliver();
	}
}

/* Whether the request left before the reset came is a matter of luck. */
Test(deliver, a_reset_before_the_request_is_an_answer_too)
{
	struct upstream_answer answer;

	open_deliver(serve_reset_at_once);
	answer = ask("{}\n");
	cr_expect_neq(answer.end, UPSTREAM_ANSWERED);
	cr_expect_not_null(answer.why);
	cr_expect_eq(atomic_load(&liar.requests), 0);
	close_deliver();
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

Test(deliver, nothing_is_sent_again_behind_our_back)
{
	struct upstream_answer answer;

	open_deliver(serve_one_then_close);
	cr_expect_eq(ask("{\"a\":1}\n").status, 200);
	answer = ask("{\"a\":2}\n");
	cr_expect_eq(answer.end, UPSTREAM_UNKNOWN);
	cr_expect_str_eq(answer.why, "reset: a kept connection died in use");
	cr_expect_eq(atomic_load(&liar.requests), 2, "not three");
	cr_expect_eq(ask("{\"a\":3}\n").status, 200);
	cr_expect_eq(atomic_load(&liar.requests), 3);
	close_deliver();
}

Test(deliver, who_cannot_be_reached_got_nothing)
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
		cr_assert(deliver_open(&deliver, &options, &err));
		upstream = deliver_upstream(deliver);
		answer = ask("{}\n");
		cr_expect_eq(answer.end, UPSTREAM_UNREACHED, "row %zu", i);
		cr_expect_eq(
		    strncmp(answer.why, cases[i].why, strlen(cases[i].why)), 0,
		    "row %zu: %s", i, answer.why);
		close_deliver();
	}
}

Test(deliver, closing_drops_what_is_in_flight)
{
	struct upstream_answer answer;

	open_deliver(serve_nothing);
	for (int i = 0; i < 4; i++)
		submit("{}\n", 3, NULL);
	upstream->ops->answers(upstream, &answer, 1);
	close_deliver();
}

Test(deliver, waiting_ends_with_a_descriptor_or_the_deadline)
{
	struct instant before, after, deadline;
	int ends[2];

	open_deliver(serve_ok);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	upstream->ops->wait(upstream, ends, 1, patience());
	before = upstream->ops->now(upstream);
	cr_expect_eq(read(ends[0], &(char){ 0 }, 1), 1, "it was not read");

	deadline = (struct instant){ before.ns + 20 * NS_PER_MS };
	upstream->ops->wait(upstream, ends, 1, deadline);
	after = upstream->ops->now(upstream);
	cr_expect_geq(after.ns, deadline.ns);
	upstream->ops->wait(upstream, ends, 1, before);
	cr_expect_lt(upstream->ops->now(upstream).ns, after.ns + NS_PER_S);
	close(ends[0]);
	close(ends[1]);
	close_deliver();
}

static int
turns_within(int64_t ns)
{
	struct instant end = { upstream->ops->now(upstream).ns + ns };
	struct upstream_answer answer;
	int turns = 0;

	for (; upstream->ops->now(upstream).ns < end.ns; turns++) {
		upstream->ops->answers(upstream, &answer, 1);
		upstream->ops->wait(upstream, NULL, 0, end);
	}
	return turns;
}

/* Also when the answer was there as soon as the request was sent. */
Test(deliver, after_an_answer_nobody_turns_for_nothing)
{
	open_deliver(serve_ok);
	for (int i = 0; i < 200; i++) {
		ask("{}\n");
		cr_expect_lt(turns_within(NS_PER_MS), 20, "after call %d", i);
	}
	close_deliver();
}

Test(deliver, a_configuration_that_cannot_work_is_told_at_once)
{
	struct err err = { 0 };
	char ca_file[] = "/nowhere/ca.pem", path[] = "/nowhere/secret";

	snprintf(url, sizeof url, "http://127.0.0.1/no/place");
	cr_expect(!deliver_open(&deliver, &options, &err));
	snprintf(url, sizeof url, "http://127.0.0.1/{table}");
	options.ca_file = ca_file;
	cr_expect(!deliver_open(&deliver, &options, &err));
	cr_expect(strstr(err.text, ca_file) != NULL);
	options.ca_file = NULL;
	options.credentials.kind = CREDENTIAL_API_KEY;
	options.credentials.api_key_file = path;
	cr_expect(!deliver_open(&deliver, &options, &err));
	cr_expect(strstr(err.text, path) != NULL);
	cr_expect_null(deliver);
}

/* Refuses with what was asked for; one request a connection. */
static void
serve_what_it_was(struct liar_connection *c)
{
	char in[2000] = "", text[2200];
	size_t len = 0;
	ssize_t n;

	while (strstr(in, "}\n") == NULL) {
		n = recv(c->fd, in + len, sizeof in - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		in[len] = '\0';
	}
	in[strcspn(in, "\r")] = '\0';
	snprintf(text, sizeof text,
	    "HTTP/1.1 403 No\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    strlen(in), in);
	liar_say(c, text);
}

/* All of them are told before the first is connected. */
Test(deliver, calls_that_begin_together_go_each_to_its_own_table)
{
	static const char *const ids[] = { "one", "two", "three" };
	const char *const *id;
	char line[100];

	open_deliver(serve_what_it_was);
	for (size_t i = 0; i < COUNT(ids); i++)
		submit_to(ids[i], "{}\n", 3, (void *)(uintptr_t)&ids[i]);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct upstream_answer answer = next_answer();

		id = answer.cookie;
		snprintf(line, sizeof line, "POST /v1/events/%s HTTP/1.1", *id);
		cr_expect_eq(answer.status, 403);
		cr_expect(span_equal(answer.text, span_of(line)), "%s: %.*s",
		    *id, (int)answer.text.len, answer.text.at);
	}
	close_deliver();
}

/* Repeats the Authorization in its refusal. */
static void
serve_echo(struct liar_connection *c)
{
	char text[17000], *field;

	while (liar_read(c)) {
		field = strstr(c->liar->head, "Authorization: ");
		field[strcspn(field, "\r")] = '\0';
		snprintf(text, sizeof text,
		    "HTTP/1.1 403 No\r\nContent-Length: %zu\r\n\r\n%s",
		    strlen(field), field);
		liar_say(c, text);
	}
}

Test(deliver, an_api_key_goes_along_and_is_masked_in_what_comes_back)
{
	struct upstream_answer answer;
	char key[] = "pok_abc";

	options.credentials.kind = CREDENTIAL_API_KEY;
	options.credentials.api_key = key;
	open_deliver(serve_echo);
	cr_expect(upstream->ops->ready(upstream));
	answer = ask("{}\n");
	cr_expect_eq(answer.status, 403);
	cr_expect(
	    span_equal(answer.text, SPAN("Authorization: Basic ************")),
	    "%.*s", (int)answer.text.len, answer.text.at);
	close_deliver();
}

static void
say_token(struct liar_connection *c, int life_s)
{
	char body[100], text[300];
	int n = atomic_load(&c->liar->requests);

	snprintf(body, sizeof body,
	    "{\"access_token\":\"token-%d\",\"expires_in\":%d}", n, life_s);
	snprintf(text, sizeof text,
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
	    body);
	liar_say(c, text);
}

static void
issue(struct liar_connection *c)
{
	while (liar_read(c))
		say_token(c, 300);
}

Test(deliver, a_token_is_fetched_before_anything_is_sent)
{
	open_with_oauth2(serve_ok, issue);
	cr_expect(!upstream->ops->ready(upstream));
	wait_until_ready();
	cr_expect_eq(ask("{}\n").status, 200);
	cr_expect_eq(ask("{}\n").status, 200);
	cr_expect(
	    strstr(liar.head, "\r\nAuthorization: Bearer token-1\r\n") != NULL,
	    "%s", liar.head);
	cr_expect_eq(atomic_load(&issuer.requests), 1);
	cr_expect_eq(strncmp(issuer.head, "POST /token HTTP/1.1\r\n", 22), 0);
	cr_expect(strstr(issuer.head,
	    "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	cr_expect(strstr(issuer.head, "Authorization") == NULL);
	cr_expect_str_eq(issuer.body, "grant_type=client_credentials&"
				      "client_id=hunter2&"
				      "client_secret=hunter2hunter2");
	close_deliver();
}

static void
serve_401_to_the_first_token(struct liar_connection *c)
{
	while (liar_read(c)) {
		if (strstr(c->liar->head, "Bearer token-1\r\n") != NULL)
			liar_say(c, "HTTP/1.1 401 No\r\n"
				    "Content-Length: 0\r\n\r\n");
		else
			liar_say(c, OK);
	}
}

Test(deliver, waiting_ends_when_a_token_came_before_it_began)
{
	struct instant until;
	struct upstream_answer answer;

	open_with_oauth2(serve_ok, issue);
	until = patience();
	while (!upstream->ops->ready(upstream)) {
		upstream->ops->answers(upstream, &answer, 1);
		upstream->ops->wait(upstream, NULL, 0, until);
	}
	cr_expect_lt(upstream->ops->now(upstream).ns, until.ns);
	close_deliver();
}

Test(deliver, a_401_renews_once_and_the_pump_sends_again)
{
	struct upstream_answer answer;

	open_with_oauth2(serve_401_to_the_first_token, issue);
	wait_until_ready();
	for (int i = 0; i < 4; i++)
		submit("{}\n", 3, NULL);
	for (int i = 0; i < 4; i++) {
		answer = next_answer();
		cr_expect_eq(answer.status, 401);
		cr_expect(answer.renewing);
	}
	wait_until_ready();
	cr_expect_eq(ask("{}\n").status, 200);
	cr_expect_eq(atomic_load(&issuer.requests), 2, "one renewal for four");
	cr_expect_eq(atomic_load(&liar.requests), 5);
	close_deliver();
}

static void
serve_401(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
}

Test(deliver, a_renewal_in_vain_says_that_the_credential_is_bad)
{
	open_with_oauth2(serve_401, issue);
	wait_until_ready();
	submit("{}\n", 3, NULL);
	submit("{}\n", 3, NULL);
	cr_expect(next_answer().renewing);
	cr_expect(next_answer().renewing);
	for (int i = 0; i < 3; i++) {
		wait_until_ready();
		cr_expect(!ask("{}\n").renewing);
	}
	cr_expect_geq(atomic_load(&issuer.requests), 2);
	cr_expect_leq(atomic_load(&issuer.requests), 4);
	close_deliver();
}

static void
issue_short(struct liar_connection *c)
{
	while (liar_read(c))
		say_token(c, 1);
}

Test(deliver, a_token_is_renewed_before_it_ends_without_a_gap)
{
	struct instant until;
	struct upstream_answer answer;

	open_with_oauth2(serve_ok, issue_short);
	wait_until_ready();
	until = patience();
	while (atomic_load(&issuer.requests) < 3) {
		cr_assert_lt(upstream->ops->now(upstream).ns, until.ns);
		upstream->ops->wait(upstream, NULL, 0, until);
		upstream->ops->answers(upstream, &answer, 1);
		cr_expect(upstream->ops->ready(upstream));
	}
	close_deliver();
}

/* Keeps back what came with the first token, until it is an old one. */
static atomic_bool released;

static void
serve_echo_late(struct liar_connection *c)
{
	bool first;

	while (liar_read(c)) {
		first = strstr(c->liar->head, "Bearer token-1\r\n") != NULL;
		while (first && !atomic_load(&released))
			sched_yield();
		if (first)
			liar_say(c, "HTTP/1.1 403 No\r\n"
				    "Content-Length: 11\r\n\r\nno, token-1");
		else
			liar_say(c, OK);
	}
}

Test(deliver, a_token_that_was_replaced_meanwhile_is_masked_too)
{
	struct upstream_answer answer;
	struct instant until;

	open_with_oauth2(serve_echo_late, issue_short);
	wait_until_ready();
	until = patience();
	submit("{}\n", 3, NULL);
	while (atomic_load(&issuer.requests) < 3) {
		cr_assert_lt(upstream->ops->now(upstream).ns, until.ns);
		cr_assert_eq(upstream->ops->answers(upstream, &answer, 1), 0);
		upstream->ops->wait(upstream, NULL, 0, until);
	}
	atomic_store(&released, true);
	answer = next_answer();
	cr_expect_eq(answer.status, 403);
	cr_expect(span_equal(answer.text, SPAN("no, *******")), "%.*s",
	    (int)answer.text.len, answer.text.at);
	close_deliver();
}

/* The first connection tells a lie, the next ones serve. */
#define LIE_ONCE(name, lie)                                                    \
	static void name(struct liar_connection *c)                            \
	{                                                                      \
		if (c->nth > 1)                                                \
			issue(c);                                              \
		else                                                           \
			lie                                                    \
	}

LIE_ONCE(issue_reset, { serve_reset_after(c); })
LIE_ONCE(issue_silence, { serve_nothing(c); })
LIE_ONCE(issue_09, { serve_09(c); })
LIE_ONCE(issue_redirect, { serve_redirect(c); })
LIE_ONCE(issue_headers, { serve_headers_without_end(c); })
LIE_ONCE(issue_100_megabytes, { serve_100_megabytes(c); })
LIE_ONCE(issue_204, { serve_204(c); })
LIE_ONCE(issue_html, {
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
})
LIE_ONCE(issue_half, {
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
		    "{\"access_token\":\"stolen-token\",\"expires_in\":300");
})
LIE_ONCE(issue_huge, {
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n"
		    "{\"access_token\":\"stolen-token\",\"expires_in\":300}");
	for (int i = 0; i < 7000; i++)
		liar_say(c, "          ");
})
LIE_ONCE(issue_injection, {
	liar_read(c);
	liar_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n"
		    "{\"access_token\":\"stolen-token\\r\\nX:y\","
		    "\"expires_in\":300}");
})
LIE_ONCE(issue_invalid_client, {
	liar_read(c);
	liar_say(c, "HTTP/1.1 401 No\r\nContent-Length: 58\r\n\r\n"
		    "{\"error\":\"invalid_client\",\"was\":"
		    "\"hunter2hunter2 (secret)\"}");
})

/* clang-format off */
static const struct {
	void (*issue)(struct liar_connection *);
	const char *why;	/* what the log says */
} lies[] = {
	{ issue_reset, "reset: " },
	{ issue_silence, "timeout: no answer" },
	{ issue_09, "garbage: " },
	{ issue_redirect, "status 307" },
	{ issue_headers, "garbage: a head" },
	{ issue_100_megabytes, "status 400" },
	{ issue_204, "status 204" },
	{ issue_html, "not JSON" },
	{ issue_half, "not JSON at byte" },
	{ issue_huge, "over 65536 bytes" },
	{ issue_injection, "ASCII" },
	{ issue_invalid_client, "invalid_client" },
};
/* clang-format on */

/* Standard error while f runs; Criterion's own messages come later. */
static char *
log_of(void (*f)(size_t row), size_t row)
{
	char path[] = "/tmp/deliver_test.XXXXXX";
	int file = mkstemp(path), kept = dup(STDERR_FILENO);
	static char text[20000];
	ssize_t len;

	unlink(path);
	dup2(file, STDERR_FILENO);
	f(row);
	dup2(kept, STDERR_FILENO);
	len = pread(file, text, sizeof text - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	close(file);
	close(kept);
	return text;
}

static void
survive(size_t row)
{
	options.timeout_ms =
	    lies[row].issue == issue_silence ? 3 * SHORT_MS : LONG_MS;
	open_with_oauth2(serve_ok, lies[row].issue);
	wait_until_ready();
	cr_expect_eq(ask("{}\n").status, 200);
	cr_expect(strstr(liar.head, "Bearer token-") != NULL, "row %zu", row);
	cr_expect(strstr(liar.head, "stolen") == NULL, "row %zu", row);
	cr_expect_eq(atomic_load(&issuer.connections), 2, "row %zu", row);
	close_deliver();
}

Test(deliver, a_lying_token_endpoint_is_asked_again_and_named_in_the_log)
{
	struct log_options debug = { .level = LOG_DEBUG };

	log_setup(&debug);
	for (size_t i = 0; i < COUNT(lies); i++) {
		const char *text = log_of(survive, i);

		cr_expect(
		    strstr(text, lies[i].why) != NULL, "row %zu: %s", i, text);
		cr_expect(strstr(text, "token_failed") != NULL);
		cr_expect(strstr(text, "token_fetched") != NULL);
		cr_expect(strstr(text, "hunter2") == NULL, "%s", text);
		cr_expect(strstr(text, "stolen") == NULL, "%s", text);
		cr_expect(strstr(text, "token-") == NULL, "%s", text);
	}
}
