/*
 * driver - the thread that turns a pump.
 *
 *	start --> turning --drain--> turning, lingering no more --stop--> ended
 *
 * Main's words reach the thread as instants in atomics and a ring of an
 * eventfd, and so does the wish for an account; the pump itself knows nothing
 * of threads.
 *
 * Units	instants.
 * Ownership	driver_start gives, driver_stop takes; the pump and its
 *		upstream are borrowed, and the thread's alone in between.
 * Threads	start, drain and stop from one.
 * Errors	no thread, no eventfd: false and a text.
 */
#ifndef GATEWAY_TRANSMIT_DRIVER_H
#define GATEWAY_TRANSMIT_DRIVER_H

#include "gateway/transmit/pump.h"

struct driver;

bool driver_start(struct driver **out, struct pump *pump,
    struct upstream *upstream, struct account *account, struct err *err);

/* See pump_drain. */
void driver_drain(struct driver *driver, struct instant withdraw_at);

/*
 * Drains if that was not done, waits until nothing waits or `deadline`, and
 * withdraws the tickets that are left.  The pump is the caller's again.
 */
void driver_stop(struct driver **driver, struct instant deadline);

#endif
