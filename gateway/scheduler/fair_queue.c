#include "gateway/scheduler/fair_queue.h"

#include <stdlib.h>

#include "gateway/metrics/label_table.h"

#define RECORD_COST 256 /* besides its bytes: many small ones are work too */

struct row {
	uint64_t clock;
	struct {
		struct record *last;
		uint64_t turn; /* of the last, though it may be gone */
	} of[LABEL_TABLE_MOST];
};

struct fair_queue {
	struct row rows[2]; /* backlog, live */
};

struct fair_queue *
fair_queue_make(void)
{
	return calloc(1, sizeof(struct fair_queue));
}

void
fair_queue_free(struct fair_queue *turns)
{
	free(turns);
}

struct record *
fair_queue_join(struct fair_queue *turns, struct record *record, bool *soon_out)
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
fair_queue_sent(struct fair_queue *turns, const struct record *record)
{
	struct row *row = &turns->rows[record->live];

	if (record->turn > row->clock)
		row->clock = record->turn;
}

void
fair_queue_leave(struct fair_queue *turns, const struct record *record)
{
	struct row *row = &turns->rows[record->live];

	if (row->of[record->producer_label].last == record)
		row->of[record->producer_label].last = NULL;
}

void
fair_queue_move(struct fair_queue *turns, struct record *record)
{
	fair_queue_leave(turns, record);
	record->live = false;
	turns->rows[0].of[record->producer_label].last = record;
}
