/*
 * place - where a record that is in memory stands on disk, now.
 *
 * The pump holds records; the log moves them when it copies forward what
 * lives.  Both meet here: a record points to its place, and the place is
 * changed when the copy is durable.  A record of which parts are settled comes
 * to the pump as several slices that share one place.
 *
 * Units	bytes, events.
 * Ownership	place_new gives; place_free takes.
 * Threads	the committer's alone; a record's pointer to it is opaque to
 *		all others.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_SPOOL_PLACE_H
#define GATEWAY_SPOOL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct segment;
struct holding;
struct shelf;

struct place {
	struct place *prev, *next; /* of the same segment */
	struct segment *segment;
	struct holding *holding; /* NULL: dead */
	struct shelf *shelf;
	uint32_t ordinal;
	uint32_t events;
	uint32_t bytes;  /* of its lines */
	uint32_t cost;   /* of its disk: cost.h */
	uint16_t flags;  /* of its entry */
	uint32_t slices; /* records that point here */
	bool dead;       /* settled; waits for its slices to go */
	uint64_t batch;  /* the last commit that settles some of it */
};

struct place *place_new(void);
void place_link(struct place *place, struct segment *segment);
void place_unlink(struct place *place);
void place_free(struct place *place); /* unlinks it where it is linked */

#endif
