#include "parsers/http/response.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * What is seen of a response: the lines in brackets without their ends, the
 * body as it is, and how it ended: '.' done, '!' broken, '>' a head without
 * end, '~' it wants more.
 */
/* clang-format off */
static const struct {
	const char *bytes;
	const char *seen;
	const char *rest;	/* of the input */
	bool keeps;
} responses[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
	  "[HTTP/1.1 200 OK][Content-Length: 2][]{}.", "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 503",
	  "[HTTP/1.1 200 OK][Content-Length: 2][]{}.", "HTTP/1.1 503", true },
	{ "HTTP/1.1 200\nContent-Length:0\n\n",
	  "[HTTP/1.1 200][Content-Length:0][].", "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
	  "[HTTP/1.1 200 OK][Content-Length: 3][]{}~", "", false },
	{ "HTTP/1.1 204 No\r\n\r\nx", "[HTTP/1.1 204 No][].", "x", true },
	{ "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
	  "[HTTP/1.1 304 No][Content-Length: 9][].", "", true },
	{ "HTTP/1.1 503 No\r\n\r\nto the end",
	  "[HTTP/1.1 503 No][]to the end~", "", false },
	{ "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hm\r\nContent-Length: 7\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
	  "[HTTP/1.1 100 Go][][HTTP/1.1 103 Hm][Content-Length: 7][]"
	  "[HTTP/1.1 200 OK][Content-Length: 1][]x.", "", true },

	/* chunks */
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]abc0123456789[].",
	  "", true },
	{ "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n"
	  "0\r\nTrailer: t\r\n\r\nx",
	  "[HTTP/1.1 200 OK][transfer-encoding: gzip, Chunked][][Trailer: t][].",
	  "x", true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked, gzip][]0\r\n~",
	  "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]abc~", "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]abc!", "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]!", "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]!", "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]!", "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "ffffffffffffffff\r\n",
	  "[HTTP/1.1 200 OK][Transfer-Encoding: chunked][]!", "", false },

	/* two ways to tell the length: the coding counts, and no more */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
	  "[HTTP/1.1 200 OK][Content-Length: 99][Transfer-Encoding: chunked][]"
	  "x[].", "", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	  "[HTTP/1.1 200 OK][Content-Length: 1][Content-Length: 1][]x.",
	  "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
	  "[HTTP/1.1 200 OK][Content-Length: 1]!", "\r\nx", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	  "[HTTP/1.1 200 OK]!", "\r\n", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
	  "[HTTP/1.1 200 OK]!", "\r\n", false },

	/* who keeps the connection */
	{ "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n",
	  "[HTTP/1.1 200 OK][Connection: x, Close][Content-Length: 0][].",
	  "", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	  "[HTTP/1.0 200 OK][Content-Length: 0][].", "", false },
	{ "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
	  "[HTTP/1.0 200 OK][Connection: keep-alive][Content-Length: 0][].",
	  "", true },

	/* no HTTP */
	{ "<html>", "!", "", false },
	{ "HTTP/0.9 200 OK\r\n", "!", "", false },
	{ "HTTP/2 200\r\n", "!", "", false },
	{ "HTTP/1.1 2x0 OK\r\n", "!", "", false },
	{ "HTTP/1.1 2000\r\n", "!", "", false },
	{ "HTTP/1.1 099 No\r\n", "!", "", false },
	{ "HTTP/1.1\r\n", "!", "", false },
	{ "\r\nHTTP/1.1 200 OK\r\n", "!", "HTTP/1.1 200 OK\r\n", false },
	{ "HTT", "~", "", false },
	{ "", "~", "", false },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n folded: 1\r\n\r\n",
	  "[HTTP/1.1 200 OK][no colon][ folded: 1][]~", "", false },
};
/* clang-format on */

struct seen {
	char text[2000];
	size_t len;
};

static void
see(struct seen *seen, const char *bytes, size_t len)
{
	cr_assert_lt(seen->len + len, sizeof seen->text);
	memcpy(seen->text + seen->len, bytes, len);
	seen->len += len;
	seen->text[seen->len] = '\0';
}

/* Feeds `in`; what is not taken stays in it. */
static enum http_response_step
feed(struct http_response *r, struct span *in, struct seen *seen)
{
	enum http_response_step step;
	struct span out;

	while ((step = http_response_next(r, in, &out)) == HTTP_RESPONSE_LINE ||
	       step == HTTP_RESPONSE_PIECE) {
		if (step == HTTP_RESPONSE_LINE) {
			while (out.len > 0 &&
			       strchr("\r\n", out.at[out.len - 1]) != NULL)
				out.len--;
			see(seen, "[", 1);
		}
		see(seen, out.at, out.len);
		if (step == HTTP_RESPONSE_LINE)
			see(seen, "]", 1);
	}
	return step;
}

static void
see_end(struct seen *seen, enum http_response_step step)
{
	static const char ends[] = {
		[HTTP_RESPONSE_WANTS] = '~',
		[HTTP_RESPONSE_DONE] = '.',
		[HTTP_RESPONSE_BROKEN] = '!',
		[HTTP_RESPONSE_LINE_TOO_LONG] = '>',
	};

	see(seen, &ends[step], 1);
}

/* A row, so many bytes at a time; gives what of the last ones is left. */
static struct span
expect_row(struct http_response *r, size_t row, size_t piece)
{
	struct span bytes = span_of(responses[row].bytes), in = { 0 };
	enum http_response_step step = HTTP_RESPONSE_WANTS;
	struct seen seen = { 0 };

	http_response_begin(r);
	while (bytes.len > 0 && step == HTTP_RESPONSE_WANTS) {
		in = span_take(&bytes, bytes.len < piece ? bytes.len : piece);
		step = feed(r, &in, &seen);
	}
	see_end(&seen, step);
	cr_expect_str_eq(
	    seen.text, responses[row].seen, "row %zu: %s", row, seen.text);
	cr_expect_eq(
	    http_response_reusable(r), responses[row].keeps, "row %zu", row);
	return in;
}

Test(response, is_cut_into_lines_and_pieces_up_to_its_end)
{
	struct http_response r;
	struct span rest;

	http_response_init(&r);
	for (size_t i = 0; i < COUNT(responses); i++) {
		rest = expect_row(&r, i, SIZE_MAX);
		cr_expect(span_equal(rest, span_of(responses[i].rest)),
		    "row %zu: %.*s", i, (int)rest.len, rest.at);
	}
	http_response_fini(&r);
}

Test(response, comes_to_the_same_however_it_was_cut_on_its_way)
{
	struct http_response r;

	http_response_init(&r);
	for (size_t i = 0; i < COUNT(responses); i++)
		expect_row(&r, i, 1);
	http_response_fini(&r);
}

Test(response, a_line_without_end_is_given_up)
{
	static const char begin[] = "HTTP/1.1 200 OK\r\nX: ";
	struct span in = span_of(begin);
	struct seen seen = { 0 };
	enum http_response_step step;
	char xs[1000];
	size_t fed = 0;
	struct http_response r;

	memset(xs, 'x', sizeof xs);
	http_response_init(&r);
	step = feed(&r, &in, &seen);
	while (
	    step == HTTP_RESPONSE_WANTS && fed < 2 * HTTP_RESPONSE_LINE_MAX) {
		in = (struct span){ xs, sizeof xs };
		step = feed(&r, &in, &seen);
		fed += sizeof xs;
	}
	cr_expect_eq(step, HTTP_RESPONSE_LINE_TOO_LONG);
	cr_expect_leq(fed, HTTP_RESPONSE_LINE_MAX + sizeof xs);
	in = SPAN("x\r\n\r\n");
	cr_expect_eq(feed(&r, &in, &seen), HTTP_RESPONSE_BROKEN);
	http_response_fini(&r);
}

Test(response, a_nul_in_a_head_is_no_http)
{
	static const char bytes[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n";
	struct span in = { bytes, sizeof bytes - 1 };
	struct seen seen = { 0 };
	struct http_response r;

	http_response_init(&r);
	cr_expect_eq(feed(&r, &in, &seen), HTTP_RESPONSE_BROKEN);
	http_response_fini(&r);
}
