/*
 * replay_batch - events of dead letters on their way back into the spool.
 *
 * A chunk of letters becomes records, one for each table and producer, as if
 * each producer had sent its events once more.  For each letter the chunk
 * knows which record has its event, so that it can be removed when that record
 * is known to be kept, and only then.
 *
 * Units	bytes.
 * Ownership	a chunk owns its records until they are taken out of it;
 *		records own a reference of their table.
 * Threads	none inside.
 * Errors	no memory: false, nothing was added.
 */
#ifndef GATEWAY_DEADLETTER_REPLAY_BATCH_H
#define GATEWAY_DEADLETTER_REPLAY_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/deadletter/tombstone.h"
#include "gateway/model/record.h"
#include "gateway/model/completion.h"
#include "parsers/span.h"

#define REPLAY_BATCH_LETTERS 1024      /* of a chunk, at most */
#define REPLAY_BATCH_BYTES   (1 << 20) /* of their events */

struct replay_batch {
	struct record *record; /* until the spool has it */
	struct completion completion;
	bool kept; /* the spool has it, and that lasts */
};

struct replay_batch_letter {
	uint64_t file;
	struct deadletter_tombstone_place place;
	size_t parcel;
};

struct replay_batch_chunk {
	struct replay_batch parcels[REPLAY_BATCH_LETTERS];
	size_t count;
	struct replay_batch_letter letters[REPLAY_BATCH_LETTERS];
	size_t letter_count;
	uint64_t bytes;
};

/* An event that was found good, and the letter that it is from. */
struct replay_batch_event {
	struct table *table; /* a reference, taken when it was added */
	struct span producer, line;
	int64_t time_ms;
	uint64_t file;
	struct deadletter_tombstone_place place;
};

/* Is there room for an event of so many bytes?  In an empty one there is. */
bool replay_batch_fits(const struct replay_batch_chunk *chunk, size_t len);

/* `most`: what a record may hold. */
bool replay_batch_add(struct replay_batch_chunk *chunk,
    const struct replay_batch_event *event, uint64_t most);

/* Frees what was not taken out. */
void replay_batch_reset(struct replay_batch_chunk *chunk, struct instant now);

#endif
