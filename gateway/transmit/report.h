/*
 * report - the sending side's pages in the books.
 *
 * What happens is counted as it happens, a few additions a call.  How things
 * stand is measured when somebody asks.  In memory alone, what waits is counted
 * anew by going through every lane.  A spool on disk counts it itself, also
 * what is in no lane; of that what has left since is taken off, of which the
 * spool may not know yet.
 *
 * Units	as books.h.
 * Ownership	borrows all.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_TRANSMIT_REPORT_H
#define GATEWAY_TRANSMIT_REPORT_H

#include <stdbool.h>

#include "gateway/books.h"
#include "gateway/budget.h"
#include "gateway/transmit/aging.h"
#include "gateway/transmit/gate.h"
#include "gateway/transmit/lane.h"
#include "gateway/transmit/upstream.h"

struct spool;

/* A batch, cut, is about to go out: for the first time or again. */
void report_call(struct books *books, const struct batch *batch, bool draining);
void report_answer(struct books *books, const struct batch *batch,
    const struct upstream_answer *answer, struct instant now);

/* Where everything is that is measured. */
struct report {
	struct books *books;
	struct lane *lanes;
	size_t lane_count;
	struct batch *const *flying;
	size_t flying_count;
	const struct gate *gate;
	const struct aging *aging;
	const struct budget *budget;
	const struct spool *spool;
	struct upstream *upstream;
};

/* False: the spool's counts were not to be had; ask again. */
bool report_measure(const struct report *report, struct instant now);

#endif
