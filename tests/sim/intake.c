#include "tests/sim/intake.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "tests/sim/lines.h"
#include "tests/sim/zip.h"

static const char *
table_of(const struct visit *v)
{
	return v->part[1][0] != '\0' ? v->part[1] : v->part[0];
}

static bool
is_name(const char *s)
{
	size_t len = strlen(s);

	return len < LEDGER_NAME_BYTES && strcmp(s, ".") != 0 &&
	       strcmp(s, "..") != 0 &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789._-") == len;
}

/* Kong's habit: on successes too, and once with each family of names. */
static void
tell_limit(struct answer *a, struct window_room room)
{
	answer_header(a,
	    "RateLimit-Limit: %" PRId64 "\r\nRateLimit-Remaining: %" PRId64
	    "\r\nRateLimit-Reset: %" PRId64
	    "\r\nX-RateLimit-Limit-Minute: %" PRId64
	    "\r\nX-RateLimit-Remaining-Minute: %" PRId64,
	    room.limit, room.remaining, room.reset_s, room.limit,
	    room.remaining);
}

static bool
is_json(struct span type)
{
	const char *semicolon;

	if (type.len > 0) {
		semicolon = memchr(type.at, ';', type.len);
		if (semicolon != NULL)
			type.len = (size_t)(semicolon - type.at);
	}
	return span_equal_nocase(span_trim(type), SPAN("application/json"));
}

static void
watch_manners(struct sim *sim, const struct visit *v)
{
	const struct request *r = &v->request;
	const struct {
		bool bad;
		enum violation is;
	} seen[] = {
		{ r->times[HEADER_HOST] != 1, VIOLATION_HOST },
		{ r->times[HEADER_USER_AGENT] == 0, VIOLATION_USER_AGENT },
		{ r->times[HEADER_AUTHORIZATION] > 1 ||
			r->times[HEADER_CONTENT_TYPE] > 1 ||
			r->times[HEADER_CONTENT_ENCODING] > 1,
		    VIOLATION_REPEATED },
		{ r->times[HEADER_EXPECT] > 0, VIOLATION_EXPECT },
		{ r->times[HEADER_CONTENT_LENGTH] == 0, VIOLATION_NO_LENGTH },
		{ !is_json(r->header[HEADER_CONTENT_TYPE]),
		    VIOLATION_CONTENT_TYPE },
	};

	for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
		if (seen[i].bad)
			violation_count(&sim->ledger.violations, seen[i].is,
			    "table %s", table_of(v));
}

static bool
has_scheme(struct span value, const char *scheme)
{
	size_t len = strlen(scheme);

	return value.len > len && strncasecmp(value.at, scheme, len) == 0;
}

static bool
check_credential(const struct sim *sim, struct visit *v, struct moment now)
{
	struct span given = v->request.header[HEADER_AUTHORIZATION];
	enum token_verdict verdict;

	if (has_scheme(given, "Basic ")) {
		if (span_equal(given, span_of(sim->basic)))
			return true;
		answer_set(&v->answer, 401,
		    "{\"message\":\"Invalid authentication credentials\"}");
		return false;
	}
	if (!has_scheme(given, "Bearer ")) {
		answer_usual(&v->answer, 401);
		return false;
	}
	given.at += strlen("Bearer ");
	given.len -= strlen("Bearer ");
	verdict = tokens_check(&sim->tokens, given, now.wall_ms);
	if (verdict == TOKEN_EXPIRED)
		answer_set(&v->answer, 401,
		    "{\"message\":\"Token claims invalid: "
		    "[\\\"exp\\\"]=\\\"token expired\\\"\"}");
	else if (verdict == TOKEN_UNKNOWN)
		answer_usual(&v->answer, 401);
	return verdict == TOKEN_GOOD;
}

static bool
enter_window(
    struct sim *sim, struct visit *v, bool credential_ok, struct moment now)
{
	struct window_room room;

	room = credential_ok ? window_enter(&sim->window, now.wall_ms)
			     : window_look(&sim->window, now.wall_ms);
	tell_limit(&v->answer, room);
	if (!credential_ok || room.ok)
		return credential_ok;
	ledger_limited(&sim->ledger);
	answer_usual(&v->answer, 429);
	answer_header(&v->answer, "Retry-After: %" PRId64, room.reset_s);
	return false;
}

/* A body that is refused for its length is not waited for. */
static bool
check_length(const struct sim *sim, struct visit *v)
{
	int status = 0;

	if (v->request.times[HEADER_CONTENT_LENGTH] == 0)
		status = 411;
	else if (v->request.content_length > sim->options.max_body)
		status = 413;
	if (status == 0)
		return true;
	answer_usual(&v->answer, status);
	v->answer.early = true;
	return false;
}

static bool
check_table(const struct sim *sim, struct visit *v)
{
	const char *table = table_of(v);
	const char *project = v->part[1][0] != '\0' ? v->part[0] : NULL;

	if (!is_name(table))
		answer_set(&v->answer, 400,
		    "{\"error\":{\"code\":\"InvalidArgument\",\"message\":"
		    "\"Invalid topic name\"}}");
	else if (project != NULL && sim->options.project != NULL &&
		 strcmp(project, sim->options.project) != 0)
		answer_set(&v->answer, 404,
		    "{\"code\":\"ObjectNotFound\",\"message\":"
		    "\"Project not found\"}");
	else if (!options_lists(sim->options.tables, table))
		answer_set(&v->answer, 404,
		    "{\"code\":\"ObjectNotFound\",\"message\":"
		    "\"Table '%s' not found\"}",
		    table);
	return v->answer.status == 0;
}

void
intake_head(struct sim *sim, struct visit *v, struct moment now)
{
	const char *table = table_of(v);
	struct fault_call call = {
		.route = FAULT_EVENTS,
		.table = table,
		.credential = v->request.header[HEADER_AUTHORIZATION],
	};
	struct ledger_table *counts;
	const struct fault *f;

	ledger_call(&sim->ledger, now.wall_ms, now.mono_ms);
	ledger_takes_off(&sim->ledger.calls_flying);
	v->answer.delay_ms = sim->options.latency_ms;
	watch_manners(sim, v);
	if (is_name(table) && options_lists(sim->options.tables, table)) {
		counts = ledger_table(&sim->ledger, table);
		if (counts != NULL)
			counts->calls++;
	}
	if (!enter_window(sim, v, check_credential(sim, v, now), now)) {
		if (v->request.times[HEADER_CONTENT_LENGTH] == 0 ||
		    v->request.content_length > sim->options.max_body)
			v->answer.early = true;
		return;
	}
	if (!check_length(sim, v) || !check_table(sim, v))
		return;
	f = faults_pick(&sim->faults, &call, now.mono_ms);
	if (f != NULL)
		fault_spoil(f, &call, &v->answer);
}

/* The body as it was meant; false if it has been refused. */
static bool
decode(struct sim *sim, struct visit *v, struct span *body)
{
	struct span encoding = v->request.header[HEADER_CONTENT_ENCODING];
	struct err err;

	if (encoding.len == 0 || span_equal_nocase(encoding, SPAN("identity")))
		return true;
	if (!span_equal_nocase(encoding, SPAN("gzip"))) {
		answer_usual(&v->answer, 415);
		return false;
	}
	sim->ledger.gzip_calls++;
	buffer_reset(&sim->inflated);
	if (zip_inflate(*body, &sim->inflated, &err)) {
		*body = (struct span){ sim->inflated.at, sim->inflated.len };
		return true;
	}
	if (err.kind == ERR_INPUT)
		violation_count(&sim->ledger.violations, VIOLATION_BAD_GZIP,
		    "table %s", table_of(v));
	answer_usual(&v->answer, err.kind == ERR_LIMIT ? 413 : 400);
	return false;
}

static bool
take(struct sim *sim, const char *name, struct span body, struct lines lines)
{
	struct ledger_table *t = ledger_table(&sim->ledger, name);

	if (t == NULL)
		return false; /* more tables than we count */
	ledger_take(&sim->ledger, t, lines.events, body.len, lines.digest);
	if (sim->options.detect_duplicates)
		sim->ledger.duplicates += lines_mark_all(body, &sim->seen);
	keep_add(&sim->keep, t->name, body, lines.events);
	return true;
}

void
intake_body(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	struct fault_call call = {
		.route = FAULT_EVENTS,
		.table = table_of(v),
		.has_body = true,
		.credential = v->request.header[HEADER_AUTHORIZATION],
	};
	const struct fault *f;
	struct lines lines;
	size_t wire_bytes = body.len;

	if (!decode(sim, v, &body))
		return;
	ledger_body(&sim->ledger, wire_bytes, body.len, now.mono_ms);
	lines = lines_read(
	    body, sim->options.strict, call.table, &sim->ledger.violations);
	call.body = body;
	call.events = lines.events;
	f = faults_pick(&sim->faults, &call, now.mono_ms);
	v->answer.status = 200;
	if ((f == NULL || fault_takes(f)) &&
	    !take(sim, call.table, body, lines))
		answer_usual(&v->answer, 503);
	if (f != NULL)
		fault_spoil(f, &call, &v->answer);
}

void
intake_done(struct sim *sim, struct visit *v, bool told)
{
	sim->ledger.by_status[told ? v->answer.status : 0]++;
	ledger_lands(&sim->ledger.calls_flying);
}
