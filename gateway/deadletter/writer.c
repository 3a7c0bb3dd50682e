#include "gateway/deadletter/writer.h"

#include <string.h>

#include "gateway/base/log.h"
#include "gateway/deadletter/record.h"
#include "gateway/model/table.h"

/* A letter: the event with every byte escaped, and what is told about it. */
#define LETTER_MOST(bytes) (6 * (size_t)(bytes) + 8192)

static bool
write_down(struct buffer *line, const struct deadletter_sink *burial)
{
	const struct record *record = burial->record;
	const char *producer = record->producer != NULL ? record->producer : "";
	const struct deadletter_record letter = {
		.at_ms = burial->wall_ms,
		.table = span_of(record->table->options.name),
		.producer = span_of(producer),
		.reason = span_of(burial->reason),
		.status = burial->status,
		.answer = burial->answer,
		.event = burial->event,
	};

	return deadletter_record_append(line, &letter);
}

static void
tell_failing(struct letter_undertaker *u, enum deadletter_answer answer,
    const struct err *err)
{
	if (u->failing)
		return;
	u->failing = true;
	log_event(LOG_ERROR, "dead_letters_failing",
	    LOG_STR("reason", answer == DEADLETTER_FULL
				  ? "dead_letters.max_bytes is reached"
				  : err->text),
	    LOG_STR("advice",
		"events that the upstream refuses stay in the spool and hold "
		"their table; make room with `polaris-gateway dead-letter "
		"list|replay|purge DIR`, or raise dead_letters.max_bytes"));
}

static void
tell_kept(struct letter_undertaker *u)
{
	if (u->failing)
		log_event(LOG_INFO, "dead_letters_kept_again");
	u->failing = false;
}

static bool
write_all(
    struct buffer *lines, const struct deadletter_sink *burials, size_t count)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++)
		most += LETTER_MOST(burials[i].event.len);
	buffer_init(lines, most);
	for (size_t i = 0; i < count; i++)
		if (!write_down(lines, &burials[i]))
			return false;
	return true;
}

/* All letters of one call stand together, or none does: see store.h. */
static enum deadletter_sink_answer
letters_bury(struct undertaker *undertaker,
    const struct deadletter_sink *burials, size_t count)
{
	static const enum deadletter_sink_answer answers[] = {
		[DEADLETTER_KEPT] = DEADLETTER_SINK_KEPT,
		[DEADLETTER_FULL] = DEADLETTER_SINK_FULL,
		[DEADLETTER_FAILED] = DEADLETTER_SINK_FAILED,
	};
	struct letter_undertaker *u = (struct letter_undertaker *)undertaker;
	enum deadletter_answer answer;
	struct buffer lines;
	struct err err = { 0 };

	if (!write_all(&lines, burials, count)) {
		buffer_fini(&lines);
		return DEADLETTER_SINK_FAILED;
	}
	answer = deadletter_keep(
	    u->letters, (struct span){ lines.at, lines.len }, NULL, &err);
	buffer_fini(&lines);
	if (answer == DEADLETTER_KEPT)
		tell_kept(u);
	else if (answer == DEADLETTER_FAILED || count == 1)
		tell_failing(u, answer, &err);
	return answers[answer];
}

void
deadletter_writer_init(
    struct letter_undertaker *undertaker, struct deadletter *letters)
{
	*undertaker = (struct letter_undertaker){
		.undertaker = { letters_bury },
		.letters = letters,
	};
}
