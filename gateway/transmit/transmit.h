/*
 * transmit - Polaris' side: from the spool to the upstream.
 *
 * One thread runs the pump (pump.h) on real time and real transfers
 * (deliver.h).
 *
 * Units	milliseconds, bytes.
 * Ownership	transmit_start gives, transmit_stop takes; spool, tables and
 *		budget are borrowed and must outlive it.
 * Threads	start, drain and stop from main's thread.
 * Errors	bad URL, unreadable secret, no memory: false and a text.
 */
#ifndef GATEWAY_TRANSMIT_TRANSMIT_H
#define GATEWAY_TRANSMIT_TRANSMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/credential.h"
#include "gateway/budget.h"
#include "gateway/spool/spool.h"
#include "gateway/table.h"
#include "parsers/err.h"

struct upstream_options {
	char *url; /* with {table} where the table's id goes */
	struct credential_options credentials;
	uint64_t max_in_flight;
	uint64_t connect_timeout_ms;
	uint64_t timeout_ms;
	char *ca_file; /* NULL: the system's */
};

struct transmit;

bool transmit_start(struct transmit **out,
    const struct upstream_options *options, struct tables *tables,
    struct spool *spool, struct budget *budget, struct err *err);

/* From now on nothing lingers: what waits goes out as fast as it may. */
void transmit_drain(struct transmit *transmit);

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
