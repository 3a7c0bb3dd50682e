/*
 * journal_counts - what happened to the log that a person should know.
 *
 * Ownership	the journal's.
 * Threads	the committer's writes, any reads: each number by itself.
 */
#ifndef GATEWAY_JOURNAL_JOURNAL_COUNTS_H
#define GATEWAY_JOURNAL_JOURNAL_COUNTS_H

#include <stdatomic.h>

#include "gateway/base/histogram.h"

struct journal_counts {
	atomic_uint_fast64_t recovered_records, recovered_events;
	atomic_uint_fast64_t damaged_records; /* not to be had any more */
	atomic_uint_fast64_t damaged_segments;
	atomic_uint_fast64_t failures; /* commits that failed */
	atomic_uint_fast64_t copied_records;
	atomic_uint_fast64_t commits;
	atomic_uint_fast64_t segments;
	atomic_uint_fast64_t unverified; /* segments found at the start */
	struct histogram commit_times;   /* write and sync */
	atomic_bool failing;             /* the last commit failed */
	atomic_bool recovering;
};

#endif
