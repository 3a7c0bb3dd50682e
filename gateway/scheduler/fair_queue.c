#include "gateway/scheduler/fair_queue.h"

#include <stdlib.h>

#include "gateway/metrics/label_table.h"

#define RECORD_COST 256 /* added to its bytes: a small record is work too */

struct section {
	uint64_t clock;
	struct {
		struct record *last;
		uint64_t finish_tag; /* of the last, which may have left */
	} of[LABEL_TABLE_MOST];
};

struct fair_queue {
	struct section sections[2]; /* backlog, live */
};

struct fair_queue *
fair_queue_open(void)
{
	return calloc(1, sizeof(struct fair_queue));
}

void
fair_queue_close(struct fair_queue *fair)
{
	free(fair);
}

struct record *
fair_queue_add(struct fair_queue *fair, struct record *record, bool *early_out)
{
	struct section *section = &fair->sections[record->live];
	struct record *last = section->of[record->producer_label].last;
	uint64_t finish_tag = section->of[record->producer_label].finish_tag;

	*early_out = finish_tag <= section->clock;
	if (*early_out)
		finish_tag = section->clock;
	record->finish_tag = finish_tag + RECORD_COST + record->bytes;
	section->of[record->producer_label].finish_tag = record->finish_tag;
	section->of[record->producer_label].last = record;
	return last;
}

void
fair_queue_sent(struct fair_queue *fair, const struct record *record)
{
	struct section *section = &fair->sections[record->live];

	if (record->finish_tag > section->clock)
		section->clock = record->finish_tag;
}

void
fair_queue_remove(struct fair_queue *fair, const struct record *record)
{
	struct section *section = &fair->sections[record->live];

	if (section->of[record->producer_label].last == record)
		section->of[record->producer_label].last = NULL;
}

void
fair_queue_to_backlog(struct fair_queue *fair, struct record *record)
{
	fair_queue_remove(fair, record);
	record->live = false;
	fair->sections[0].of[record->producer_label].last = record;
}
