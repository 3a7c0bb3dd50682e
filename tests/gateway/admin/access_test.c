#include <criterion/criterion.h>

#include <stdio.h>
#include <unistd.h>

#include "gateway/admin/access.h"

#define TOKEN "correct-horse"
#define JSON  "application/json"

/* clang-format off */
static const struct {
	enum access_need	 need;
	const char	*host, *authorization, *type;
	unsigned	 status;
} cases[] = {
	/* probes ask nothing of anybody */
	{ ACCESS_NOTHING, NULL,		   NULL, NULL, 0 },
	{ ACCESS_NOTHING, "evil.example",   NULL, NULL, 0 },
	/* the host is a number, localhost, or ours */
	{ ACCESS_HOST, "127.0.0.1:9090",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "127.0.0.1",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "10.1.2.3:1",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "[::1]:9090",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "[::1]",		   NULL, NULL, 0 },
	{ ACCESS_HOST, "localhost:9090",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "LOCALHOST",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "gw.example:9090",   NULL, NULL, 0 },
	{ ACCESS_HOST, "GW.example",	   NULL, NULL, 0 },
	{ ACCESS_HOST, "evil.example",	   NULL, NULL, 403 },
	{ ACCESS_HOST, "evil.example:9090", NULL, NULL, 403 },
	{ ACCESS_HOST, "127.0.0.1.evil.example:9090", NULL, NULL, 403 },
	{ ACCESS_HOST, "localhost.evil.example", NULL, NULL, 403 },
	{ ACCESS_HOST, "xlocalhost",	   NULL, NULL, 403 },
	{ ACCESS_HOST, "gw.example.evil",   NULL, NULL, 403 },
	{ ACCESS_HOST, "[::1].evil",	   NULL, NULL, 403 },
	{ ACCESS_HOST, "1a:9090",	   NULL, NULL, 403 },
	{ ACCESS_HOST, "",		   NULL, NULL, 403 },
	{ ACCESS_HOST, ":9090",		   NULL, NULL, 403 },
	{ ACCESS_HOST, NULL,		   NULL, NULL, 403 },
	/* the token, where it is asked for */
	{ ACCESS_TOKEN, "localhost", "Bearer " TOKEN,	  NULL, 0 },
	{ ACCESS_TOKEN, "localhost", "bearer   " TOKEN "  ", NULL, 0 },
	{ ACCESS_TOKEN, "localhost", NULL,		  NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "",			  NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Bearer ",		  NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Bearer correct-hors", NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Bearer " TOKEN "x",  NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Bearer correct-horsf", NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Bearer " TOKEN TOKEN, NULL, 401 },
	{ ACCESS_TOKEN, "localhost", "Basic " TOKEN,	  NULL, 401 },
	{ ACCESS_TOKEN, "localhost", TOKEN,		  NULL, 401 },
	{ ACCESS_TOKEN, "evil.example", "Bearer " TOKEN,	  NULL, 403 },
	/* a POST that another site's page could not send unasked */
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, JSON, 0 },
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, "Application/JSON ; charset=utf-8", 0 },
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, NULL, 415 },
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, "text/plain", 415 },
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, "text/plain; a=application/json", 415 },
	{ ACCESS_JSON, "localhost", "Bearer " TOKEN, "application/jsonp", 415 },
	{ ACCESS_JSON, "localhost", NULL, JSON, 401 },
};
/* clang-format on */

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

Test(guard, each_rule_is_kept_on_the_level_that_asks_for_it)
{
	char path[] = "/tmp/guard-XXXXXX";
	int fd = mkstemp(path);
	struct access *guard = NULL;
	struct err err = { 0 };

	close(fd);
	write_file(path, TOKEN "\n");
	cr_assert(
	    access_open(&guard, path, "gw.example", 0, &err), "%s", err.text);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct access_request request = {
			span_of(cases[i].host),
			span_of(cases[i].authorization),
			span_of(cases[i].type),
		};

		cr_expect_eq(
		    access_ask(guard, cases[i].need, &request, 0).status,
		    cases[i].status, "case %zu: %s, %s, %s", i, cases[i].host,
		    cases[i].authorization, cases[i].type);
	}
	access_close(&guard);
	access_close(&guard);
	unlink(path);
}

Test(guard, without_a_token_file_no_token_is_asked_for)
{
	struct access_request request = { .host = SPAN("localhost") };
	struct access *guard = NULL;
	struct err err;

	cr_assert(access_open(&guard, NULL, NULL, 0, &err));
	cr_expect_eq(access_ask(guard, ACCESS_TOKEN, &request, 0).status, 0);
	request.host = SPAN("gw.example");
	cr_expect_eq(access_ask(guard, ACCESS_TOKEN, &request, 0).status, 403);
	access_close(&guard);
}

Test(guard, a_new_token_counts_without_a_restart)
{
	char path[] = "/tmp/guard-XXXXXX";
	int fd = mkstemp(path);
	struct access_request request = { .host = SPAN("localhost"),
		.authorization = SPAN("Bearer second-token") };
	struct access *guard = NULL;
	struct err err = { 0 };

	close(fd);
	write_file(path, "first\n");
	cr_assert(access_open(&guard, path, NULL, 0, &err));
	cr_expect_eq(access_ask(guard, ACCESS_TOKEN, &request, 0).status, 401);
	write_file(path, "second-token\n");
	cr_expect_eq(
	    access_ask(guard, ACCESS_TOKEN, &request, INT64_C(5000000000))
		.status,
	    0);
	access_close(&guard);
	unlink(path);
	cr_expect_not(access_open(&guard, path, NULL, 0, &err));
	cr_expect_null(guard);
}
