#include "gateway/transmit/turns.h"

#include <stdlib.h>

#include "gateway/labels.h"

#define RECORD_COST 256 /* besides its bytes: many small ones are work too */

struct row {
	uint64_t clock;
	struct {
		struct record *last;
		uint64_t turn; /* of the last, though it may be gone */
	} of[LABELS_MOST];
};

struct turns {
	struct row rows[2]; /* backlog, live */
};

struct turns *
turns_make(void)
{
	return calloc(1, sizeof(struct turns));
}

void
turns_free(struct turns *turns)
{
	free(turns);
}

struct record *
turns_join(struct turns *turns, struct record *record, bool *soon_out)
{
	struct row *row = &turns->rows[record->live];
	struct record *last = row->of[record->producer_label].last;
	uint64_t turn = row->of[record->producer_label].turn;

	*soon_out = turn <= row->clock;
	if (*soon_out)
		turn = row->clock;
	record->turn = turn + RECORD_COST + record->bytes;
	row->of[record->producer_label].turn = record->turn;
	row->of[record->producer_label].last = record;
	return last;
}

void
turns_sent(struct turns *turns, const struct record *record)
{
	struct row *row = &turns->rows[record->live];

	if (record->turn > row->clock)
		row->clock = record->turn;
}

void
turns_leave(struct turns *turns, const struct record *record)
{
	struct row *row = &turns->rows[record->live];

	if (row->of[record->producer_label].last == record)
		row->of[record->producer_label].last = NULL;
}

void
turns_move(struct turns *turns, struct record *record)
{
	turns_leave(turns, record);
	record->live = false;
	turns->rows[0].of[record->producer_label].last = record;
}
