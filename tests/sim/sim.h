/*
 * sim - everything that the stand-in knows, in one place.
 *
 * One thread, one struct.  The server feeds it calls through the desk; an
 * order changes it between two calls.
 *
 * Ownership	owns its parts, from sim_open until sim_fini.
 * Threads	one.
 * Errors	sim_open: ERR_HOST.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "tests/sim/faults.h"
#include "tests/sim/keep.h"
#include "tests/sim/ledger.h"
#include "tests/sim/marks.h"
#include "tests/sim/options.h"
#include "tests/sim/tokens.h"
#include "tests/sim/window.h"

#define SIM_BASIC_BYTES 1024

struct sim {
	struct options options; /* orders change some */
	char basic[SIM_BASIC_BYTES];
	char *ordered_secret, *ordered_key, *ordered_tables;
	int64_t ahead_ms; /* of the wall clock */
	struct window window;
	struct tokens tokens;
	struct faults faults;
	struct ledger ledger;
	struct keep keep;
	struct marks seen;
	struct buffer inflated; /* scratch of one call */
};

bool sim_open(struct sim *sim, const struct options *o, struct err *err);
void sim_fini(struct sim *sim);

/* No counts, events, faults, nor calls in this minute; settings, tokens stay.
 */
void sim_reset(struct sim *sim);

void sim_set_key(struct sim *sim, const char *key);

#endif
