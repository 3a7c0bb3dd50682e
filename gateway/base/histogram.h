/*
 * histogram - how often a value fell into which range.
 *
 * Ranges are fixed and the same for all histograms of one scale, so that those
 * of several threads are added by adding numbers, and what happened in the
 * last second is the difference of two of them.
 *
 * Units	time in nanoseconds, kept as a sum of microseconds: nanoseconds
 *		times events would overflow within a year.
 * Ownership	plain values; zeroed is empty.
 * Threads	one adds, any read.
 */
#ifndef GATEWAY_BASE_HISTOGRAM_H
#define GATEWAY_BASE_HISTOGRAM_H

#include <stdint.h>

#include "gateway/base/counter.h"

#define HISTOGRAM_RANGES 26 /* the last has no upper bound */

struct histogram_scale {
	unsigned bounds;                     /* in use of: */
	int64_t upper[HISTOGRAM_RANGES - 1]; /* each of them inclusive */
	int64_t per_sum;                     /* units that make one of sum */
	double shown;                        /* upper times this is shown */
	double sum_shown;                    /* sum times this is shown */
};

/* From half a millisecond to an hour, shown in seconds. */
extern const struct histogram_scale histogram_time;

/* From one event to a thousand. */
extern const struct histogram_scale histogram_events;

struct histogram {
	struct counter counts[HISTOGRAM_RANGES];
	struct counter sum;
};

/* The same at rest. */
struct histogram_view {
	uint64_t counts[HISTOGRAM_RANGES];
	uint64_t sum;
};

void histogram_add(struct histogram *histogram,
    const struct histogram_scale *scale, int64_t value, uint64_t times);

/* Adds what was counted so far to the view. */
void histogram_gather(
    const struct histogram *histogram, struct histogram_view *view);

/* What `later` has that `earlier` had not. */
struct histogram_view histogram_since(
    const struct histogram_view *later, const struct histogram_view *earlier);

uint64_t histogram_total(const struct histogram_view *view);

/*
 * The value below which `part` (0 to 1) of them lie, in shown units, by a
 * straight line within its range; 0 when there are none.
 */
double histogram_quantile(const struct histogram_view *view,
    const struct histogram_scale *scale, double part);

#endif
