#include "gateway/receive/route.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define A64      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
static const struct {
	const char *target;
	const char *project;
	const char *table;	/* NULL: no route */
} routes[] = {
	{ "/v1/events/t",			NULL,	"t" },
	{ "/v1/events/t",			"p",	"t" },
	{ "http://any.host/v1/events/t",	NULL,	"t" },
	{ "/v1/events/a.B_c-9",			NULL,	"a.B_c-9" },
	{ "/v1/events/%77iki%2Dpedia",		NULL,	"wiki-pedia" },
	{ "/v1/events/" A64,			NULL,	A64 },
	{ "/v1/events/t?x=/v1/events/u",	NULL,	"t" },
	{ "/v1/projects/p/events/t",		NULL,	"t" },
	{ "/v1/projects/p/events/t",		"",	"t" },
	{ "/v1/projects/p/events/t",		"p",	"t" },
	{ "/v1/projects/%70/events/t",		"p",	"t" },
	{ "/v1/projects//events/t",		NULL,	"t" },
	{ "/v1/projects/q/events/t",		"p",	NULL },
	{ "/v1/projects/P/events/t",		"p",	NULL },
	{ "/v1/projects/p%/events/t",		"p",	NULL },
	{ "/v1/events/" A64 "a",		NULL,	NULL },
	{ "/v1/events/",			NULL,	NULL },
	{ "/v1/events",				NULL,	NULL },
	{ "/v1/events/t/",			NULL,	NULL },
	{ "/v1/events/t/u",			NULL,	NULL },
	{ "/v1/events/..",			NULL,	NULL },
	{ "/v1/events/%2e%2e",			NULL,	NULL },
	{ "/v1/events/%2e",			NULL,	NULL },
	{ "/v1/events/%252e",			NULL,	NULL },
	{ "/v1/events/a%2fb",			NULL,	NULL },
	{ "/v1/events/a%00",			NULL,	NULL },
	{ "/v1/events/a%20b",			NULL,	NULL },
	{ "/v1/events/%",			NULL,	NULL },
	{ "/V1/events/t",			NULL,	NULL },
	{ "/v2/events/t",			NULL,	NULL },
	{ "/v1/./events/t",			NULL,	NULL },
	{ "/x/../v1/events/t",			NULL,	NULL },
	{ "//v1/events/t",			NULL,	NULL },
	{ "/",					NULL,	NULL },
};

static const struct {
	const char *query;
	enum outcome outcome;
	bool dry_run;
} queries[] = {
	{ "",				OUTCOME_KEPT,			false },
	{ "?",				OUTCOME_KEPT,			false },
	{ "?dry_run=true",		OUTCOME_KEPT,			true },
	{ "?dry_run=false",		OUTCOME_KEPT,			false },
	{ "?x=1&dry_run=true&y",	OUTCOME_KEPT,			true },
	{ "?on_invalid=reject",		OUTCOME_KEPT,			false },
	{ "?DRY_RUN=maybe",		OUTCOME_KEPT,			false },
	{ "?dry_run=",			OUTCOME_BAD_PARAMETER,		false },
	{ "?dry_run",			OUTCOME_BAD_PARAMETER,		false },
	{ "?dry_run=1",			OUTCOME_BAD_PARAMETER,		false },
	{ "?dry_run=True",		OUTCOME_BAD_PARAMETER,		false },
	{ "?dry_run=yes&dry_run=true",	OUTCOME_BAD_PARAMETER,		true },
	{ "?on_invalid=skip",		OUTCOME_KEPT,			false },
	{ "?on_invalid=Skip",		OUTCOME_BAD_PARAMETER,		false },
	{ "?on_invalid=drop",		OUTCOME_BAD_PARAMETER,		false },
};
/* clang-format on */

Test(route, is_found_by_the_path_alone)
{
	struct route route;

	for (size_t i = 0; i < COUNT(routes); i++) {
		const char *want = routes[i].table;

		route_find(
		    &route, span_of(routes[i].target), routes[i].project);
		cr_expect_eq(route.found,
		    want != NULL ? OUTCOME_KEPT : OUTCOME_NO_ROUTE, "%s",
		    routes[i].target);
		if (want == NULL)
			continue;
		cr_expect_eq(route.table_len, strlen(want));
		cr_expect_arr_eq(
		    route.table, want, strlen(want), "%s", routes[i].target);
	}
}

Test(route, a_target_that_is_none_is_a_bad_head)
{
	static const char *const targets[] = { "", "*", "x", "h:443",
		"/v1/events/a b", "/v1/events/\xc3\xa9", "/v1/events/t#f" };
	struct route route;

	for (size_t i = 0; i < COUNT(targets); i++) {
		route_find(&route, span_of(targets[i]), NULL);
		cr_expect_eq(route.found, OUTCOME_BAD_HEAD, "%s", targets[i]);
	}
	route_find(&route, (struct span){ NULL, 0 }, NULL);
	cr_expect_eq(route.found, OUTCOME_BAD_HEAD);
}

Test(route, tells_a_given_on_invalid_from_none)
{
	struct route route;

	route_find(&route, SPAN("/v1/events/t?on_invalid=skip"), NULL);
	cr_expect(route.has_on_invalid);
	cr_expect_eq(route.on_invalid, ON_INVALID_SKIP);
	route_find(&route, SPAN("/v1/events/t?on_invalid=reject"), NULL);
	cr_expect(route.has_on_invalid);
	cr_expect_eq(route.on_invalid, ON_INVALID_REJECT);
	route_find(&route, SPAN("/v1/events/t"), NULL);
	cr_expect(!route.has_on_invalid);
}

Test(route, reads_the_parameters_that_it_knows_and_ignores_others)
{
	struct route route;
	char target[64];

	for (size_t i = 0; i < COUNT(queries); i++) {
		snprintf(
		    target, sizeof target, "/v1/events/t%s", queries[i].query);
		route_find(&route, span_of(target), NULL);
		cr_expect_eq(
		    route.query, queries[i].outcome, "%s", queries[i].query);
		cr_expect_eq(
		    route.dry_run, queries[i].dry_run, "%s", queries[i].query);
	}
}
