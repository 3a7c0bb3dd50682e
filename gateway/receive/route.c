#include "gateway/receive/route.h"

#include "parsers/http/target.h"

#define NO_PROJECT (-1)

/* clang-format off */
static const struct {
	const char *pattern;
	int project;		/* the number of its {} in the pattern */
	int table;		/* likewise */
} rows[] = {
	{ "/v1/events/{}",		NO_PROJECT,	0 },
	{ "/v1/projects/{}/events/{}",	0,		1 },
};
/* clang-format on */

static bool
is_project(struct span piece, const char *project)
{
	struct span want = span_of(project), decoded;
	char text[256];

	return want.len == 0 ||
	       (http_target_decode(piece, text, sizeof text, &decoded) &&
		   span_equal(decoded, want));
}

static bool
take_table(struct route *route, struct span piece)
{
	struct span name;

	if (!http_target_decode(
		piece, route->table, sizeof route->table, &name) ||
	    !table_name_valid(name))
		return false;
	route->table_len = name.len;
	return true;
}

static enum outcome
find(struct route *route, struct span path, const char *project)
{
	struct span pieces[HTTP_TARGET_PIECES];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!http_target_matches(path, rows[i].pattern, pieces))
			continue;
		if (rows[i].project != NO_PROJECT &&
		    !is_project(pieces[rows[i].project], project))
			continue;
		if (take_table(route, pieces[rows[i].table])) {
			route->has_project = rows[i].project != NO_PROJECT;
			return OUTCOME_KEPT;
		}
	}
	return OUTCOME_NO_ROUTE;
}

static void
refuse_query(struct route *route, enum outcome outcome, const char *message)
{
	route->query = outcome;
	route->query_message = message;
}

static void
set_dry_run(struct route *route, struct span value)
{
	if (span_equal(value, SPAN("true")))
		route->dry_run = true;
	else if (span_equal(value, SPAN("false")))
		route->dry_run = false;
	else
		refuse_query(route, OUTCOME_BAD_PARAMETER,
		    "dry_run may be true or false");
}

static void
set_on_invalid(struct route *route, struct span value)
{
	route->has_on_invalid = true;
	if (span_equal(value, SPAN("skip")))
		route->on_invalid = ON_INVALID_SKIP;
	else if (span_equal(value, SPAN("reject")))
		route->on_invalid = ON_INVALID_REJECT;
	else
		refuse_query(route, OUTCOME_BAD_PARAMETER,
		    "on_invalid may be reject or skip");
}

static const struct {
	struct span name;
	void (*set)(struct route *, struct span value);
} parameters[] = {
	{ SPAN("dry_run"), set_dry_run },
	{ SPAN("on_invalid"), set_on_invalid },
};

/* Unknown query parameters are ignored. */
static void
take_parameters(struct route *route, struct span query)
{
	struct span name, value;

	while (http_target_parameter(&query, &name, &value))
		for (size_t i = 0; i < sizeof parameters / sizeof parameters[0];
		     i++)
			if (span_equal(name, parameters[i].name))
				parameters[i].set(route, value);
}

void
route_find(struct route *route, struct span request_target, const char *project)
{
	struct http_target target;

	*route =
	    (struct route){ .found = OUTCOME_BAD_HEAD, .query = OUTCOME_KEPT };
	if (!http_target_split(request_target, &target))
		return;
	route->found = find(route, target.path, project);
	take_parameters(route, target.query);
}
