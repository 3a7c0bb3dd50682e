#include "tests/sim/orders.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/fields.h"
#include "tests/sim/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
const char orders_help[] =
    "orders (JSON in, JSON out, no credential):\n"
    "  GET  /sim/stats             counts and digests, all and per table\n"
    "  GET  /sim/events[?table=T]  the events kept, oldest first (NDJSON)\n"
    "  GET  /sim/faults            the faults that still strike\n"
    "  POST /sim/fault {...}       set one more fault, see below\n"
    "  POST /sim/set {...}         calls_per_minute, token_ttl, latency_ms,\n"
    "                              max_body, clock_ahead_ms (wall clock and\n"
    "                              Date; may be negative), client_secret,\n"
    "                              api_key, tables [\"a\",\"b\"], revoke_tokens true\n"
    "                              (also reached as /sim/limit)\n"
    "  POST /sim/reset             clear counts, events, faults, and the\n"
    "                              minute's calls; settings, tokens stay\n"
    "\n"
    "a fault strikes calls with a good credential and within the limit; the\n"
    "first whose filter passes decides. Its filter:\n"
    "  calls N | seconds S         how many, how long (neither: 1 call, or\n"
    "                              without end with poison and over_*)\n"
    "  route \"events\"|\"token\"      (events)   table \"T\"   every N\n"
    "  poison \"text\"               bodies that contain it: 400\n"
    "  over_events N, over_bytes N larger ones: 413\n"
    "and its manner:\n"
    "  status N  headers {\"A\":\"b\"}  body \"text\"  body_bytes N (of x)\n"
    "  header_count N (more of them)  delay_ms N  drip_ms N (each byte)\n"
    "  reset \"before\"|\"during\"|\"after\"|\"answer\"   a TCP reset:\n"
    "      body unread; half read; events taken; half of the answer sent\n"
    "  early true    answer at the head and close, the body unread\n"
    "  hangup true   close behind the answer without having said so\n"
    "  raw \"bytes\"   these instead of an answer, then close\n"
    "  echo true     the body ends in the credential that was sent\n"
    "  take true|false   are the events taken? (default: if status is 2xx)\n";
/* clang-format on */

static void
done(struct visit *v)
{
	answer_set(&v->answer, 200, "{\"ok\":true}");
}

static void
misunderstood(struct visit *v, const struct err *err)
{
	answer_set(&v->answer, 400, "{\"message\":\"%s\"}", err->text);
}

void
orders_tell_help(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	(void)sim, (void)body, (void)now;
	v->answer.status = 200;
	v->answer.type = "text/plain";
	buffer_append(&v->answer.body, orders_help, sizeof orders_help - 1);
}

void
orders_tell_stats(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	(void)body;
	v->answer.status = 200;
	stats_print(sim, now, &v->answer.body);
}

void
orders_tell_events(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	char table[VISIT_PART_BYTES];
	bool one =
	    request_parameter(v->request.query, "table", table, sizeof table);

	(void)body, (void)now;
	v->answer.status = 200;
	v->answer.type = "application/x-ndjson";
	if (!keep_print(&sim->keep, one ? table : NULL, &v->answer.body))
		answer_set(&v->answer, 500, "{\"message\":\"too much\"}");
}

void
orders_tell_faults(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	(void)body;
	v->answer.status = 200;
	faults_print(&sim->faults, now.mono_ms, &v->answer.body);
}

void
orders_fault(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	struct err err;
	int64_t id;

	if (faults_order(&sim->faults, body, now.mono_ms, &id, &err))
		answer_set(&v->answer, 200, "{\"id\":%" PRId64 "}", id);
	else
		misunderstood(v, &err);
}

void
orders_reset(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	(void)body, (void)now;
	sim_reset(sim);
	done(v);
}

struct settings {
	int64_t calls_per_minute, token_ttl, latency_ms, max_body, ahead_ms;
	char *client_secret, *api_key, *tables;
	int revoke;
};

/* clang-format off */
#define AT(member) offsetof(struct settings, member)
#define FOREVER_MS INT64_C(10000000000000)
static const struct field fields[] = {
  { "calls_per_minute", FIELD_NUMBER, AT(calls_per_minute), 0, 1000000000, NULL },
  { "token_ttl",	FIELD_NUMBER, AT(token_ttl),	 1, 31536000,	 NULL },
  { "latency_ms",	FIELD_NUMBER, AT(latency_ms),	 0, 3600000,	 NULL },
  { "max_body",		FIELD_NUMBER, AT(max_body),	 1, 1073741824,	 NULL },
  { "clock_ahead_ms",	FIELD_NUMBER, AT(ahead_ms), -FOREVER_MS, FOREVER_MS, NULL },
  { "client_secret",	FIELD_TEXT,   AT(client_secret), 0, 0,		 NULL },
  { "api_key",		FIELD_TEXT,   AT(api_key),	 0, 0,		 NULL },
  { "tables",		FIELD_NAMES,  AT(tables),	 0, 0,		 NULL },
  { "revoke_tokens",	FIELD_FLAG,   AT(revoke),	 0, 0,		 NULL },
};
/* clang-format on */

/* The option points at the new text; the old one was ours or a literal. */
static void
take_text(char **from, char **held, const char **option)
{
	if (*from == NULL)
		return;
	free(*held);
	*held = *from;
	*option = *held;
	*from = NULL;
}

static void
apply(struct sim *sim, struct settings *s)
{
	sim->window.limit = s->calls_per_minute;
	sim->tokens.ttl_s = s->token_ttl;
	sim->options.latency_ms = s->latency_ms;
	sim->ahead_ms = s->ahead_ms;
	if (s->max_body != sim->options.max_body) {
		sim->options.max_body = s->max_body;
		buffer_fini(&sim->inflated);
		buffer_init(&sim->inflated, (size_t)s->max_body);
	}
	take_text(&s->client_secret, &sim->ordered_secret,
	    &sim->options.client_secret);
	if (s->api_key != NULL)
		sim_set_key(sim, s->api_key);
	take_text(&s->api_key, &sim->ordered_key, &sim->options.api_key);
	take_text(&s->tables, &sim->ordered_tables, &sim->options.tables);
	if (s->revoke == 1)
		tokens_revoke(&sim->tokens);
}

void
orders_set(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	struct settings s = { .calls_per_minute = sim->window.limit,
		.token_ttl = sim->tokens.ttl_s,
		.latency_ms = sim->options.latency_ms,
		.max_body = sim->options.max_body,
		.ahead_ms = sim->ahead_ms };
	struct err err;

	(void)now;
	if (fields_read(body, fields, COUNT(fields), &s, &err)) {
		apply(sim, &s);
		done(v);
	} else {
		misunderstood(v, &err);
	}
	free(s.client_secret);
	free(s.api_key);
	free(s.tables);
}
