#include "gateway/spool/spool_stats.h"

#include <sched.h>
#include <stdatomic.h>

#include "gateway/journal/journal.h"
#include "gateway/spool/spool.h"

#define COUNTS_TRIES 1000

struct spool_waiting
spool_waiting(const struct spool *spool, const struct table *table)
{
	const struct journal *journal = spool_journal(spool);
	const struct table_index *index;

	if (journal == NULL)
		return (struct spool_waiting){ .oldest_ms = INT64_MAX };
	index = &journal->indexes[table->index];
	return (struct spool_waiting){
		.records = atomic_load(&index->records),
		.events = atomic_load(&index->events),
		.bytes = atomic_load(&index->bytes),
		.oldest_ms = atomic_load(&index->oldest_ms),
	};
}

static void
read_counts(const struct table_index *index, struct spool_counts *out)
{
	memory_order acquire = memory_order_acquire;

	*out = (struct spool_counts){
		.serial = atomic_load_explicit(&index->serial, acquire),
		.recovered = atomic_load_explicit(&index->recovered, acquire),
		.accepted = atomic_load_explicit(&index->accepted, acquire),
		.acked = atomic_load_explicit(&index->acked, acquire),
		.waiting = atomic_load_explicit(&index->events, acquire),
		.bytes = atomic_load_explicit(&index->bytes, acquire),
		.oldest_ms = atomic_load_explicit(&index->oldest_ms, acquire),
	};
}

/* A change takes microseconds, but its thread may have to wait for a core. */
bool
spool_counts(const struct spool *spool, size_t slot, struct spool_counts *out)
{
	const struct journal *journal = spool_journal(spool);
	const struct table_index *index;
	uint64_t before;

	if (journal == NULL)
		return false;
	index = &journal->indexes[slot];
	for (int tries = 0; tries < COUNTS_TRIES; tries++) {
		before = atomic_load(&journal->version);
		read_counts(index, out);
		if (before % 2 == 0 && atomic_load(&journal->version) == before)
			return atomic_load(&index->serial) == out->serial;
		sched_yield();
	}
	return false;
}

struct spool_health
spool_health(const struct spool *spool)
{
	const struct journal *journal = spool_journal(spool);
	const struct journal_counts *counts;

	if (journal == NULL)
		return (struct spool_health){ 0 };
	counts = &journal->counts;
	return (struct spool_health){
		.failing = atomic_load(&counts->failing),
		.recovering = atomic_load(&counts->recovering),
		.unverified = atomic_load(&counts->unverified),
		.recovered_records = atomic_load(&counts->recovered_records),
		.recovered_events = atomic_load(&counts->recovered_events),
		.damaged_records = atomic_load(&counts->damaged_records),
		.damaged_segments = atomic_load(&counts->damaged_segments),
		.commits = atomic_load(&counts->commits),
		.failures = atomic_load(&counts->failures),
		.copied_records = atomic_load(&counts->copied_records),
		.segments = atomic_load(&counts->segments),
	};
}

void
spool_commit_times(const struct spool *spool, struct histogram_view *view)
{
	const struct journal *journal = spool_journal(spool);

	if (journal != NULL)
		histogram_gather(&journal->counts.commit_times, view);
}
