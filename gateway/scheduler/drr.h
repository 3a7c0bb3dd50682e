/*
 * drr - which lane sends when there is not enough for all: deficit round robin
 * (Shreedhar and Varghese, 1995).
 *
 * The ready lanes are visited in rounds.  Each visit adds a quantum, by the
 * lane's weight, to its deficit counter; its batches go while the counter
 * covers what they cost; a lane that has nothing to send loses what it had.  So
 * in the long run lanes share by weight what is scarce, however large their
 * batches are, and one that seldom sends is served within one round.
 *
 * Calls and bytes are one currency: a call is worth as many bytes as the budget
 * has for each of its calls (72,000 with Polaris' own limits).
 *
 *	cost = bytes a second / calls a second + bytes of the batch
 *
 * Where calls are many and bytes few, a batch may cost thousands of quanta.  So
 * when all lanes were visited and none could pay, the rounds until one can are
 * added at once: each payment needs three walks over the ready lanes at most.
 *
 * Units	bytes.
 */
#ifndef GATEWAY_SCHEDULER_DRR_H
#define GATEWAY_SCHEDULER_DRR_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/list.h"
#include "gateway/model/budget.h"
#include "gateway/scheduler/lane.h"

struct drr {
	int64_t call_bytes;
	const struct lane *missed; /* the first that could not pay, since one
				      did */
};

struct drr drr_make(const struct budget *budget);

/*
 * Visits a lane.  Can it pay for what it wanted last time?  `others`: the other
 * ready lanes, by lane.ready.
 */
bool drr_visit(struct drr *drr, struct lane *lane, const struct list *others);

/* Can it pay for this batch? */
bool drr_covers(struct drr *drr, struct lane *lane, size_t bytes);

/* It pays.  True: it is served again, without another quantum. */
bool drr_pay(struct drr *drr, struct lane *lane, size_t bytes);

/* It must stop here: its next visit adds no quantum. */
void drr_interrupt(struct lane *lane);

/* It has nothing to send, or nobody else has. */
void drr_reset(struct drr *drr, struct lane *lane);

#endif
