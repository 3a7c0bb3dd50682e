#include "gateway/deadletter/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/deadletter/compaction.h"
#include "gateway/deadletter/replay_batch.h"
#include "parsers/ndjson.h"

/* No event of a letter is longer. */
#define EVENT_MOST DEADLETTER_FILE_LINE

struct run {
	const struct replay_uses *uses;
	const struct deadletter_reader_filter *filter;
	const atomic_bool *stop;
	struct replay *out;
	int folder;
	struct deadletter_reader *reader;
	struct completion_box completions;
	struct replay_batch *batch;
	struct buffer line; /* a copy of one event: ndjson changes it */
	/* The letter that comes next; in the reader's memory. */
	struct deadletter_reader_item item;
	bool has_item;
};

/* --------------------------------------------------------------- words -- */

static const char *const table_words[REPLAY_REASONS - EVENT_FAULT_COUNT] = {
	[REPLAY_UNKNOWN_TABLE - EVENT_FAULT_COUNT] = "unknown_table",
	[REPLAY_TOO_MANY_TABLES - EVENT_FAULT_COUNT] = "too_many_tables",
	[REPLAY_TABLE_ABSENT - EVENT_FAULT_COUNT] = "table_absent",
};

const char *
replay_reason_word(unsigned reason)
{
	return reason < EVENT_FAULT_COUNT
		   ? event_fault_word(reason)
		   : table_words[reason - EVENT_FAULT_COUNT];
}

static const struct {
	const char *word, *text;
} ends[REPLAY_END_COUNT] = {
#define REPLAY_ROW(symbol, word, text) [REPLAY_##symbol] = { word, text },
	REPLAY_ENDS(REPLAY_ROW)
};

const char *
replay_end_word(enum replay_end end)
{
	return ends[end].word;
}

const char *
replay_end_text(enum replay_end end)
{
	return ends[end].text;
}

/* --------------------------------------------------------------- check -- */

/* As for the body of a request with this line only. */
static unsigned
check_event(struct run *run, const struct deadletter_record *letter,
    const struct table *table, struct replay_batch_event *out)
{
	struct event_limits limits =
	    table_limits(&table->options, clock_wall_ms());
	struct event_verdict verdict;
	struct ndjson walk;
	struct ndjson_line line, more;

	ndjson_init(&walk, run->line.at, letter->event.len);
	if (!ndjson_next(&walk, &line))
		return EVENT_NOT_JSON; /* it is empty */
	if (!event_check(line.at, line.len, &limits, &verdict))
		return verdict.fault;
	if (line.len + 1 > run->uses->largest_bytes)
		return EVENT_TOO_LARGE;
	out->line = (struct span){ line.at, line.len };
	out->time_ms = verdict.time_ms;
	return ndjson_next(&walk, &more) ? EVENT_NOT_JSON : EVENT_OK;
}

static const unsigned table_reasons[] = {
	[TABLE_UNKNOWN] = REPLAY_UNKNOWN_TABLE,
	[TABLE_TOO_MANY] = REPLAY_TOO_MANY_TABLES,
	[TABLE_ABSENT] = REPLAY_TABLE_ABSENT,
};

/* EVENT_OK, or why the letter stays; then `event` has no table. */
static unsigned
check_letter(struct run *run, const struct deadletter_record *letter,
    struct replay_batch_event *event)
{
	struct instant now = clock_now();
	enum table_answer answer = TABLE_UNKNOWN;
	unsigned reason;

	if (table_name_valid(letter->table))
		answer = tables_find(
		    run->uses->tables, letter->table, now, &event->table);
	if (answer != TABLE_FOUND)
		return table_reasons[answer];
	reason = check_event(run, letter, event->table, event);
	if (reason != EVENT_OK)
		table_release(event->table, now);
	event->producer = letter->producer;
	return reason;
}

/* ---------------------------------------------------------------- fill -- */

static bool
copy_event(struct run *run, struct span event)
{
	buffer_reset(&run->line);
	return buffer_append(&run->line, event.at, event.len) &&
	       buffer_append(&run->line, "\n", 1);
}

/* False: no memory. */
static bool
take_letter(struct run *run, const struct deadletter_reader_item *item)
{
	struct replay_batch_event event = {
		.file = item->file,
		.range = { item->offset, item->len },
	};
	unsigned reason;

	if (!copy_event(run, item->letter.event))
		return false;
	reason = check_letter(run, &item->letter, &event);
	if (reason != EVENT_OK) {
		run->out->rejected[reason]++;
		return true;
	}
	if (replay_batch_add(run->batch, &event, run->uses->largest_bytes))
		return true;
	table_release(event.table, clock_now());
	return false;
}

/* The next letter that matches, to run->item; false: there is none. */
static bool
next_letter(struct run *run)
{
	enum deadletter_reader_kind kind;

	if (run->has_item)
		return true;
	while ((kind = deadletter_reader_next(run->reader, &run->item)) !=
	       DEADLETTER_READER_END) {
		if (kind == DEADLETTER_READER_DAMAGED)
			run->out->damaged++;
		else if (deadletter_reader_matches(
			     run->filter, &run->item.letter))
			break;
	}
	run->has_item = kind != DEADLETTER_READER_END;
	return run->has_item;
}

/* False: no batch comes after this one. */
static bool
fill(struct run *run)
{
	while (!atomic_load(run->stop)) {
		if (!next_letter(run))
			return false;
		if (!replay_batch_fits(run->batch, run->item.letter.event.len))
			return true;
		if (!take_letter(run, &run->item)) {
			run->out->end = REPLAY_NO_MEMORY;
			return false;
		}
		run->has_item = false;
	}
	run->out->end = REPLAY_STOPPED;
	return false;
}

/* ---------------------------------------------------------------- send -- */

static void
prepare_record(struct run *run, struct replay_batch_record *p)
{
	const struct replay_uses *uses = run->uses;
	struct record *record = p->record;
	struct instant now = clock_now();
	uint64_t ack_ns = uses->ack_timeout_ms * (uint64_t)NS_PER_MS;

	record->accepted = now;
	record->accepted_ms = clock_wall_ms();
	if (uses->block != NULL)
		record->producer_label = registry_producer(uses->block,
		    record->producer != NULL ? span_of(record->producer)
					     : (struct span){ NULL, 0 },
		    true);
	p->completion = (struct completion){
		.box = &run->completions,
		.deadline = { now.ns + (int64_t)ack_ns },
		.until = spool_is_durable(uses->spool)
			     ? COMPLETION_UNTIL_DURABLE
			     : COMPLETION_UNTIL_DELIVERED,
	};
	record->completion = &p->completion;
}

/* All at once: one commit.  Gives how many completions will come. */
static size_t
append(struct run *run)
{
	const struct replay_uses *uses = run->uses;
	size_t out = 0;
	bool wake = false;

	for (size_t i = 0; i < run->batch->record_count; i++) {
		struct replay_batch_record *p = &run->batch->records[i];
		struct record *record = p->record;

		prepare_record(run, p);
		p->record = NULL; /* once the spool has it, it may be gone */
		if (!spool_crowded_by(uses->spool, record->table,
			tables_known(uses->tables)) &&
		    spool_put(uses->spool, record, &wake)) {
			out++;
			continue;
		}
		record->completion = NULL;
		p->record = record;
		run->out->end = REPLAY_SPOOL_FULL;
		break;
	}
	if (wake)
		spool_wake(uses->spool);
	return out;
}

/* By result: is the event kept, and how does the replay end. */
static const struct {
	bool kept;
	enum replay_end end;
} completion_rows[] = {
	[COMPLETION_DURABLE] = { true, REPLAY_DONE },
	[COMPLETION_DELIVERED] = { true, REPLAY_DONE },
	[COMPLETION_PARTLY_REFUSED] = { true,
	    REPLAY_DONE }, /* refused: it is a letter again */
	[COMPLETION_WITHDRAWN] = { false, REPLAY_NOT_DELIVERED },
	[COMPLETION_DISK_FAILED] = { false, REPLAY_DISK },
	[COMPLETION_SPOOL_FULL] = { false, REPLAY_SPOOL_FULL },
};

static void
await_completions(struct run *run, size_t count)
{
	struct pollfd readable = { .fd = run->completions.fd,
		.events = POLLIN };
	struct completion *t, *next;

	while (count > 0) {
		(void)poll(&readable, 1, -1);
		for (t = completion_box_take(&run->completions); t != NULL;
		     t = next) {
			struct replay_batch_record *p =
			    (struct replay_batch_record *)(void
				    *)((char *)t -
				       offsetof(struct replay_batch_record,
					   completion));

			next = t->next;
			p->kept = completion_rows[t->result].kept;
			if (completion_rows[t->result].end != REPLAY_DONE)
				run->out->end = completion_rows[t->result].end;
			count--;
		}
	}
}

/* -------------------------------------------------------------- remove -- */

static bool
remove_from(const struct run *run, uint64_t file,
    const struct deadletter_file_range *ranges, size_t count)
{
	char name[DEADLETTER_FILE_NAME];
	bool ok;
	int fd;

	deadletter_file_name(name, file);
	fd = openat(run->folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT; /* taken away meanwhile */
	ok = deadletter_file_remove(fd, ranges, count);
	close(fd);
	return ok;
}

/* File by file: the letters are in the order of their files. */
static void
remove_kept(struct run *run)
{
	const struct replay_batch *batch = run->batch;
	struct deadletter_file_range ranges[REPLAY_BATCH_LETTERS];
	size_t count = 0, at = 0;

	while (at < batch->letter_count) {
		uint64_t file = batch->letters[at].file;

		for (count = 0; at < batch->letter_count &&
				batch->letters[at].file == file;
		     at++)
			if (batch->records[batch->letters[at].record].kept)
				ranges[count++] = batch->letters[at].range;
			else
				run->out->left++;
		run->out->replayed += count;
		if (count == 0 || remove_from(run, file, ranges, count))
			continue;
		run->out->end = REPLAY_UNMARKED;
		err_set(&run->out->err, ERR_HOST, 0, "dead letters: %s",
		    strerror(errno));
	}
}

/* ----------------------------------------------------------------- run -- */

/* Counts the letters that were not reached, which reads all of them. */
static void
count_left(struct run *run)
{
	while (!atomic_load(run->stop) && next_letter(run)) {
		run->out->left++;
		run->has_item = false;
	}
	run->out->left_known = !atomic_load(run->stop);
}

static bool
begin(struct run *run, uint64_t last)
{
	struct replay *out = run->out;

	out->end = REPLAY_UNREADABLE;
	run->folder =
	    open(run->uses->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->folder == -1)
		return err_set(&out->err, ERR_HOST, 0, "%.160s: %s",
		    run->uses->directory, strerror(errno));
	if (!deadletter_reader_open(
		&run->reader, run->uses->directory, &out->err) ||
	    !completion_box_init(&run->completions, &out->err))
		return false;
	deadletter_reader_until(run->reader, last);
	out->end = REPLAY_NO_MEMORY;
	run->batch = calloc(1, sizeof *run->batch);
	return run->batch != NULL;
}

static void
end(struct run *run)
{
	if (run->batch != NULL)
		replay_batch_reset(run->batch, clock_now());
	free(run->batch);
	deadletter_reader_close(&run->reader);
	if (run->completions.fd != -1)
		completion_box_fini(&run->completions);
	if (run->folder != -1)
		close(run->folder);
	buffer_fini(&run->line);
}

void
replay_run(const struct replay_uses *uses,
    const struct deadletter_reader_filter *filter, uint64_t last,
    const atomic_bool *stop, struct replay *out)
{
	struct run run = {
		.uses = uses,
		.filter = filter,
		.stop = stop,
		.out = out,
		.folder = -1,
		.completions = { .fd = -1 },
	};
	struct err ignored = { 0 };
	bool more;

	*out = (struct replay){ .left_known = true };
	buffer_init(&run.line, EVENT_MOST);
	more = begin(&run, last);
	if (more)
		out->end = REPLAY_DONE;
	while (more) {
		more = fill(&run);
		await_completions(&run, append(&run));
		remove_kept(&run);
		replay_batch_reset(run.batch, clock_now());
		more = more && out->end == REPLAY_DONE;
	}
	if (run.batch != NULL && out->end != REPLAY_DONE)
		count_left(&run);
	/* If this fails, the next replay or purge gives the room back. */
	if (out->replayed > 0)
		(void)deadletter_compaction_tidy(run.folder, last, &ignored);
	end(&run);
}
