/*
 * drr - whose turn it is when there is not enough for all.
 *
 * Lanes in the agenda's ring take turns by deficit round robin: each visit
 * gives a lane credit by its weight, batches go while the credit covers what
 * they cost, and a lane that has nothing to send loses what it had.  So in the
 * long run lanes get by weight what is scarce, however large their batches are,
 * and one that seldom sends is served within one round.
 *
 * Calls and bytes are one currency: a call is worth as many bytes as the budget
 * has for each of its calls (72,000 with Polaris' own limits), and costs that
 * and its own.
 *
 *	cost = bytes a second / calls a second + bytes of the batch
 *
 * Where calls are many and bytes few a batch may cost thousands of rounds'
 * credit.  When all have been visited since anybody paid, the rounds until one
 * can are given at once: each payment takes three looks at the ring at most.
 *
 * Units	bytes.
 * Ownership	a plain value; what concerns a lane is in the lane.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_DRR_H
#define GATEWAY_SCHEDULER_DRR_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/model/budget.h"
#include "gateway/scheduler/lane.h"

struct drr {
	int64_t call_bytes;
	const struct lane *missed; /* the first that could not, since one did */
};

struct drr drr_make(const struct budget *budget);

/*
 * Its turn begins or goes on.  Can it pay for what it wanted last time?  The
 * `others` are in the ring, by ready_next.
 */
bool drr_visit(struct drr *share, struct lane *lane, struct lane *others);

/* Can it pay for this? */
bool drr_covers(struct drr *share, struct lane *lane, size_t bytes);

/* It did; true: its turn goes on. */
bool drr_pay(struct drr *share, struct lane *lane, size_t bytes);

/* Its turn goes on at the next visit, without more credit. */
void drr_interrupt(struct lane *lane);

/* It has nothing to send, or nobody else has. */
void drr_forget(struct drr *share, struct lane *lane);

#endif
