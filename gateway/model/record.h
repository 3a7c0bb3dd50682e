/*
 * record - the events of one request for one table, as they will be sent.
 *
 * It is the buffer that the body was received into: validated in place,
 * appended to the spool and read by the pump without a copy in between.
 * `lines` holds `events` lines, each ending in '\n', nothing else.
 *
 *	lines            + bytes                + room
 *	|--- events -----|------- unused -------|
 *
 * One that was read back from disk may be a slice: a run of the record's events,
 * because those around it are acked.
 *
 * Units	bytes, events; the time in milliseconds since 1970.
 * Ownership	record_new gives; record_free, or a spool_put that
 *		succeeded, takes.  It owns a reference of its table, and the
 *		producer's name.
 * Threads	one owner at a time.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_MODEL_RECORD_H
#define GATEWAY_MODEL_RECORD_H

#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/mpsc.h"
#include "gateway/model/table.h"

struct completion;
struct record_ref;

struct record {
	struct record *next;
	struct table *table;           /* a reference; NULL until known */
	struct completion *completion; /* borrowed; NULL when nobody waits */
	struct instant accepted;       /* when the spool took it */
	int64_t accepted_ms;           /* the same in wall time */
	int64_t earliest_ms;           /* the smallest __time of its events */
	char *producer;                /* NULL: not named; at most 255 bytes */
	uint32_t events;
	uint32_t bytes;
	uint32_t room;
	uint16_t
	    producer_label; /* label_table.h: who sent it; 0 if read back */
	/* The pump's from spool_take on; zero before. */
	struct record *prev;
	struct record *watch_next,
	    *watch_prev;     /* by the completion's deadline */
	uint32_t cut_events; /* already cut into batches */
	uint32_t cut_bytes;
	uint32_t acked_events; /* delivered, or withdrawn and out of reach */
	uint32_t in_flight_events; /* in batches that are in flight */
	bool withdrawn;            /* send nothing more of it */
	bool live;                 /* came a moment ago: queue.h */
	uint64_t finish_tag;       /* 0: as it came */
	/* The spool's. */
	struct record_ref *ref;       /* NULL: not on disk */
	uint32_t ack_reported_events; /* of them the spool was told */
	bool abandoned;               /* spool_abandon, not spool_ack */
	bool pinned; /* its producer waits for delivery: it stays in memory */
	bool ahead;  /* in memory before older ones of its table */
	uint32_t first_event; /* of a slice: its first event's number */
	uint64_t sequence;    /* order of acceptance; 0: not on disk */
	char lines[];
};

/* Records on their way from the workers to the spool, and on to the pump. */
MPSC_FUNCTIONS(record_queue, struct record)

struct record *record_new(uint32_t room);

/* Moves it to a larger place; the old pointer is freed only on success. */
struct record *record_grow(struct record *record, uint32_t room);
void record_free(struct record *record, struct instant now);

/* What it takes of memory. */
uint64_t record_cost(const struct record *record);

#endif
