/*
 * What http_client adds to libcurl's connections: which of them carry another
 * request, and that every byte arrives.  What it makes of misbehaviour is
 * http_upstream_faults_test's.
 */
#include "gateway/client/http_client.h"

#include <criterion/criterion.h>

#include "gateway/base/clock.h"
#include "tests/support/liar.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define TIMEOUT_MS 20000
#define OK         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct liar liar;
static struct http_client *client;
static char url[100];

static void
begin(void (*serve)(struct liar_connection *))
{
	struct err err;

	liar_start(&liar, serve);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/a?b#c", liar.port);
	cr_assert(http_client_open(&client, 4, TIMEOUT_MS, NULL, &err), "%s",
	    err.text);
}

static void
end(void)
{
	http_client_close(&client);
	liar_stop(&liar);
}

/* Until it has ended. */
static void
post(struct http_post *post, struct http_headers *headers, struct span body)
{
	*post = (struct http_post){
		.url = url,
		.body = body,
		.headers = headers,
		.timeout_ms = TIMEOUT_MS,
	};
	cr_assert(http_client_start(client, post));
	while (http_client_run(client), http_client_take(client) == NULL)
		http_client_wait(client, NULL, 0, TIMEOUT_MS);
}

/* clang-format off */
static const struct {
	const char *first;	/* the first answer on a connection */
	int connections;	/* for two requests */
} answers[] = {
	{ OK, 1 },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 1 },
	{ "HTTP/1.1 204 No\r\n\r\n", 1 },
	{ "HTTP/1.1 100 Go\r\n\r\n" OK, 1 },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "2\r\n{}\r\n0\r\n\r\n", 1 },
	{ "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
	  "Content-Length: 0\r\n\r\n", 1 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 2 },
	{ "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	  2 },

	/* what nobody asked for must not answer the next request */
	{ OK "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 2 },
	{ OK "x", 2 },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 2 },
};
/* clang-format on */

static size_t row;

static void
serve_row(struct liar_connection *c)
{
	const char *say = answers[row].first;

	if (c->nth > 1)
		say = OK;
	while (liar_read(c) && liar_say(c, say))
		say = OK;
}

Test(http_client, a_connection_is_kept_when_the_end_of_its_response_was_certain)
{
	struct http_headers *headers = http_headers_make(NULL, false);
	struct http_post p;

	for (row = 0; row < COUNT(answers); row++) {
		begin(serve_row);
		for (int i = 0; i < 2; i++) {
			post(&p, headers, SPAN("{}\n"));
			cr_expect_null(p.why, "row %zu: %s", row, p.why);
			cr_expect_eq(p.response.status / 100, 2, "row %zu: %u",
			    row, p.response.status);
		}
		cr_expect_eq(atomic_load(&liar.connections),
		    answers[row].connections, "row %zu", row);
		cr_expect_eq(atomic_load(&liar.requests), 2, "row %zu", row);
		end();
	}
	http_headers_release(headers);
}

static void
serve_ok(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, OK);
}

Test(http_client, head_and_body_arrive_whole_whatever_their_sizes)
{
	static const size_t sizes[] = { 0, 1, 15000, 16000, 16383, 16384, 16385,
		32768, 100000, 3000000 };
	struct http_headers *headers = http_headers_make("Basic a2V5", true);
	char *body = malloc(3000000);
	struct http_post p;

	cr_assert_not_null(body);
	for (size_t i = 0; i < 3000000; i++)
		body[i] = (char)('a' + i % 23);
	begin(serve_ok);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		post(&p, headers, (struct span){ body, sizes[i] });
		cr_expect_null(p.why, "%zu: %s", sizes[i], p.why);
		cr_expect_eq(liar.body_len, sizes[i]);
		cr_expect_eq(
		    memcmp(liar.body, body, sizes[i]), 0, "%zu", sizes[i]);
		cr_expect_eq(strncmp(liar.head, "POST /a?b HTTP/1.1\r\n", 20),
		    0, "%s", liar.head);
		cr_expect_not_null(
		    strstr(liar.head, "\r\nAuthorization: Basic a2V5\r\n"));
		cr_expect_not_null(
		    strstr(liar.head, "\r\nContent-Encoding: gzip\r\n"));
	}
	cr_expect_eq(atomic_load(&liar.connections), 1);
	end();
	http_headers_release(headers);
	free(body);
}

/* A head that is no longer one piece with the body. */
static void
serve_long_head(struct liar_connection *c)
{
	static char in[100000];
	size_t len = 0;
	ssize_t n;

	do {
		n = recv(c->fd, in + len, sizeof in - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		in[len] = '\0';
	} while (strstr(in, "\r\n\r\nthe body") == NULL);
	liar_say(c, OK);
}

Test(http_client, a_token_of_40_kB_is_sent)
{
	char token[40000];
	struct http_headers *headers;
	struct http_post p;

	memset(token, 'x', sizeof token);
	memcpy(token, "Bearer ", 7);
	token[sizeof token - 1] = '\0';
	headers = http_headers_make(token, false);
	cr_assert_not_null(headers);
	cr_expect_eq(headers->secret.len, sizeof token - 8);
	begin(serve_long_head);
	post(&p, headers, SPAN("the body"));
	cr_expect_null(p.why, "%s", p.why);
	cr_expect_eq(p.response.status, 200);
	end();
	http_headers_release(headers);
}
