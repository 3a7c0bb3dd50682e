#include "tests/sim/stats.h"

#include <inttypes.h>
#include <string.h>

static void
print_statuses(const uint64_t *by_status, struct buffer *out)
{
	const char *comma = "";

	buffer_print(out, "{");
	for (int s = 0; s < LEDGER_STATUSES; s++) {
		if (by_status[s] == 0)
			continue;
		if (s == 0)
			buffer_print(out, "\"none\":%" PRIu64, by_status[s]);
		else
			buffer_print(
			    out, "%s\"%d\":%" PRIu64, comma, s, by_status[s]);
		comma = ",";
	}
	buffer_print(out, "}");
}

static void
print_minutes(const struct ledger *l, struct buffer *out)
{
	uint64_t first = l->minute_count > LEDGER_MINUTES_MAX
			     ? l->minute_count - LEDGER_MINUTES_MAX
			     : 0;

	buffer_print(out, "[");
	for (uint64_t i = first; i < l->minute_count; i++) {
		const struct ledger_minute *m =
		    &l->minutes[i % LEDGER_MINUTES_MAX];

		buffer_print(out,
		    "%s{\"start\":%" PRId64 ",\"calls\":%" PRIu64
		    ",\"limited\":%" PRIu64 "}",
		    i > first ? "," : "", m->minute * 60, m->calls, m->limited);
	}
	buffer_print(out, "]");
}

static void
print_tables(const struct ledger *l, struct buffer *out)
{
	const char *comma = "";

	buffer_print(out, "{");
	for (size_t i = 0; i < l->table_room; i++) {
		const struct ledger_table *t = l->tables[i];

		if (t == NULL)
			continue;
		buffer_print(out,
		    "%s\"%s\":{\"calls\":%" PRIu64 ",\"taken_calls\":%" PRIu64
		    ",\"events\":%" PRIu64 ",\"bytes\":%" PRIu64
		    ",\"max_events\":%" PRIu64 ",\"digest\":\"%016" PRIx64
		    "\"}",
		    comma, t->name, t->calls, t->taken_calls, t->events,
		    t->bytes, t->most_events, t->digest);
		comma = ",";
	}
	buffer_print(out, "}");
}

static void
print_tokens(const struct sim *sim, struct buffer *out)
{
	const struct ledger *l = &sim->ledger;

	buffer_print(out,
	    "{\"requests\":%" PRIu64 ",\"ttl\":%" PRId64
	    ",\"in_flight\":%" PRIu64 ",\"max_in_flight\":%" PRIu64
	    ",\"by_status\":",
	    l->token_calls, sim->tokens.ttl_s, l->tokens_flying.now,
	    l->tokens_flying.most);
	print_statuses(l->token_by_status, out);
	buffer_print(out, "}");
}

static void
print_kept(const struct keep *k, struct buffer *out)
{
	buffer_print(out,
	    "{\"events\":%" PRIu64 ",\"lost_events\":%" PRIu64
	    ",\"unwritten\":%" PRIu64 "}",
	    k->events, k->lost_events, k->unwritten);
}

static void
print_limit(const struct sim *sim, struct moment now, struct buffer *out)
{
	struct window_room room = window_look(&sim->window, now.wall_ms);

	buffer_print(out,
	    "{\"calls_per_minute\":%" PRId64 ",\"remaining\":%" PRId64
	    ",\"reset\":%" PRId64 "}",
	    room.limit, room.remaining, room.reset_s);
}

static void
print_totals(const struct ledger *l, struct buffer *out)
{
	buffer_print(out,
	    "\"calls\":%" PRIu64 ",\"taken_calls\":%" PRIu64
	    ",\"events\":%" PRIu64 ",\"bytes\":%" PRIu64
	    ",\"wire_bytes\":%" PRIu64 ",\"digest\":\"%016" PRIx64
	    "\",\"max_events\":%" PRIu64 ",\"max_bytes\":%" PRIu64
	    ",\"gzip_calls\":%" PRIu64 ",\"in_flight\":%" PRIu64
	    ",\"max_in_flight\":%" PRIu64 ",\"max_calls_in_60s\":%" PRIu64
	    ",\"max_bytes_in_1s\":%" PRIu64 ",\"rate_limited\":%" PRIu64
	    ",\"connections\":%" PRIu64 ",\"open_connections\":%" PRIu64,
	    l->calls, l->taken_calls, l->events, l->bytes, l->wire_bytes,
	    l->digest, l->most_events, l->most_bytes, l->gzip_calls,
	    l->calls_flying.now, l->calls_flying.most, l->calls_meter.most,
	    l->bytes_meter.most, l->by_status[429], l->connections,
	    l->open_connections);
}

void
stats_print(const struct sim *sim, struct moment now, struct buffer *out)
{
	const struct ledger *l = &sim->ledger;

	buffer_print(out, "{\"now_ms\":%" PRId64 ",", now.wall_ms);
	print_totals(l, out);
	if (sim->options.detect_duplicates)
		buffer_print(out, ",\"duplicates\":%" PRIu64, l->duplicates);
	else
		buffer_print(out, ",\"duplicates\":null");
	buffer_print(out,
	    ",\"violations\":%" PRIu64
	    ",\"violation_sample\":\"%s\",\"violation_reasons\":",
	    l->violations.total, l->violations.sample);
	violation_print(&l->violations, out);
	buffer_print(out, ",\"by_status\":");
	print_statuses(l->by_status, out);
	buffer_print(out, ",\"tokens\":");
	print_tokens(sim, out);
	buffer_print(out, ",\"limit\":");
	print_limit(sim, now, out);
	buffer_print(out, ",\"kept\":");
	print_kept(&sim->keep, out);
	buffer_print(out, ",\"minutes\":");
	print_minutes(l, out);
	buffer_print(out, ",\"tables\":");
	print_tables(l, out);
	buffer_print(out, "}\n");
}
