/*
 * chain - segments in the order in which they follow one another.
 *
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_SPOOL_CHAIN_H
#define GATEWAY_SPOOL_CHAIN_H

#include <stdint.h>

struct segment;

struct chain {
	struct segment *first, *last;
	uint32_t count;
};

void chain_push(struct chain *chain, struct segment *segment);
void chain_push_front(struct chain *chain, struct segment *segment);
struct segment *chain_pop(struct chain *chain);
void chain_remove(struct chain *chain, struct segment *segment);

#endif
