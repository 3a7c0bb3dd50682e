/*
 * orders - what a test or a person may ask of the stand-in, under /sim.
 *
 * The help text below is the documentation: `GET /sim` and --help tell it.
 * Orders need no credential: do not let it listen where strangers are.
 *
 * Threads	one.
 * Errors	400 {"message":…} for an order that is not understood; nothing
 *		was changed then.
 */
#ifndef SIM_ORDERS_H
#define SIM_ORDERS_H

#include "tests/sim/sim.h"
#include "tests/sim/visit.h"

extern const char orders_help[];

void orders_tell_help(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_tell_stats(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_tell_events(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_tell_faults(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_fault(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_set(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void orders_reset(
    struct sim *sim, struct visit *v, struct span body, struct moment now);

#endif
