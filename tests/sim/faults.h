/*
 * faults - misbehaviour on order.
 *
 * A fault is a filter and a manner.  The faults are asked in the order in
 * which they were set; the first whose filter a call passes decides, and has
 * one call less to go.  They strike calls whose credential is good and that
 * are within the limit: what would be 401 or 429 anyway is no fault's prey.
 *
 * A call is shown to them twice: at its head (those that reset before or
 * during the body, or answer early) and with its body (all others).
 *
 * Units	milliseconds, monotonic; bytes inflated.
 * Ownership	the list owns its faults; a picked one is borrowed until the
 *		next call of any function here.
 * Threads	none inside.
 * Errors	faults_order: ERR_INPUT, and nothing was set.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"
#include "tests/sim/answer.h"

enum fault_route { FAULT_EVENTS, FAULT_TOKEN };

struct fault {
	struct fault *next;
	int64_t id;
	/* the filter */
	int64_t calls;    /* to go; -1: no end */
	int64_t every;    /* only each n-th that passes the rest */
	int64_t seconds;  /* 0: no end */
	int64_t until_ms; /* monotonic, from seconds */
	int route;
	char *table;         /* NULL: any */
	char *poison;        /* in the body; NULL: any */
	int64_t over_events; /* more than these in the call; 0: any */
	int64_t over_bytes;
	/* the manner */
	int64_t status; /* 0: as it would have been */
	char *headers;
	char *body;
	char *raw;
	int64_t delay_ms, drip_ms, body_bytes, header_count;
	int reset;
	int early, hangup, echo;
	int take; /* -1: as the status says */
	/* for the statistics */
	int64_t passed, struck;
};

struct faults {
	struct fault *first;
	int64_t ids;
};

bool faults_order(struct faults *all, struct span json, int64_t mono_ms,
    int64_t *id_out, struct err *err);
void faults_reset(struct faults *all);

struct fault_call {
	enum fault_route route;
	const char *table;
	bool has_body; /* false: at the head */
	struct span body;
	uint64_t events;
	struct span credential; /* what the caller shows of itself */
};

/* NULL: no fault strikes. */
const struct fault *faults_pick(
    struct faults *all, const struct fault_call *call, int64_t mono_ms);

/* Are the events taken although, or not taken even if? */
bool fault_takes(const struct fault *f);

void fault_spoil(
    const struct fault *f, const struct fault_call *call, struct answer *a);

/* Appends a JSON array of those that still strike. */
void faults_print(struct faults *all, int64_t mono_ms, struct buffer *out);

#endif
