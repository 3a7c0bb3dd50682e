#include "gateway/metrics/log_summary.h"

#include "gateway/base/log.h"

#define REPEAT_NS (60 * NS_PER_S)

/* How many refusals of one reason, in how many seconds. */
struct line {
	uint64_t count;
	int64_t seconds; /* 0: the first */
};

/* What the reader of the log should do; a refusal without one is not logged. */
struct advice {
	enum log_level level;
	const char *text;
};

#define ADVICE_PRODUCER                                                        \
	"tell the producer; its answers name line, offset and reason, and "    \
	"GET /status shows the last three"
#define ADVICE_LATER "producers keep what is refused and come again; "

static const struct advice of_events = { LOG_WARN, ADVICE_PRODUCER };

/* clang-format off */
static const struct advice of_outcomes[OUTCOME_COUNT] = {
[OUTCOME_ACK_UNAVAILABLE]  = { LOG_WARN, "a producer asks for a level that "
    "needs a spool on disk" },
[OUTCOME_SKIP_UNAVAILABLE] = { LOG_WARN, "a producer asks for on_invalid=skip, "
    "which needs dead letters" },
[OUTCOME_ARRAY]	       = { LOG_WARN, "a producer sends a JSON array instead of "
    "a line an event" },
[OUTCOME_BAD_GZIP]     = { LOG_WARN, "a producer's gzip is broken" },
[OUTCOME_NO_TABLE]     = { LOG_WARN, "add the table to the configuration, or "
    "correct the producer's path" },
[OUTCOME_TABLE_ABSENT] = { LOG_WARN, "create the table upstream, or correct "
    "the producer's path; what was accepted before is kept" },
[OUTCOME_TOO_LARGE]    = { LOG_WARN, "a producer sends larger bodies than "
    "listen.max_body: it should send fewer events at once" },
[OUTCOME_SPOOL_FULL]   = { LOG_WARN, ADVICE_LATER "see on the status page why "
    "events wait, or give the spool more room" },
[OUTCOME_MEMORY_FULL]  = { LOG_WARN, ADVICE_LATER "raise listen.memory_bytes "
    "if this lasts" },
[OUTCOME_TOO_MANY_TABLES] = { LOG_WARN, ADVICE_LATER "does a producer invent "
    "names? Else raise max_tables" },
[OUTCOME_TOO_MANY_CONNECTIONS] = { LOG_WARN, ADVICE_LATER "raise "
    "listen.max_connections, or let producers keep theirs open" },
[OUTCOME_NOT_DELIVERED] = { LOG_WARN, "the upstream did not answer in time and "
    "the producers were told so; see on the status page why" },
[OUTCOME_HOST_FAULT]   = { LOG_WARN, ADVICE_LATER "this machine is out of "
    "memory" },
};
/* clang-format on */

/* False: nothing new, or not yet. */
static bool
is_due(struct log_summary *summary, unsigned reason, uint64_t count,
    struct instant now, bool end, struct line *line_out)
{
	int64_t since_ns = now.ns - summary->last_ns[reason];

	if (count == summary->logged[reason])
		return false;
	if (summary->ever[reason] && since_ns < REPEAT_NS && !end)
		return false;
	line_out->count = count - summary->logged[reason];
	line_out->seconds = summary->ever[reason] ? since_ns / NS_PER_S : 0;
	summary->logged[reason] = count;
	summary->last_ns[reason] = now.ns;
	summary->ever[reason] = true;
	return true;
}

static void
write_line(unsigned reason, const struct line *line,
    const struct registry_sample *last, const struct advice *advice)
{
	log_event(advice->level, "refused",
	    LOG_STR("reason", registry_reason_word(reason)),
	    LOG_INT("count", (int64_t)line->count),
	    LOG_INT("seconds", line->seconds), LOG_STR("table", last->table),
	    LOG_STR("producer", last->producer),
	    LOG_INT("line", (int64_t)last->line),
	    LOG_INT("offset", (int64_t)last->offset),
	    LOG_STR("advice", advice->text));
}

static const struct advice *
advice_on(unsigned reason)
{
	return reason < EVENT_FAULT_COUNT
		   ? &of_events
		   : &of_outcomes[reason - EVENT_FAULT_COUNT];
}

void
log_summary_write(struct log_summary *summary, struct registry *registry,
    struct instant now, bool end)
{
	struct registry_reasons reasons;
	struct line line;

	registry_reasons(registry, &reasons);
	for (unsigned r = 1; r < REGISTRY_REASONS; r++)
		if (advice_on(r)->text != NULL &&
		    is_due(summary, r, reasons.counts[r], now, end, &line))
			write_line(r, &line, &reasons.last[r], advice_on(r));
}
