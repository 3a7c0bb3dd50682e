#include "gateway/deadletter/sink.h"

#include <string.h>

#include "gateway/deadletter/record.h"
#include "gateway/model/table.h"

/* The longest line for an event: each byte escaped, and what is said of it. */
#define LINE_MAX(bytes) (6 * (size_t)(bytes) + 8192)

#define ADVICE                                                                 \
	"events that the upstream refuses stay in the spool and hold their "   \
	"table; make room with `polaris-gateway dead-letter "                  \
	"list|replay|purge DIR`, or raise dead_letters.max_bytes"

static bool
write_line(struct buffer *lines, const struct deadletter_sink_event *event)
{
	const struct record *record = event->record;
	const char *producer = record->producer != NULL ? record->producer : "";
	const struct deadletter_record letter = {
		.at_ms = event->wall_ms,
		.table = span_of(record->table->options.name),
		.producer = span_of(producer),
		.reason = span_of(event->reason),
		.status = event->status,
		.answer = event->answer,
		.event = event->event,
	};

	return deadletter_record_append(lines, &letter);
}

static bool
write_lines(struct buffer *lines, const struct deadletter_sink_event *events,
    size_t count)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++)
		most += LINE_MAX(events[i].event.len);
	buffer_init(lines, most);
	for (size_t i = 0; i < count; i++)
		if (!write_line(lines, &events[i]))
			return false;
	return true;
}

/*
 * FULL is a failure only for a single event: for more than one the caller tries
 * again with fewer.
 */
static void
report(struct deadletter_store_sink *sink, enum deadletter_store_result result,
    size_t count, const struct err *err)
{
	if (result == DEADLETTER_STORE_KEPT)
		deadletter_store_alarm_clear(&sink->alarm);
	else if (result == DEADLETTER_STORE_FAILED)
		deadletter_store_alarm_raise(&sink->alarm, err->text, ADVICE);
	else if (count == 1)
		deadletter_store_alarm_raise(
		    &sink->alarm, "dead_letters.max_bytes is reached", ADVICE);
}

static enum deadletter_store_result
keep(struct deadletter_sink *base, const struct deadletter_sink_event *events,
    size_t count)
{
	struct deadletter_store_sink *sink =
	    (struct deadletter_store_sink *)base;
	enum deadletter_store_result result = DEADLETTER_STORE_FAILED;
	struct buffer lines;
	struct err err = { 0 };

	if (write_lines(&lines, events, count)) {
		result = deadletter_store_append(sink->store,
		    (struct span){ lines.at, lines.len }, NULL, &err);
		report(sink, result, count, &err);
	}
	buffer_fini(&lines);
	return result;
}

void
deadletter_sink_init(
    struct deadletter_store_sink *sink, struct deadletter_store *store)
{
	*sink = (struct deadletter_store_sink){
		.sink = { keep },
		.store = store,
	};
}
