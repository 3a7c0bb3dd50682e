/* http_upstream_tokens_test - credentials in requests, and the token endpoint. */
#include <sched.h>

#include "gateway/base/log.h"
#include "tests/support/heard.h"
#include "tests/gateway/client/http_upstream_rig.h"

TestSuite(http_upstream_tokens, .init = prepare);

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

Test(http_upstream_tokens, an_api_key_is_sent_and_is_masked_in_the_response)
{
	struct upstream_answer answer;
	char key[] = "pok_abc";

	options.credentials.kind = CREDENTIAL_API_KEY;
	options.credentials.api_key = key;
	open_upstream(serve_echo);
	cr_expect(upstream->ops->ready(upstream));
	answer = ask("{}\n");
	cr_expect_eq(answer.status, 403);
	cr_expect(
	    span_equal(answer.text, SPAN("Authorization: Basic ************")),
	    "%.*s", (int)answer.text.len, answer.text.at);
	close_upstream();
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

Test(http_upstream_tokens, a_token_is_fetched_before_anything_is_sent)
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
	close_upstream();
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

Test(http_upstream_tokens, waiting_ends_when_a_token_came_before_it_began)
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
	close_upstream();
}

Test(http_upstream_tokens, a_401_renews_once_and_the_pump_sends_again)
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
	close_upstream();
}

static void
serve_401(struct liar_connection *c)
{
	while (liar_read(c))
		liar_say(c, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
}

Test(
    http_upstream_tokens, a_401_after_a_renewal_says_that_the_credential_is_bad)
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
	close_upstream();
}

static void
issue_short(struct liar_connection *c)
{
	while (liar_read(c))
		say_token(c, 1);
}

/* Two seconds before its end the next one is fetched. */
static void
issue_for_four_seconds(struct liar_connection *c)
{
	while (liar_read(c))
		say_token(c, 4);
}

Test(http_upstream_tokens, a_token_is_renewed_before_it_ends_without_a_gap)
{
	struct instant until;
	struct upstream_answer answer;

	open_with_oauth2(serve_ok, issue_for_four_seconds);
	wait_until_ready();
	until = patience();
	while (atomic_load(&issuer.requests) < 3) {
		cr_assert_lt(upstream->ops->now(upstream).ns, until.ns);
		upstream->ops->wait(upstream, NULL, 0, until);
		upstream->ops->answers(upstream, &answer, 1);
		cr_expect(upstream->ops->ready(upstream));
	}
	close_upstream();
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

Test(http_upstream_tokens, a_token_that_was_replaced_meanwhile_is_masked_too)
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
	close_upstream();
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

static void
survive(void *arg)
{
	size_t row = *(size_t *)arg;

	options.timeout_ms =
	    lies[row].issue == issue_silence ? HEARD_MS : LONG_MS;
	open_with_oauth2(serve_ok, lies[row].issue);
	wait_until_ready();
	cr_expect_eq(ask("{}\n").status, 200);
	cr_expect(strstr(liar.head, "Bearer token-") != NULL, "row %zu", row);
	cr_expect(strstr(liar.head, "stolen") == NULL, "row %zu", row);
	cr_expect_eq(atomic_load(&issuer.connections), 2, "row %zu", row);
	close_upstream();
}

Test(http_upstream_tokens,
    a_bad_token_endpoint_is_asked_again_and_named_in_the_log)
{
	struct log_options debug = { .level = LOG_DEBUG };

	log_setup(&debug);
	for (size_t i = 0; i < COUNT(lies); i++) {
		const char *text = heard(survive, &i, NULL);

		cr_expect(
		    strstr(text, lies[i].why) != NULL, "row %zu: %s", i, text);
		cr_expect(strstr(text, "token_failed") != NULL);
		cr_expect(strstr(text, "token_fetched") != NULL);
		cr_expect(strstr(text, "hunter2") == NULL, "%s", text);
		cr_expect(strstr(text, "stolen") == NULL, "%s", text);
		cr_expect(strstr(text, "token-") == NULL, "%s", text);
	}
}
