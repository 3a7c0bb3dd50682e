#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/endpoint.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char *url;
	const char *want;	/* with the id "t.1"; NULL: refused */
} cases[] = {
	{ "https://h/v1/events/{table}", "https://h/v1/events/t.1" },
	{ "http://127.0.0.1:9400/v1/projects/p/events/{table}",
	  "http://127.0.0.1:9400/v1/projects/p/events/t.1" },
	{ "https://h/{table}/push?a=b", "https://h/t.1/push?a=b" },
	{ "https://h/push?table={table}", "https://h/push?table=t.1" },
	{ "https://h/v1/events/", NULL },
	{ "https://h/{table}/{table}", NULL },
	{ "https://{table}/v1/events", NULL },
	{ "https://{table}.h/v1/{table}", NULL },
	{ "https://h", NULL },
	{ "ftp://h/{table}", NULL },
	{ "h/{table}", NULL },
	{ "", NULL },
};
/* clang-format on */

Test(endpoint, the_id_replaces_table_in_the_path)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct endpoint endpoint = { 0 };
		struct err err = { 0 };
		bool ok = endpoint_parse(cases[i].url, &endpoint, &err);
		char *out;

		cr_expect_eq(ok, cases[i].want != NULL, "%s", cases[i].url);
		if (!ok)
			continue;
		out = malloc(endpoint.room);
		endpoint_print(&endpoint, "t.1", out);
		cr_expect_str_eq(out, cases[i].want);
		free(out);
	}
}

Test(endpoint, the_longest_id_fits)
{
	struct endpoint endpoint;
	struct err err;
	char id[65], *out;

	memset(id, 'x', 64);
	id[64] = '\0';
	cr_assert(endpoint_parse("https://h/{table}/y", &endpoint, &err));
	out = malloc(endpoint.room);
	endpoint_print(&endpoint, id, out);
	cr_expect_eq(strlen(out), strlen("https://h//y") + 64);
	free(out);
}
