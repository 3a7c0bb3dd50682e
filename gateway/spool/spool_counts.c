#include "gateway/spool/spool_counts.h"

#include <sched.h>
#include <stdatomic.h>

#include "gateway/journal/journal.h"
#include "gateway/spool/spool.h"

#define COUNTS_TRIES 1000

struct spool_waiting
spool_waiting(const struct spool *spool, const struct table *table)
{
	const struct journal *journal = spool_journal(spool);
	const struct table_index *shelf;

	if (journal == NULL)
		return (struct spool_waiting){ .oldest_ms = INT64_MAX };
	shelf = &journal->shelves[table->index];
	return (struct spool_waiting){
		.records = atomic_load(&shelf->records),
		.events = atomic_load(&shelf->events),
		.bytes = atomic_load(&shelf->bytes),
		.oldest_ms = atomic_load(&shelf->oldest_ms),
	};
}

static void
read_counts(const struct table_index *shelf, struct spool_counts *out)
{
	memory_order acquire = memory_order_acquire;

	*out = (struct spool_counts){
		.serial = atomic_load_explicit(&shelf->serial, acquire),
		.recovered = atomic_load_explicit(&shelf->recovered, acquire),
		.accepted = atomic_load_explicit(&shelf->accepted, acquire),
		.settled = atomic_load_explicit(&shelf->settled, acquire),
		.waiting = atomic_load_explicit(&shelf->events, acquire),
		.bytes = atomic_load_explicit(&shelf->bytes, acquire),
		.oldest_ms = atomic_load_explicit(&shelf->oldest_ms, acquire),
	};
}

/* A change takes microseconds, but its thread may have to wait for a core. */
bool
spool_counts(const struct spool *spool, size_t index, struct spool_counts *out)
{
	const struct journal *journal = spool_journal(spool);
	const struct table_index *shelf;
	uint64_t before;

	if (journal == NULL)
		return false;
	shelf = &journal->shelves[index];
	for (int tries = 0; tries < COUNTS_TRIES; tries++) {
		before = atomic_load(&journal->version);
		read_counts(shelf, out);
		if (before % 2 == 0 && atomic_load(&journal->version) == before)
			return atomic_load(&shelf->serial) == out->serial;
		sched_yield();
	}
	return false;
}
