/*
 * batch - events of one table in one body, and the records they came from.
 *
 * The body is contiguous, because the client sends it without a copy.  The
 * parts lie in it one after the other, in order:
 *
 *	body	|  part 0  |part 1|      part 2      |	bytes
 *		 record A   rec. B  record C, cut
 *
 * A batch is first planned (parts named, nothing copied or changed: its size is
 * known and can be paid for) and then filled.  Batches that are given back keep
 * their memory and are used again, up to a total size.
 *
 * Ownership	a pool owns the spare ones; whoever took one gives it back.
 *		Records are borrowed: they outlive their parts.
 * Errors	no memory: false or NULL.
 */
#ifndef GATEWAY_SCHEDULER_BATCH_H
#define GATEWAY_SCHEDULER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"
#include "gateway/base/list.h"
#include "gateway/model/record.h"

struct batch_part {
	struct record *record;
	uint32_t offset; /* in the record's lines */
	uint32_t first;  /* number of its first event in the record */
	uint32_t bytes;
	uint32_t events;
};

/* Why an event that was sent alone was refused; see bisect.h. */
#define REFUSAL_TEXT_MAX 500
struct refusal {
	const char *word; /* constant */
	unsigned status;
	struct instant at;
	bool confirm_if_last; /* confirmed when nothing else can be a control */
	bool confirmed;       /* a control event was delivered */
	size_t len;
	char text[REFUSAL_TEXT_MAX]; /* the beginning of the response's body */
};

struct batch {
	struct list_node node; /* in a list of its lane's, or in the pool */
	struct lane *lane;
	struct batch_part *parts;
	uint32_t part_count, part_room;
	uint32_t events;
	size_t bytes, room;
	char *body;
	struct instant due;  /* not before, while it waits to be sent again */
	uint64_t call;       /* number of the call it was last sent with */
	uint32_t attempts;   /* that failed */
	int64_t earliest_ms; /* no event is earlier; 0: see its records */
	bool piece;          /* of a batch that was refused: see bisect.h */
	struct refusal *refusal; /* owned; NULL: none */
	struct instant sent;
	enum upstream_stats_again again; /* why it is to be sent again */
	size_t slot;                     /* its index among those in flight */
};

struct batch_pool {
	struct list spare;
	size_t bytes; /* room of the spare ones */
};

/* NULL stays NULL: the list is empty, or that was its last. */
static inline struct batch *
batch_of(struct list_node *node)
{
	return node != NULL ? LIST_OWNER(node, struct batch, node) : NULL;
}

static inline struct batch *
batch_next(const struct batch *batch)
{
	return batch_of(batch->node.next);
}

void batch_pool_fini(struct batch_pool *pool);

/* Empty, and in no list. */
struct batch *batch_take(struct batch_pool *pool);
void batch_give(struct batch_pool *pool, struct batch *batch);

/* Drops the parts; keeps the memory.  The batch is in no list. */
void batch_reset(struct batch *batch);

/* Names one more part; its bytes follow with batch_fill. */
bool batch_plan(struct batch *batch, struct batch_part part);
bool batch_fill(struct batch *batch);

/*
 * Moves the first `events`, fewer than all, to `front`, which is empty.  False:
 * no memory, and nothing was moved.
 */
bool batch_split(struct batch *batch, uint32_t events, struct batch *front);

/* Drops the parts whose record was set to NULL, closing the gaps. */
void batch_compact(struct batch *batch);

#endif
