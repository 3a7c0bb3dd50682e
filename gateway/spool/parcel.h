/*
 * parcel - events of dead letters on their way back into the spool.
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
#ifndef GATEWAY_SPOOL_PARCEL_H
#define GATEWAY_SPOOL_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/spool/letterpatch.h"
#include "gateway/spool/record.h"
#include "gateway/spool/ticket.h"
#include "parsers/text.h"

#define PARCEL_LETTERS 1024      /* of a chunk, at most */
#define PARCEL_BYTES   (1 << 20) /* of their events */

struct parcel {
	struct record *record; /* until the spool has it */
	struct ticket ticket;
	bool kept; /* the spool has it, and that lasts */
};

struct parcel_letter {
	uint64_t file;
	struct letterpatch_place place;
	size_t parcel;
};

struct parcel_chunk {
	struct parcel parcels[PARCEL_LETTERS];
	size_t count;
	struct parcel_letter letters[PARCEL_LETTERS];
	size_t letter_count;
	uint64_t bytes;
};

/* An event that was found good, and the letter that it is from. */
struct parcel_event {
	struct table *table; /* a reference, taken when it was added */
	struct span producer, line;
	int64_t time_ms;
	uint64_t file;
	struct letterpatch_place place;
};

/* Is there room for an event of so many bytes?  In an empty one there is. */
bool parcel_fits(const struct parcel_chunk *chunk, size_t len);

/* `most`: what a record may hold. */
bool parcel_add(struct parcel_chunk *chunk, const struct parcel_event *event,
    uint64_t most);

/* Frees what was not taken out. */
void parcel_reset(struct parcel_chunk *chunk, struct instant now);

#endif
