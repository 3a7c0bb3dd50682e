#include "tests/sim/desk.h"

#include <string.h>

#include "tests/sim/intake.h"
#include "tests/sim/orders.h"
#include "tests/sim/realm.h"

/* clang-format off */
static const struct route routes[] = {
  { "POST", "/v1/events/*", intake_head, intake_body, intake_done },
  { "POST", "/v1/projects/*/events/*", intake_head, intake_body, intake_done },
  { "POST", "/auth/realms/*/protocol/openid-connect/token",
    realm_head, realm_body, realm_done },
  { "GET",  "/sim",        NULL, orders_tell_help,   NULL },
  { "GET",  "/sim/stats",  NULL, orders_tell_stats,  NULL },
  { "GET",  "/sim/events", NULL, orders_tell_events, NULL },
  { "GET",  "/sim/faults", NULL, orders_tell_faults, NULL },
  { "POST", "/sim/fault",  NULL, orders_fault,       NULL },
  { "POST", "/sim/set",    NULL, orders_set,         NULL },
  { "POST", "/sim/limit",  NULL, orders_set,         NULL },
  { "POST", "/sim/reset",  NULL, orders_reset,       NULL },
};
/* clang-format on */

/* Copies the part before the next '/', decoded as it stands. */
static const char *
take_part(const char *at, const char *end, char *out)
{
	size_t len = 0;

	while (at + len < end && at[len] != '/')
		len++;
	if (len == 0 || len >= VISIT_PART_BYTES)
		return NULL;
	memcpy(out, at, len);
	out[len] = '\0';
	return at + len;
}

static bool
matches(const struct route *r, struct visit *v)
{
	const char *at = v->request.path.at, *end = at + v->request.path.len;
	const char *want = r->path;
	int parts = 0;

	if (!span_equal(v->request.method, span_of(r->method)))
		return false;
	for (; *want != '\0'; want++) {
		if (*want == '*') {
			at = take_part(at, end, v->part[parts++]);
			if (at == NULL)
				return false;
		} else if (at == end || *at++ != *want) {
			return false;
		}
	}
	return at == end;
}

static void
check_size(struct visit *v)
{
	if (v->answer.status != 0)
		return;
	if (v->request.times[HEADER_TRANSFER_ENCODING] > 0) {
		answer_usual(&v->answer, 411);
		v->answer.early = true;
	} else if (v->request.content_length > DESK_BODY_MAX) {
		answer_usual(&v->answer, 413);
		v->answer.early = true;
	}
}

void
desk_head(struct sim *sim, struct visit *v, struct moment now)
{
	v->route = NULL;
	v->part[0][0] = v->part[1][0] = '\0';
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
		if (matches(&routes[i], v)) {
			v->route = &routes[i];
			break;
		}
	if (v->route == NULL)
		answer_usual(&v->answer, 404);
	else if (v->route->head != NULL)
		v->route->head(sim, v, now);
	if (v->route == NULL || v->route->head != intake_head)
		check_size(v);
	if (v->route == NULL &&
	    (v->request.times[HEADER_TRANSFER_ENCODING] > 0 ||
		v->request.content_length > DESK_BODY_MAX))
		v->answer.early = true; /* the body cannot be waited for */
}

void
desk_body(struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	if (v->answer.status == 0)
		v->route->body(sim, v, body, now);
}

void
desk_done(struct sim *sim, struct visit *v, bool told)
{
	if (v->route != NULL && v->route->done != NULL)
		v->route->done(sim, v, told);
	v->route = NULL;
}

void
desk_bad_head(struct sim *sim, struct visit *v, const char *why)
{
	violation_count(&sim->ledger.violations, VIOLATION_BAD_HEAD, "%s", why);
	answer_usual(&v->answer, 400);
	v->answer.early = true;
}
