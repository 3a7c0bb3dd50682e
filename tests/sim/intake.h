/*
 * intake - the two event paths, in the order in which Polaris refuses.
 *
 *	head	credential 401 -> limit 429 -> length 411, 413
 *		-> table 400, 404 -> faults of the head
 *	body	encoding 415, gzip 400, inflated 413 -> faults -> taken, 200
 *
 * So a call is counted against the limit even when it is too large or for
 * a table that is not there, and never when its credential is bad.
 *
 * Threads	one.
 * Errors	none: a refusal is an answer.
 */
#ifndef SIM_INTAKE_H
#define SIM_INTAKE_H

#include "tests/sim/sim.h"
#include "tests/sim/visit.h"

void intake_head(struct sim *sim, struct visit *v, struct moment now);
void intake_body(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void intake_done(struct sim *sim, struct visit *v, bool told);

#endif
