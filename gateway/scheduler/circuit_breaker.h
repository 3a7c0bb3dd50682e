/*
 * circuit_breaker - may anything be sent at all?
 *
 * Two answers concern the whole organization and not one table.  A 429 opens
 * the breaker for the time it names: nothing is sent.  A refused credential
 * opens it for 30 s to 10 minutes, and lets one call through then, the trial;
 * all others wait until a trial shows that the credential is good again.
 *
 *	          429                              time is over
 *	CLOSED ---------> OPEN until open_until ----------------> CLOSED
 *	  |  credential   ^          |  time is over, half_open: one call
 *	  +---------------+          v
 *	                  ^        TRIAL ---- any other answer ----> CLOSED
 *	                  +----------+ credential, 429
 *
 * As with lanes, answers to calls sent before the breaker last opened do not
 * make the next wait longer.
 *
 * Units	calls by their number: the first is 1.
 */
#ifndef GATEWAY_SCHEDULER_CIRCUIT_BREAKER_H
#define GATEWAY_SCHEDULER_CIRCUIT_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"

struct circuit_breaker {
	uint64_t calls; /* numbers given so far */
	struct instant open_until;
	uint32_t failures;       /* opened so often in a row */
	uint64_t opened_at_call; /* calls up to this one change nothing */
	bool half_open;          /* one call at a time */
	uint64_t trial_call;     /* its number; 0: none is in flight */
};

/* INSTANT_NEVER: until the trial's answer has come. */
struct instant circuit_breaker_open_until(
    const struct circuit_breaker *breaker);

/* A call goes out: its number. */
uint64_t circuit_breaker_call(struct circuit_breaker *breaker);

/* `call` was answered, whatever it was; before the functions below. */
void circuit_breaker_answered(struct circuit_breaker *breaker, uint64_t call);

/* A whole answer that does not open the breaker. */
void circuit_breaker_success(struct circuit_breaker *breaker, uint64_t call);

/*
 * 429.  named_ns: how long, if the answer says so; else 0.  Returns when it
 * closes.
 */
struct instant circuit_breaker_pause(struct circuit_breaker *breaker,
    uint64_t call, int64_t named_ns, uint32_t jitter, struct instant now);

/* The credential was refused.  False: by a call from before it last opened. */
bool circuit_breaker_credential_refused(struct circuit_breaker *breaker,
    uint64_t call, uint32_t jitter, struct instant now);

#endif
