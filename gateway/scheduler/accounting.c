#include "gateway/scheduler/accounting.h"

#include <assert.h>

static void
add_awaited(struct accounting *accounting, struct record *record)
{
	struct record *before = accounting->awaited_tail, *after;
	int64_t deadline_ns = record->completion->deadline.ns;

	while (before != NULL && before->completion->deadline.ns > deadline_ns)
		before = before->watch_prev;
	after = before != NULL ? before->watch_next : accounting->awaited;
	record->watch_prev = before;
	record->watch_next = after;
	*(before != NULL ? &before->watch_next : &accounting->awaited) = record;
	*(after != NULL ? &after->watch_prev : &accounting->awaited_tail) =
	    record;
}

static void
remove_awaited(struct accounting *accounting, struct record *record)
{
	struct record *before = record->watch_prev, *after = record->watch_next;

	*(before != NULL ? &before->watch_next : &accounting->awaited) = after;
	*(after != NULL ? &after->watch_prev : &accounting->awaited_tail) =
	    before;
}

static void
complete(struct accounting *accounting, struct record *record,
    enum completion_result result)
{
	remove_awaited(accounting, record);
	completion_complete(record->completion, result);
	record->completion = NULL;
}

/* `events` of the record, from number `first` on, are done with: acked. */
static void
ack(struct accounting *accounting, struct record *record, uint32_t first,
    uint32_t events, struct instant now)
{
	record->acked_events += events;
	if (record->acked_events < record->events) {
		spool_ack_part(accounting->spool, record, first, events);
		return;
	}
	if (record->completion != NULL)
		complete(accounting, record,
		    record->completion->refused > 0 ? COMPLETION_PARTLY_REFUSED
						    : COMPLETION_DELIVERED);
	spool_ack(accounting->spool, record, now);
}

static void
count_withdrawn(
    struct accounting *accounting, const struct record *record, uint32_t events)
{
	accounting->counts.withdrawn += events;
	upstream_stats_of(accounting->stats, record->table)->withdrawn +=
	    events;
}

void
accounting_take(struct accounting *accounting, struct record *record)
{
	struct upstream_stats_table *table =
	    upstream_stats_of(accounting->stats, record->table);

	accounting->counts.taken += record->events;
	accounting->counts.waiting += record->events;
	if (!accounting->spool_counts)
		table->accepted += record->events;
	if (record->completion != NULL)
		add_awaited(accounting, record);
}

void
accounting_sent(struct accounting *accounting, struct batch *batch)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		part->record->in_flight_events += part->events;
	accounting->counts.waiting -= batch->events;
	accounting->counts.in_flight += batch->events;
}

static void
count_delivered(struct upstream_stats *stats, const struct batch_part *part,
    struct instant now)
{
	const struct record *record = part->record;

	upstream_stats_of(stats, record->table)->delivered += part->events;
	histogram_add(&stats->delivery, &histogram_time,
	    now.ns - record->accepted.ns, part->events);
}

void
accounting_delivered(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++) {
		part->record->in_flight_events -= part->events;
		count_delivered(accounting->stats, part, now);
		ack(accounting, part->record, part->first, part->events, now);
	}
	accounting->counts.in_flight -= batch->events;
	accounting->counts.delivered += batch->events;
}

static void
report_refused(struct completion *completion, const struct batch_part *part)
{
	for (uint32_t i = 0; i < part->events; i++, completion->refused++)
		if (completion->refused < COMPLETION_REFUSED_MAX)
			completion->refused_events[completion->refused] =
			    part->first + i;
}

static void
ack_refused(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	accounting->counts.waiting -= batch->events;
	for (; part < end; part++) {
		if (part->record->completion != NULL)
			report_refused(part->record->completion, part);
		ack(accounting, part->record, part->first, part->events, now);
	}
}

void
accounting_dead_lettered(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	enum upstream_stats_dead why =
	    upstream_stats_dead_by(batch->refusal->word);
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		upstream_stats_of(accounting->stats, part->record->table)
		    ->dead_lettered[why] += part->events;
	accounting->counts.dead_lettered += batch->events;
	ack_refused(accounting, batch, now);
}

void
accounting_returned(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		count_withdrawn(accounting, part->record, part->events);
	ack_refused(accounting, batch, now);
}

void
accounting_purge(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	bool any = false;
	struct batch_part *part;

	for (uint32_t i = 0; i < batch->part_count; i++) {
		part = &batch->parts[i];
		if (!part->record->withdrawn)
			continue;
		ack(accounting, part->record, part->first, part->events, now);
		part->record = NULL;
		any = true;
	}
	if (any)
		batch_compact(batch);
}

void
accounting_failed(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	accounting->counts.in_flight -= batch->events;
	for (; part < end; part++) {
		part->record->in_flight_events -= part->events;
		if (part->record->withdrawn)
			count_withdrawn(accounting, part->record, part->events);
		else
			accounting->counts.waiting += part->events;
	}
	accounting_purge(accounting, batch, now);
}

struct record *
accounting_first(const struct accounting *accounting)
{
	return accounting->awaited;
}

struct instant
accounting_deadline(const struct accounting *accounting)
{
	return accounting->awaited != NULL
		   ? accounting->awaited->completion->deadline
		   : INSTANT_NEVER;
}

void
accounting_withdraw(
    struct accounting *accounting, struct record *record, struct instant now)
{
	uint32_t uncut = record->events - record->cut_events;
	uint32_t waiting =
	    record->events - record->acked_events - record->in_flight_events;

	assert(!record->withdrawn && record->completion != NULL);
	accounting->counts.waiting -= waiting;
	count_withdrawn(accounting, record, waiting);
	record->withdrawn = true;
	complete(accounting, record, COMPLETION_WITHDRAWN);
	if (uncut > 0)
		ack(accounting, record, record->cut_events, uncut, now);
}

static void
release(struct accounting *accounting, struct record *record, uint32_t events,
    struct instant now)
{
	record->acked_events += events;
	if (record->acked_events == record->events)
		spool_abandon(accounting->spool, record, now);
}

void
accounting_release(
    struct accounting *accounting, struct batch *batch, struct instant now)
{
	for (uint32_t i = 0; i < batch->part_count; i++)
		release(accounting, batch->parts[i].record,
		    batch->parts[i].events, now);
}

void
accounting_release_uncut(
    struct accounting *accounting, struct record *record, struct instant now)
{
	release(accounting, record, record->events - record->cut_events, now);
}
