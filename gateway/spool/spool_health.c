#include "gateway/spool/spool_health.h"

#include <stdatomic.h>

#include "gateway/journal/journal.h"
#include "gateway/spool/spool.h"

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
