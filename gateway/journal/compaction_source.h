/*
 * compaction_source - the segment whose living records are copied forward.
 *
 * Apart from compaction.h, which does the copying: whoever makes room, reads
 * back or applies acks must know which segment it is and what of it is in
 * memory, and compaction itself stands above all of these.
 */
#ifndef GATEWAY_JOURNAL_COMPACTION_SOURCE_H
#define GATEWAY_JOURNAL_COMPACTION_SOURCE_H

#include "gateway/journal/journal_state.h"

struct compaction {
	struct segment *source;
	uint32_t next;            /* ordinal not yet read */
	struct record_ref **refs; /* by ordinal, of records in memory */
	struct io_job *ready;     /* records read; of its items, */
	uint32_t staged;          /* these are in the batch, */
	uint32_t committed;       /* and these are done */
	bool reading;
};

/* Free segments are short: compaction of the oldest comes first. */
bool compaction_source_is_short(const struct journal *journal);

/* The segment that is worth copying now; NULL: none. */
struct segment *compaction_source_candidate(const struct journal *journal);

/* Would waiting for compaction bring room? */
bool compaction_source_can_help(const struct journal *journal);

/* Is the list of this one's records needed? */
bool compaction_source_is(
    const struct journal *journal, const struct segment *segment);

/* What is still to be copied of the oldest segment, at most. */
uint64_t compaction_source_bytes_left(const struct journal *journal);

/* Ends copying of this segment, if it is the source and nothing is read. */
void compaction_source_drop(
    struct journal *journal, const struct segment *segment);

/* A record of the source came to memory, or is in it no more. */
void compaction_source_note(struct journal *journal, struct record_ref *ref);
void compaction_source_forget(struct journal *journal, struct record_ref *ref);

#endif
