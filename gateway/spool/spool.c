#include "gateway/spool/spool.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What malloc adds to a record; keeps the sum honest for small events. */
#define MALLOC_OVERHEAD 16

#define RETRY_LEAST_S 1
#define RETRY_MOST_S  60

struct spool {
	_Atomic(struct record *) appended; /* newest first */
	atomic_uint_fast64_t bytes;
	/* The rate of settling, in windows of a second; written by the pump. */
	atomic_uint_fast64_t drained_per_s;
	uint64_t drained;
	struct instant drained_since;
	uint64_t limit;
	int fd;
};

static uint64_t
cost(const struct record *record)
{
	return sizeof *record + record->room + MALLOC_OVERHEAD;
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
	*out = spool;
	return true;
}

void
spool_close(struct spool **spool)
{
	struct record *record, *next;

	if (*spool == NULL)
		return;
	for (record = spool_take(*spool); record != NULL; record = next) {
		next = record->next;
		record_free(record, record->accepted);
	}
	close((*spool)->fd);
	free(*spool);
	*spool = NULL;
}

/* Takes room for the record, or leaves everything as it was. */
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
spool_crowded_by(
    const struct spool *spool, const struct table *table, size_t tables)
{
	return spool_bytes(spool) > spool->limit / 2 &&
	       atomic_load_explicit(&table->spool_bytes, memory_order_relaxed) >
		   spool->limit / (tables > 0 ? tables : 1);
}

bool
spool_append(struct spool *spool, struct record *record)
{
	struct record *head;

	if (!reserve(spool, cost(record)))
		return false;
	atomic_fetch_add_explicit(
	    &record->table->spool_bytes, cost(record), memory_order_relaxed);
	head = atomic_load_explicit(&spool->appended, memory_order_relaxed);
	do
		record->next = head;
	while (!atomic_compare_exchange_weak_explicit(&spool->appended, &head,
	    record, memory_order_release, memory_order_relaxed));

	/* Whoever finds it empty rings; the record is the pump's by now. */
	if (head == NULL)
		(void)eventfd_write(spool->fd, 1);
	return true;
}

struct record *
spool_take(struct spool *spool)
{
	struct record *record, *next, *oldest = NULL;
	eventfd_t rings;

	/*
	 * The bell first: a record that comes later rings it again.  Always,
	 * also when nothing is there: a ring may come after its record was
	 * taken, and left standing it would wake the pump for ever.
	 */
	(void)eventfd_read(spool->fd, &rings);
	record = atomic_exchange_explicit(
	    &spool->appended, NULL, memory_order_acquire);
	for (; record != NULL; record = next) {
		next = record->next;
		record->next = oldest;
		oldest = record;
	}
	return oldest;
}

static void
count_drained(struct spool *spool, uint64_t bytes, struct instant now)
{
	int64_t since = now.ns - spool->drained_since.ns;

	spool->drained += bytes;
	if (since < NS_PER_S)
		return;
	atomic_store_explicit(&spool->drained_per_s,
	    spool->drained * 1000 / (uint64_t)(since / NS_PER_MS),
	    memory_order_relaxed);
	spool->drained = 0;
	spool->drained_since = now;
}

void
spool_settle(struct spool *spool, struct record *record, struct instant now)
{
	uint64_t bytes = cost(record);

	atomic_fetch_sub_explicit(
	    &record->table->spool_bytes, bytes, memory_order_relaxed);
	record_free(record, now);
	count_drained(spool, bytes, now);
	atomic_fetch_sub_explicit(&spool->bytes, bytes, memory_order_relaxed);
}

int
spool_fd(const struct spool *spool)
{
	return spool->fd;
}

uint64_t
spool_bytes(const struct spool *spool)
{
	return atomic_load_explicit(&spool->bytes, memory_order_relaxed);
}

uint64_t
spool_limit_bytes(const struct spool *spool)
{
	return spool->limit;
}

/*
 * The time in which an eighth of the spool drains: by then a producer has a
 * fair chance, and not all of them come back at once.
 */
uint32_t
spool_retry_after_s(const struct spool *spool)
{
	uint64_t rate =
	    atomic_load_explicit(&spool->drained_per_s, memory_order_relaxed);
	uint64_t wait_s;

	if (rate == 0)
		return RETRY_MOST_S;
	wait_s = spool->limit / 8 / rate + 1;
	return wait_s < RETRY_LEAST_S  ? RETRY_LEAST_S
	       : wait_s > RETRY_MOST_S ? RETRY_MOST_S
				       : (uint32_t)wait_s;
}
