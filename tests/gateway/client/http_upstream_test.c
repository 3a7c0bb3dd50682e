#include "parsers/gzip.h"
#include "tests/gateway/client/http_upstream_rig.h"

TestSuite(http_upstream, .init = prepare);

Test(http_upstream, a_call_is_one_request_as_the_contract_says)
{
	static char big[2 << 20];
	struct upstream_answer answer;

	open_upstream(serve_ok);
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
	close_upstream();
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

Test(http_upstream, a_body_is_compressed_where_that_makes_it_smaller)
{
	static char big[1 << 20], again[1 << 20];
	uint64_t x = 1;

	options.compression = HTTP_COMPRESSION_GZIP;
	open_upstream(serve_ok);
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = "{\"value\":12}\n"[i % 13];
	/* The first compressed body is small; later ones use it again. */
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
	close_upstream();
}

Test(http_upstream, many_calls_are_in_flight_and_each_is_answered_once)
{
	int cookies[4], seen = 0;
	struct upstream_answer answer;

	open_upstream(serve_ok);
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
	close_upstream();
}

Test(http_upstream, closing_drops_what_is_in_flight)
{
	struct upstream_answer answer;

	open_upstream(serve_nothing);
	for (int i = 0; i < 4; i++)
		submit("{}\n", 3, NULL);
	upstream->ops->answers(upstream, &answer, 1);
	close_upstream();
}

Test(http_upstream, waiting_ends_with_a_descriptor_or_the_deadline)
{
	struct instant before, after, deadline;
	int ends[2];

	open_upstream(serve_ok);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	deadline = patience();
	upstream->ops->wait(upstream, ends, 1, deadline);
	before = upstream->ops->now(upstream);
	cr_expect_lt(before.ns, deadline.ns);
	cr_expect_eq(read(ends[0], &(char){ 0 }, 1), 1, "it was not read");

	deadline = (struct instant){ before.ns + 20 * NS_PER_MS };
	upstream->ops->wait(upstream, ends, 1, deadline);
	after = upstream->ops->now(upstream);
	cr_expect_geq(after.ns, deadline.ns);
	upstream->ops->wait(upstream, ends, 1, before);
	cr_expect_lt(
	    upstream->ops->now(upstream).ns, after.ns + PATIENCE_S * NS_PER_S);
	close(ends[0]);
	close(ends[1]);
	close_upstream();
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
Test(http_upstream, after_an_answer_the_wait_does_not_return_for_nothing)
{
	open_upstream(serve_ok);
	for (int i = 0; i < 200; i++) {
		ask("{}\n");
		cr_expect_lt(turns_within(NS_PER_MS), 20, "after call %d", i);
	}
	close_upstream();
}

Test(http_upstream, a_configuration_that_cannot_work_is_refused_at_once)
{
	struct err err = { 0 };
	char ca_file[] = "/nowhere/ca.pem", path[] = "/nowhere/secret";

	snprintf(url, sizeof url, "http://127.0.0.1/no/place");
	cr_expect(!http_upstream_open(&upstream, &options, &err));
	snprintf(url, sizeof url, "http://127.0.0.1/{table}");
	options.ca_file = ca_file;
	cr_expect(!http_upstream_open(&upstream, &options, &err));
	cr_expect(strstr(err.text, ca_file) != NULL);
	options.ca_file = NULL;
	options.credentials.kind = CREDENTIAL_API_KEY;
	options.credentials.api_key_file = path;
	cr_expect(!http_upstream_open(&upstream, &options, &err));
	cr_expect(strstr(err.text, path) != NULL);
	cr_expect_null(upstream);
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
Test(http_upstream, calls_that_begin_together_go_each_to_its_own_table)
{
	static const char *const ids[] = { "one", "two", "three" };
	const char *const *id;
	char line[100];

	open_upstream(serve_what_it_was);
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
	close_upstream();
}
