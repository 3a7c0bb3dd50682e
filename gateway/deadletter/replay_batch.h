/*
 * replay_batch - dead letters that go back into the spool together.
 *
 * The events of up to REPLAY_BATCH_LETTERS letters become records, one for each
 * table and producer, as if each producer had sent its events once more.  For
 * each letter the batch knows which record has its event: the letter is removed
 * when that record is known to be kept, and only then.
 *
 * Ownership	a batch owns its records until they are taken out of it; a
 *		record owns a reference to its table.
 * Errors	no memory: false, and nothing was added.
 */
#ifndef GATEWAY_DEADLETTER_REPLAY_BATCH_H
#define GATEWAY_DEADLETTER_REPLAY_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/deadletter/file.h"
#include "gateway/model/record.h"
#include "gateway/model/completion.h"
#include "parsers/span.h"

#define REPLAY_BATCH_LETTERS 1024      /* at most */
#define REPLAY_BATCH_BYTES   (1 << 20) /* of their events */

struct replay_batch_record {
	struct record *record; /* until the spool has it */
	struct completion completion;
	bool kept; /* the spool has it, and that lasts */
};

struct replay_batch_letter {
	uint64_t file;
	struct deadletter_file_range range;
	size_t record; /* its index */
};

struct replay_batch {
	struct replay_batch_record records[REPLAY_BATCH_LETTERS];
	size_t record_count;
	struct replay_batch_letter letters[REPLAY_BATCH_LETTERS];
	size_t letter_count;
	uint64_t bytes;
};

/* A valid event, and the letter that it is from. */
struct replay_batch_event {
	struct table *table; /* a reference; replay_batch_add takes it */
	struct span producer, line;
	int64_t time_ms;
	uint64_t file;
	struct deadletter_file_range range;
};

/* Is there room for an event of so many bytes?  An empty batch has always. */
bool replay_batch_fits(const struct replay_batch *batch, size_t len);

/* `most`: bytes that a record may hold. */
bool replay_batch_add(struct replay_batch *batch,
    const struct replay_batch_event *event, uint64_t most);

/* Frees the records that were not taken out. */
void replay_batch_reset(struct replay_batch *batch, struct instant now);

#endif
