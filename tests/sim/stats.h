/*
 * stats - the ledger as one JSON object, for tests and people.
 *
 * Threads	one.
 * Errors	none.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include "tests/sim/moment.h"
#include "tests/sim/sim.h"

void stats_print(const struct sim *sim, struct moment now, struct buffer *out);

#endif
