#include "gateway/scheduler/accounting.h"

#include <assert.h>

static void
watch(struct accounting *ledger, struct record *record)
{
	struct record *before = ledger->watched_tail, *after;
	int64_t deadline_ns = record->completion->deadline.ns;

	while (before != NULL && before->completion->deadline.ns > deadline_ns)
		before = before->watch_prev;
	after = before != NULL ? before->watch_next : ledger->watched;
	record->watch_prev = before;
	record->watch_next = after;
	*(before != NULL ? &before->watch_next : &ledger->watched) = record;
	*(after != NULL ? &after->watch_prev : &ledger->watched_tail) = record;
}

static void
unwatch(struct accounting *ledger, struct record *record)
{
	struct record *before = record->watch_prev, *after = record->watch_next;

	*(before != NULL ? &before->watch_next : &ledger->watched) = after;
	*(after != NULL ? &after->watch_prev : &ledger->watched_tail) = before;
}

static void
complete(struct accounting *ledger, struct record *record,
    enum completion_result result)
{
	unwatch(ledger, record);
	completion_complete(record->completion, result);
	record->completion = NULL;
}

/* `events` of the record, from number `first` on, have left for good. */
static void
leave(struct accounting *ledger, struct record *record, uint32_t first,
    uint32_t events, struct instant now)
{
	record->acked_events += events;
	if (record->acked_events < record->events) {
		spool_settle_part(ledger->spool, record, first, events);
		return;
	}
	if (record->completion != NULL)
		complete(ledger, record,
		    record->completion->refused > 0 ? COMPLETION_PARTLY_REFUSED
						    : COMPLETION_DELIVERED);
	spool_settle(ledger->spool, record, now);
}

static void
count_withdrawn(
    struct accounting *ledger, const struct record *record, uint32_t events)
{
	ledger->counts.withdrawn += events;
	upstream_stats_of(ledger->stats, record->table)->withdrawn += events;
}

void
accounting_take(struct accounting *ledger, struct record *record)
{
	struct upstream_stats_table *table =
	    upstream_stats_of(ledger->stats, record->table);

	ledger->counts.taken += record->events;
	ledger->counts.waiting += record->events;
	if (!ledger->spool_counts)
		table->accepted += record->events;
	if (record->completion != NULL)
		watch(ledger, record);
}

void
accounting_sent(struct accounting *ledger, struct batch *batch)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		part->record->in_flight_events += part->events;
	ledger->counts.waiting -= batch->events;
	ledger->counts.in_flight += batch->events;
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
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++) {
		part->record->in_flight_events -= part->events;
		count_delivered(ledger->stats, part, now);
		leave(ledger, part->record, part->first, part->events, now);
	}
	ledger->counts.in_flight -= batch->events;
	ledger->counts.delivered += batch->events;
}

static void
tell_refused(struct completion *completion, const struct batch_part *part)
{
	for (uint32_t i = 0; i < part->events; i++, completion->refused++)
		if (completion->refused < COMPLETION_REFUSED_MAX)
			completion->refused_events[completion->refused] =
			    part->first + i;
}

static void
leave_refused(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	ledger->counts.waiting -= batch->events;
	for (; part < end; part++) {
		if (part->record->completion != NULL)
			tell_refused(part->record->completion, part);
		leave(ledger, part->record, part->first, part->events, now);
	}
}

void
accounting_buried(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	enum upstream_stats_dead why =
	    upstream_stats_dead_by(batch->refusal->word);
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		upstream_stats_of(ledger->stats, part->record->table)
		    ->dead_lettered[why] += part->events;
	ledger->counts.buried += batch->events;
	leave_refused(ledger, batch, now);
}

void
accounting_returned(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	for (; part < end; part++)
		count_withdrawn(ledger, part->record, part->events);
	leave_refused(ledger, batch, now);
}

void
accounting_purge(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	bool any = false;
	struct batch_part *part;

	for (uint32_t i = 0; i < batch->part_count; i++) {
		part = &batch->parts[i];
		if (!part->record->withdrawn)
			continue;
		leave(ledger, part->record, part->first, part->events, now);
		part->record = NULL;
		any = true;
	}
	if (any)
		batch_compact(batch);
}

void
accounting_failed(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;

	ledger->counts.in_flight -= batch->events;
	for (; part < end; part++) {
		part->record->in_flight_events -= part->events;
		if (part->record->withdrawn)
			count_withdrawn(ledger, part->record, part->events);
		else
			ledger->counts.waiting += part->events;
	}
	accounting_purge(ledger, batch, now);
}

struct record *
accounting_first(const struct accounting *ledger)
{
	return ledger->watched;
}

struct instant
accounting_deadline(const struct accounting *ledger)
{
	return ledger->watched != NULL ? ledger->watched->completion->deadline
				       : INSTANT_NEVER;
}

void
accounting_withdraw(
    struct accounting *ledger, struct record *record, struct instant now)
{
	uint32_t uncut = record->events - record->cut_events;
	uint32_t waiting =
	    record->events - record->acked_events - record->in_flight_events;

	assert(!record->withdrawn && record->completion != NULL);
	ledger->counts.waiting -= waiting;
	count_withdrawn(ledger, record, waiting);
	record->withdrawn = true;
	complete(ledger, record, COMPLETION_WITHDRAWN);
	if (uncut > 0)
		leave(ledger, record, record->cut_events, uncut, now);
}

static void
let_go(struct accounting *ledger, struct record *record, uint32_t events,
    struct instant now)
{
	record->acked_events += events;
	if (record->acked_events == record->events)
		spool_leave(ledger->spool, record, now);
}

void
accounting_leave(
    struct accounting *ledger, struct batch *batch, struct instant now)
{
	for (uint32_t i = 0; i < batch->part_count; i++)
		let_go(ledger, batch->parts[i].record, batch->parts[i].events,
		    now);
}

void
accounting_leave_uncut(
    struct accounting *ledger, struct record *record, struct instant now)
{
	let_go(ledger, record, record->events - record->cut_events, now);
}
