#include "gateway/spool/spool.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/committer.h"

#define RETRY_LEAST_S 1
#define RETRY_MOST_S  60

/* A producer is asked back when this much has drained, or an eighth. */
#define RETRY_BYTES (64 * 1024 * 1024)

/* Of memory_bytes: what the pump has, and what is not yet durable. */
#define RESIDENT(memory) ((memory) / 2) /* and a quarter of that above it */
#define PENDING(memory)  ((memory) / 8 * 3)

struct spool {
	_Atomic(struct record *) appended; /* newest first */
	atomic_uint_fast64_t bytes;
	/* The rate of settling, in windows of a second; written by the pump. */
	atomic_uint_fast64_t drained_per_s, drained;
	atomic_int_fast64_t drained_since_ns;
	uint64_t limit;
	int fd;
	struct io_ops *io; /* ours to close; NULL: a test's, or none */
	struct committer *committer; /* NULL: memory only */
};

static bool
open_log(struct spool *spool, const struct spool_options *o, struct err *err)
{
	struct committer_options options = {
		.journal = {
			.io = o->io,
			.tables = o->tables,
			.max_bytes = o->max_bytes,
			.segment_bytes = o->segment_bytes,
			.largest_bytes = o->largest_bytes,
			.resident_bytes = RESIDENT(o->memory_bytes),
			.seed = o->seed,
			.now = o->now,
			.wall_ms = o->wall_ms,
		},
		.pending_bytes = PENDING(o->memory_bytes),
		.visible_fd = spool->fd,
	};

	if (o->directory == NULL && o->io == NULL)
		return true;
	if (o->io == NULL) {
		if (!io_ops_open(&spool->io, o->directory, true, err))
			return false;
		options.journal.io = spool->io;
	}
	return committer_start(&spool->committer, &options, err);
}

bool
spool_open(
    struct spool **out, const struct spool_options *options, struct err *err)
{
	struct spool *spool = calloc(1, sizeof *spool);

	if (spool == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for the spool");
	spool->limit = options->memory_bytes;
	spool->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (spool->fd == -1) {
		free(spool);
		return err_set(
		    err, ERR_HOST, 0, "eventfd: %s", strerror(errno));
	}
	if (!open_log(spool, options, err)) {
		spool_close(&spool);
		return false;
	}
	*out = spool;
	return true;
}

uint64_t
spool_end(struct spool *spool)
{
	return spool->committer != NULL ? committer_end_work(spool->committer)
					: 0;
}

void
spool_close(struct spool **spool)
{
	struct record *record, *next;

	if (*spool == NULL)
		return;
	committer_stop(&(*spool)->committer);
	for (record = spool_take(*spool); record != NULL; record = next) {
		next = record->next;
		record_free(record, record->accepted);
	}
	close((*spool)->fd);
	io_ops_close(&(*spool)->io);
	free(*spool);
	*spool = NULL;
}

/* Counts the record's bytes, or changes nothing. */
static bool
reserve(struct spool *spool, uint64_t bytes)
{
	uint64_t before = atomic_fetch_add_explicit(
	    &spool->bytes, bytes, memory_order_relaxed);

	if (before + bytes <= spool->limit)
		return true;
	atomic_fetch_sub_explicit(&spool->bytes, bytes, memory_order_relaxed);
	return false;
}

bool
spool_put(struct spool *spool, struct record *record, bool *wake_out)
{
	if (spool->committer != NULL)
		return committer_put(spool->committer, record, wake_out);
	if (!reserve(spool, record_cost(record)))
		return false;
	atomic_fetch_add_explicit(&record->table->spool_bytes,
	    record_cost(record), memory_order_relaxed);

	/*
	 * Only the first record of an empty queue needs a wake; the record is
	 * the pump's by now.
	 */
	*wake_out |= record_queue_push(&spool->appended, record);
	return true;
}

void
spool_wake(struct spool *spool)
{
	if (spool->committer != NULL)
		committer_wake(spool->committer);
	else
		(void)eventfd_write(spool->fd, 1);
}

void
spool_help(struct spool *spool)
{
	if (spool->committer != NULL)
		committer_help(spool->committer);
	else
		spool_wake(spool);
}

struct record *
spool_take(struct spool *spool)
{
	eventfd_t wakes;

	/*
	 * The eventfd first: a record that comes later writes it again.  Always,
	 * also when nothing is there: it may be written after its record was
	 * taken, and unread it would wake the pump for ever.
	 */
	(void)eventfd_read(spool->fd, &wakes);
	if (spool->committer != NULL)
		return committer_visible(spool->committer);
	return record_queue_take(&spool->appended);
}

/* Bytes of the window under way, by the second. */
static uint64_t
draining_per_s(const struct spool *spool, int64_t since_ns)
{
	return atomic_load_explicit(&spool->drained, memory_order_relaxed) *
	       1000 / (uint64_t)(since_ns / NS_PER_MS);
}

static void
count_drained(struct spool *spool, uint64_t bytes, struct instant now)
{
	int64_t since_ns =
	    now.ns - atomic_load_explicit(
			 &spool->drained_since_ns, memory_order_relaxed);

	atomic_fetch_add_explicit(&spool->drained, bytes, memory_order_relaxed);
	if (since_ns < NS_PER_S)
		return;
	atomic_store_explicit(&spool->drained_per_s,
	    draining_per_s(spool, since_ns), memory_order_relaxed);
	atomic_store_explicit(&spool->drained, 0, memory_order_relaxed);
	atomic_store_explicit(
	    &spool->drained_since_ns, now.ns, memory_order_relaxed);
}

void
spool_ack_part(
    struct spool *spool, struct record *record, uint32_t from, uint32_t count)
{
	if (spool->committer != NULL)
		committer_part(spool->committer, record,
		    (struct frame_range){ from, count });
}

void
spool_ack(struct spool *spool, struct record *record, struct instant now)
{
	uint64_t bytes;

	if (spool->committer != NULL) {
		count_drained(spool, cost_of_record(record), now);
		committer_end(spool->committer, record, now);
		return;
	}
	bytes = record_cost(record);
	atomic_fetch_sub_explicit(
	    &record->table->spool_bytes, bytes, memory_order_relaxed);
	record_free(record, now);
	count_drained(spool, bytes, now);
	atomic_fetch_sub_explicit(&spool->bytes, bytes, memory_order_relaxed);
}

void
spool_abandon(struct spool *spool, struct record *record, struct instant now)
{
	if (spool->committer == NULL) {
		spool_ack(spool, record, now);
		return;
	}
	record->abandoned = true;
	committer_end(spool->committer, record, now);
}

void
spool_want(struct spool *spool, struct table *table, uint64_t bytes)
{
	if (spool->committer != NULL)
		committer_want(spool->committer, table, bytes);
}

bool
spool_is_durable(const struct spool *spool)
{
	return spool->committer != NULL;
}

const struct journal *
spool_journal(const struct spool *spool)
{
	return spool->committer != NULL ? committer_journal(spool->committer)
					: NULL;
}

int
spool_fd(const struct spool *spool)
{
	return spool->fd;
}

uint64_t
spool_bytes(const struct spool *spool)
{
	const struct journal *journal = spool_journal(spool);

	return atomic_load_explicit(
	    journal != NULL ? &journal->reserved : &spool->bytes,
	    memory_order_relaxed);
}

uint64_t
spool_limit_bytes(const struct spool *spool)
{
	const struct journal *journal = spool_journal(spool);

	return journal != NULL
		   ? atomic_load_explicit(&journal->limit, memory_order_relaxed)
		   : spool->limit;
}

static uint64_t
held_of(const struct spool *spool, const struct table *table)
{
	const struct journal *journal = spool_journal(spool);

	if (journal != NULL)
		return atomic_load(&journal->indexes[table->index].bytes);
	return atomic_load_explicit(&table->spool_bytes, memory_order_relaxed);
}

bool
spool_crowded_by(
    const struct spool *spool, const struct table *table, size_t tables)
{
	uint64_t limit = spool_limit_bytes(spool);

	return spool_bytes(spool) > limit / 2 &&
	       held_of(spool, table) > limit / (tables > 0 ? tables : 1);
}

/* Where nothing drains any more, no window ends: then it is this one's. */
static uint64_t
drain_rate(const struct spool *spool, struct instant now)
{
	int64_t since_ns =
	    now.ns - atomic_load_explicit(
			 &spool->drained_since_ns, memory_order_relaxed);

	return since_ns > 2 * NS_PER_S
		   ? draining_per_s(spool, since_ns)
		   : atomic_load_explicit(
			 &spool->drained_per_s, memory_order_relaxed);
}

/*
 * The time in which an eighth of the spool drains, or as much as many
 * producers send at once: by then each has a fair chance, and not all of them
 * come back together.
 */
uint32_t
spool_retry_after_s(const struct spool *spool, struct instant now)
{
	uint64_t rate = drain_rate(spool, now);
	uint64_t bytes = spool_limit_bytes(spool) / 8, wait_s;

	if (rate == 0)
		return RETRY_MOST_S;
	wait_s = (bytes < RETRY_BYTES ? bytes : RETRY_BYTES) / rate + 1;
	return wait_s < RETRY_LEAST_S  ? RETRY_LEAST_S
	       : wait_s > RETRY_MOST_S ? RETRY_MOST_S
				       : (uint32_t)wait_s;
}
