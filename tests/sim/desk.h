/*
 * desk - where a call is sent on to whoever can answer it.
 *
 * One row a route.  The server calls head, then body once the body is whole,
 * then done, exactly once each; after a head whose answer is early (or that
 * resets before the body) body is skipped.
 *
 * Threads	one.
 * Errors	none: a refusal is an answer.
 */
#ifndef SIM_DESK_H
#define SIM_DESK_H

#include "tests/sim/sim.h"
#include "tests/sim/visit.h"

#define DESK_BODY_MAX (1 << 20) /* of an order or a token request */

struct route {
	const char *method;
	const char *path; /* "*" stands for one part, given in visit.part */
	void (*head)(struct sim *, struct visit *, struct moment);
	void (*body)(
	    struct sim *, struct visit *, struct span body, struct moment);
	void (*done)(struct sim *, struct visit *, bool told);
};

void desk_head(struct sim *sim, struct visit *v, struct moment now);
void desk_body(
    struct sim *sim, struct visit *v, struct span body, struct moment now);

/* told: an HTTP answer is on its way; else the call ended without one. */
void desk_done(struct sim *sim, struct visit *v, bool told);

/* A head that could not even be read. */
void desk_bad_head(struct sim *sim, struct visit *v, const char *why);

#endif
