/*
 * pump_thread - the thread that turns a pump.
 *
 *	start --> turning --drain--> turning, lingering no more --stop--> ended
 *
 * Main's words reach the thread as instants in atomics and a ring of an
 * eventfd, and so does a reader's request for a copy of the counts; the pump itself knows nothing
 * of threads.
 *
 * Units	instants.
 * Ownership	pump_thread_start gives, pump_thread_stop takes; the pump and its
 *		upstream are borrowed, and the thread's alone in between.
 * Threads	start, drain and stop from one.
 * Errors	no thread, no eventfd: false and a text.
 */
#ifndef GATEWAY_SCHEDULER_PUMP_THREAD_H
#define GATEWAY_SCHEDULER_PUMP_THREAD_H

#include "gateway/scheduler/pump.h"

struct pump_thread;

bool pump_thread_start(struct pump_thread **out, struct pump *pump,
    struct upstream *upstream, struct registry *registry, struct err *err);

/* See pump_drain. */
void pump_thread_drain(struct pump_thread *driver, struct instant withdraw_at);

/*
 * Drains if that was not done, waits until nothing waits or `deadline`, and
 * withdraws the completions that are left.  The pump is the caller's again.
 */
void pump_thread_stop(struct pump_thread **driver, struct instant deadline);

#endif
