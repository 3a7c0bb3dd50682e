/*
 * circuit_breaker - may anything be sent at all?
 *
 * Two answers concern the whole organization and not one table.  A 429 shuts
 * the gate for the time it names.  A refused credential shuts it for 30 s to
 * 10 minutes and lets one call through then, the trial; everything else waits
 * until a trial shows that the credential is good again.
 *
 *	        429                            time is over
 *	OPEN ----------> SHUT until open_at ------------------> OPEN
 *	  |  credential   ^          |  time is over, on trial: one call
 *	  +---------------+          v
 *	                  ^        TRIAL ---- any other answer ----> OPEN
 *	                  +----------+ credential, 429
 *
 * As with lanes, answers to calls sent before the gate last shut do not make
 * the next wait longer.
 *
 * Units	instants; calls by their number.
 * Ownership	a plain value.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_CIRCUIT_BREAKER_H
#define GATEWAY_SCHEDULER_CIRCUIT_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"

struct breaker {
	uint64_t calls; /* numbers given so far; the first is 1 */
	struct instant open_at;
	uint32_t level;        /* shut how often in a row */
	uint64_t shut_at_call; /* calls up to this one are old news */
	bool on_trial;         /* one call at a time */
	uint64_t trial;        /* that call's number; 0: none is out */
};

/* INSTANT_NEVER: when the trial's answer has come. */
struct instant breaker_opens(const struct breaker *gate);

/* A call goes out: its number. */
uint64_t breaker_call(struct breaker *gate);

/* The answer to `call`, whatever it was; before the functions below. */
void breaker_back(struct breaker *gate, uint64_t call);

/* A whole answer that does not shut the gate. */
void breaker_good(struct breaker *gate, uint64_t call);

/* 429.  told_ns: how long, if it said so; else 0.  Returns when it opens. */
struct instant breaker_pause(struct breaker *gate, uint64_t call,
    int64_t told_ns, uint32_t chance, struct instant now);

/* The credential was refused.  Is this news? */
bool breaker_lock(
    struct breaker *gate, uint64_t call, uint32_t chance, struct instant now);

#endif
