/*
 * inbox - what workers and the pump say to the committer.
 *
 * Workers push records onto a list without a lock.  The pump's word about
 * records comes in order, in an array that is swapped out whole; a record that
 * it gives back is never lost for want of memory: then it hangs on a list.
 *
 * Units	events.
 * Ownership	as committer.h says.
 * Threads	push from any; the pump's calls from the pump's; take from the
 *		committer's.
 * Errors	none.
 */
#ifndef GATEWAY_SPOOL_INBOX_H
#define GATEWAY_SPOOL_INBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/spool/record.h"
#include "parsers/frame.h"

/* What the pump says of a record; `end`: it has given the record back. */
struct inbox_op {
	struct record *record;
	struct frame_range range; /* settled; empty: nothing */
	bool end;
};

struct inbox_ops {
	struct inbox_op *at;
	size_t count, room;
};

struct inbox_want {
	struct table *table; /* a reference */
	uint64_t bytes;
};

struct inbox {
	int bell; /* rung when something was said to an empty inbox */
	_Atomic(struct record *) appended; /* newest first */
	pthread_mutex_t lock;
	struct inbox_ops said;
	struct record *ended, **ended_link;
	struct inbox_want *wants;
	size_t want_count, want_room;
	bool riding; /* settlements ring no bell */
};

void inbox_init(struct inbox *inbox, int bell);
void inbox_fini(struct inbox *inbox, struct instant now);

/* A list of records, newest first; true: it was empty. */
bool inbox_push(_Atomic(struct record *) *list, struct record *record);

/* All of it, oldest first. */
struct record *inbox_take(_Atomic(struct record *) *list);

/* True: inbox_ring must follow. */
bool inbox_append(struct inbox *inbox, struct record *record);
void inbox_ring(struct inbox *inbox);
void inbox_part(
    struct inbox *inbox, struct record *record, struct frame_range range);
void inbox_end(struct inbox *inbox, struct record *record);
void inbox_want(struct inbox *inbox, struct table *table, uint64_t bytes);

/* Moves what was said behind `ops`, as far as there is memory. */
void inbox_take_ops(struct inbox *inbox, struct inbox_ops *ops);

/* The next want, with its reference; false: none. */
bool inbox_take_want(struct inbox *inbox, struct inbox_want *want);

/*
 * If there are settlements, and nothing else, they and those to come wait
 * without ringing, until inbox_ride_ends.  False: there is more to do.
 */
bool inbox_ride(struct inbox *inbox);
void inbox_ride_ends(struct inbox *inbox);

#endif
