#include <criterion/criterion.h>
#include <string.h>

#include "gateway/client/upstream_response.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* 2026-11-24T10:00:00Z */
#define NOW_MS INT64_C(1795514400000)

/* Hands over the text line by line. */
static bool
read_head(struct upstream_response *response, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n") + 1;

		if (!upstream_response_head(
			response, (struct span){ text, len }, NOW_MS))
			return false;
		text += len;
	}
	return true;
}

/* clang-format off */
static const struct {
	const char *head;
	bool whole;
	unsigned status;
	int64_t retry_after_ms, reset_ms;
} heads[] = {
	{ "HTTP/1.1 200 OK\r\n\r\n", true, 200, -1, -1 },
	{ "HTTP/1.1 200 OK\n\n", true, 200, -1, -1 },
	{ "HTTP/1.1 204\r\n\r\n", true, 204, -1, -1 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n", false, 200, -1, -1 },
	{ "HTTP/1.1 100 Continue\r\n\r\n", false, 100, -1, -1 },
	{ "HTTP/1.1 103 Hints\r\nRetry-After: 7\r\n\r\n"
	  "HTTP/1.1 503 No\r\n\r\n", true, 503, -1, -1 },
	{ "HTTP/1.1 429 No\r\nretry-after: 7\r\nRATELIMIT-RESET:8\r\n\r\n",
	  true, 429, 7000, 8000 },
	{ "HTTP/1.1 503 No\r\nRetry-After: Tue, 24 Nov 2026 10:00:42 GMT\r\n\r\n",
	  true, 503, 42000, -1 },
	{ "HTTP/1.1 503 No\r\nRetry-After: -7\r\nRateLimit-Reset: x\r\n\r\n",
	  true, 503, -1, -1 },
	{ "HTTP/1.1 503 No\r\nX-Retry-After: 7\r\nno colon\r\n\r\n",
	  true, 503, -1, -1 },
	/* A trailer is not a header. */
	{ "HTTP/1.1 200 OK\r\n\r\nRetry-After: 7\r\n\r\n", true, 200, -1, -1 },
	{ "\r\n", false, 0, -1, -1 },
	{ "HTTP/1.1 abc\r\n\r\n", false, 0, -1, -1 },
	{ "HTTP/1.1\r\n\r\n", false, 0, -1, -1 },
};
/* clang-format on */

Test(upstream_response, a_head_is_whole_with_the_empty_line_of_a_final_status)
{
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct upstream_response response;

		upstream_response_reset(&response);
		cr_expect(read_head(&response, heads[i].head));
		cr_expect_eq(
		    response.whole, heads[i].whole, "%s", heads[i].head);
		cr_expect_eq(
		    response.status, heads[i].status, "%s", heads[i].head);
		cr_expect_eq(response.retry_after_ms, heads[i].retry_after_ms,
		    "%s", heads[i].head);
		cr_expect_eq(
		    response.reset_ms, heads[i].reset_ms, "%s", heads[i].head);
	}
}

Test(upstream_response, no_head_is_read_without_end)
{
	static const char *const lines[] = { "X: y\r\n",
		"HTTP/1.1 100 Go on\r\n", "\r\n" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct upstream_response response;
		size_t bytes = 0;

		upstream_response_reset(&response);
		while (read_head(&response, lines[i])) {
			bytes += strlen(lines[i]);
			cr_assert_leq(bytes, UPSTREAM_RESPONSE_HEAD_MAX);
		}
		cr_expect(!response.whole);
	}
}

Test(upstream_response, of_a_body_the_beginning_is_kept_and_the_rest_counted)
{
	struct upstream_response response;
	char piece[300];

	upstream_response_reset(&response);
	cr_expect_eq(upstream_response_text_len(&response), 0);
	memset(piece, 'a', sizeof piece);
	cr_expect(
	    upstream_response_body(&response, (struct span){ piece, 300 }));
	cr_expect_eq(upstream_response_text_len(&response), 300);
	memset(piece, 'b', sizeof piece);
	cr_expect(
	    upstream_response_body(&response, (struct span){ piece, 300 }));
	cr_expect_eq(upstream_response_text_len(&response), 500);
	cr_expect_eq(response.text[299], 'a');
	cr_expect_eq(response.text[499], 'b');
	while (response.body_bytes + 300 <= UPSTREAM_RESPONSE_BODY_MAX)
		cr_assert(upstream_response_body(
		    &response, (struct span){ piece, 300 }));
	cr_expect(
	    !upstream_response_body(&response, (struct span){ piece, 300 }));
}

Test(upstream_response, what_is_left_and_the_date_are_read)
{
	struct upstream_response response;

	upstream_response_reset(&response);
	cr_expect_eq(response.remaining, -1);
	cr_expect_eq(response.date_ms, -1);
	cr_expect(read_head(&response,
	    "HTTP/1.1 200 OK\r\nratelimit-remaining: 83\r\n"
	    "Date: Tue, 24 Nov 2026 10:00:42 GMT\r\n\r\n"));
	cr_expect_eq(response.remaining, 83);
	cr_expect_eq(response.date_ms, NOW_MS + 42000);
	upstream_response_reset(&response);
	cr_expect(read_head(&response,
	    "HTTP/1.1 200 OK\r\nRateLimit-Remaining: -1\r\n"
	    "Date: yesterday\r\n\r\n"));
	cr_expect_eq(response.remaining, -1);
	cr_expect_eq(response.date_ms, -1);
}

/* Where the head ends, reply and response must agree. */
Test(upstream_response, only_an_empty_line_ends_a_head)
{
	static const struct {
		struct span line;
		bool ends;
	} rows[] = {
		{ { "\r\n", 2 }, true },
		{ { "\n", 1 }, true },
		{ { "\r\r\n", 3 }, false },
		{ { " \r\n", 3 }, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct upstream_response response;

		upstream_response_reset(&response);
		cr_expect(upstream_response_head(
		    &response, SPAN("HTTP/1.1 200 OK\r\n"), 0));
		cr_expect(upstream_response_head(&response, rows[i].line, 0));
		cr_expect_eq(response.whole, rows[i].ends, "row %zu", i);
	}
}
