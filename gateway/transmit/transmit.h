/*
 * transmit - Polaris' side: from the spool to the upstream.
 *
 * One thread runs the pump (pump.h) on real time and real transfers
 * (deliver.h).
 *
 * Units	milliseconds, bytes.
 * Ownership	transmit_start gives, transmit_stop takes; what it uses is
 *		borrowed and must outlive it.
 * Threads	start, drain and stop from main's thread.
 * Errors	bad URL, unreadable secret, no memory: false and a text.
 */
#ifndef GATEWAY_TRANSMIT_TRANSMIT_H
#define GATEWAY_TRANSMIT_TRANSMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/account.h"
#include "gateway/budget.h"
#include "gateway/spool/deadletter.h"
#include "gateway/spool/spool.h"
#include "gateway/table.h"
#include "gateway/transmit/upstream.h"
#include "parsers/err.h"

struct transmit;

/* What it works with. */
struct transmit_uses {
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct deadletter *letters; /* NULL: nobody keeps dead letters */
	struct account *account;
};

bool transmit_start(struct transmit **out,
    const struct upstream_options *options, const struct transmit_uses *uses,
    struct err *err);

/*
 * From now on nothing lingers: what waits goes out as fast as it may.  Tickets
 * left at `withdraw_at` are withdrawn then, whatever their own deadline, so
 * that receive can answer its last requests before it must stop.
 */
void transmit_drain(struct transmit *transmit, struct instant withdraw_at);

/* Events that a stop left unsent, or sent without learning the outcome. */
struct transmit_rest {
	uint64_t events;
	uint64_t unknown; /* of them, in flight when time was up */
};

/*
 * Waits until nothing waits or `deadline`; withdraws the tickets that are
 * left; tells what stays.
 */
struct transmit_rest transmit_stop(
    struct transmit **transmit, struct instant deadline);

#endif
