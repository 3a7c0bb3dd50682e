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

/* No letter's event is longer. */
#define EVENT_MOST DEADLETTER_FILE_LINE

struct run {
	const struct replay_uses *uses;
	const struct deadletter_reader_filter *meant;
	const atomic_bool *stop;
	struct replay *out;
	int folder;
	struct deadletter_reader *box;
	struct completion_box completions;
	struct replay_batch_chunk *chunk;
	struct buffer line; /* an event's own copy, for the walker changes it */
	/* The letter that did not fit the last chunk; in the box's memory. */
	struct deadletter_reader_item item;
	bool held;
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

/* As for a body of this one line; the line is in the run's own copy. */
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
		return EVENT_NOT_JSON; /* there is nothing */
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

/* EVENT_OK, or why the letter stays; then the event holds nothing. */
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
		.place = { item->offset, item->len },
	};
	unsigned reason;

	if (!copy_event(run, item->letter.event))
		return false;
	reason = check_letter(run, &item->letter, &event);
	if (reason != EVENT_OK) {
		run->out->rejected[reason]++;
		return true;
	}
	if (replay_batch_add(run->chunk, &event, run->uses->largest_bytes))
		return true;
	table_release(event.table, clock_now());
	return false;
}

/* The next letter that is meant: in run->item; false: there is none. */
static bool
next_letter(struct run *run)
{
	enum deadletter_reader_kind kind;

	if (run->held)
		return true;
	while ((kind = deadletter_reader_next(run->box, &run->item)) !=
	       DEADLETTER_READER_END) {
		if (kind == DEADLETTER_READER_DAMAGED)
			run->out->damaged++;
		else if (deadletter_reader_means(run->meant, &run->item.letter))
			break;
	}
	run->held = kind != DEADLETTER_READER_END;
	return run->held;
}

/* False: that was the last chunk, or there is no memory. */
static bool
fill(struct run *run)
{
	while (!atomic_load(run->stop)) {
		if (!next_letter(run))
			return false;
		if (!replay_batch_fits(run->chunk, run->item.letter.event.len))
			return true;
		if (!take_letter(run, &run->item)) {
			run->out->end = REPLAY_NO_MEMORY;
			return false;
		}
		run->held = false;
	}
	run->out->end = REPLAY_STOPPED;
	return false;
}

/* ---------------------------------------------------------------- send -- */

static void
address(struct run *run, struct replay_batch *p)
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

/* One group: one commit.  Gives how many completions will come back. */
static size_t
append(struct run *run)
{
	const struct replay_uses *uses = run->uses;
	size_t out = 0;
	bool ring = false;

	for (size_t i = 0; i < run->chunk->count; i++) {
		struct replay_batch *p = &run->chunk->parcels[i];
		struct record *record = p->record;

		address(run, p);
		p->record = NULL; /* on yes it is gone before we return */
		if (!spool_crowded_by(uses->spool, record->table,
			tables_known(uses->tables)) &&
		    spool_put(uses->spool, record, &ring)) {
			out++;
			continue;
		}
		record->completion = NULL;
		p->record = record;
		run->out->end = REPLAY_SPOOL_FULL;
		break;
	}
	if (ring)
		spool_ring(uses->spool);
	return out;
}

/* What each result means for the letters; and for those to come. */
static const struct {
	bool kept;
	enum replay_end end;
} meanings[] = {
	[COMPLETION_DURABLE] = { true, REPLAY_DONE },
	[COMPLETION_DELIVERED] = { true, REPLAY_DONE },
	[COMPLETION_PARTLY_REFUSED] = { true, REPLAY_DONE }, /* letters again */
	[COMPLETION_WITHDRAWN] = { false, REPLAY_NOT_DELIVERED },
	[COMPLETION_DISK_FAILED] = { false, REPLAY_DISK },
	[COMPLETION_SPOOL_FULL] = { false, REPLAY_SPOOL_FULL },
};

static void
await(struct run *run, size_t count)
{
	struct pollfd wakeup = { .fd = run->completions.fd, .events = POLLIN };
	struct completion *t, *next;

	while (count > 0) {
		(void)poll(&wakeup, 1, -1);
		for (t = completion_box_take(&run->completions); t != NULL;
		     t = next) {
			struct replay_batch *p = (struct replay_batch *)(void
				*)((char *)t -
				   offsetof(struct replay_batch, completion));

			next = t->next;
			p->kept = meanings[t->result].kept;
			if (meanings[t->result].end != REPLAY_DONE)
				run->out->end = meanings[t->result].end;
			count--;
		}
	}
}

/* -------------------------------------------------------------- remove -- */

static bool
remove_from(const struct run *run, uint64_t file,
    const struct deadletter_tombstone_place *places, size_t count)
{
	char name[DEADLETTER_FILE_NAME];
	bool ok;
	int fd;

	deadletter_file_name(name, file);
	fd = openat(run->folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT; /* taken away meanwhile */
	ok = deadletter_tombstone_remove(fd, places, count);
	close(fd);
	return ok;
}

/* File by file: letters stand in the chunk in the order of their files. */
static void
remove_kept(struct run *run)
{
	const struct replay_batch_chunk *chunk = run->chunk;
	struct deadletter_tombstone_place places[REPLAY_BATCH_LETTERS];
	size_t count = 0, at = 0;

	while (at < chunk->letter_count) {
		uint64_t file = chunk->letters[at].file;

		for (count = 0; at < chunk->letter_count &&
				chunk->letters[at].file == file;
		     at++)
			if (chunk->parcels[chunk->letters[at].parcel].kept)
				places[count++] = chunk->letters[at].place;
			else
				run->out->left++;
		run->out->replayed += count;
		if (count == 0 || remove_from(run, file, places, count))
			continue;
		run->out->end = REPLAY_UNMARKED;
		err_set(&run->out->err, ERR_HOST, 0, "dead letters: %s",
		    strerror(errno));
	}
}

/* ----------------------------------------------------------------- run -- */

/* What was not come to stays; to count it costs a walk. */
static void
count_left(struct run *run)
{
	while (!atomic_load(run->stop) && next_letter(run)) {
		run->out->left++;
		run->held = false;
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
		&run->box, run->uses->directory, &out->err) ||
	    !completion_box_init(&run->completions, &out->err))
		return false;
	deadletter_reader_until(run->box, last);
	out->end = REPLAY_NO_MEMORY;
	run->chunk = calloc(1, sizeof *run->chunk);
	return run->chunk != NULL;
}

static void
end(struct run *run)
{
	if (run->chunk != NULL)
		replay_batch_reset(run->chunk, clock_now());
	free(run->chunk);
	deadletter_reader_close(&run->box);
	if (run->completions.fd != -1)
		completion_box_fini(&run->completions);
	if (run->folder != -1)
		close(run->folder);
	buffer_fini(&run->line);
}

void
replay_run(const struct replay_uses *uses,
    const struct deadletter_reader_filter *meant, uint64_t last,
    const atomic_bool *stop, struct replay *out)
{
	struct run run = {
		.uses = uses,
		.meant = meant,
		.stop = stop,
		.out = out,
		.folder = -1,
		.completions = { .fd = -1 },
	};
	struct err untidy = { 0 };
	bool more;

	*out = (struct replay){ .left_known = true };
	buffer_init(&run.line, EVENT_MOST);
	more = begin(&run, last);
	if (more)
		out->end = REPLAY_DONE;
	while (more) {
		more = fill(&run);
		await(&run, append(&run));
		remove_kept(&run);
		replay_batch_reset(run.chunk, clock_now());
		more = more && out->end == REPLAY_DONE;
	}
	if (run.chunk != NULL && out->end != REPLAY_DONE)
		count_left(&run);
	/* Room that is not given back now is given back another time. */
	if (out->replayed > 0)
		(void)deadletter_compaction_tidy(run.folder, last, &untidy);
	end(&run);
}
