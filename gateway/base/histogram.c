#include "gateway/base/histogram.h"

#include "gateway/base/clock.h"

#define MS NS_PER_MS
#define S  NS_PER_S

/* Finer around the usual linger, which is most of what a delivery takes. */
/* clang-format off */
const struct histogram_scale histogram_time = {
	.bounds = 25,
	.upper = { MS / 2, MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS,
		100 * MS, 200 * MS, 300 * MS, 400 * MS, 500 * MS, 600 * MS,
		700 * MS, 800 * MS, S, 1500 * MS, 2 * S, 5 * S, 10 * S, 30 * S,
		60 * S, 300 * S, 900 * S, 3600 * S },
	.per_sum = 1000,
	.shown = 1e-9,
	.sum_shown = 1e-6,
};

const struct histogram_scale histogram_events = {
	.bounds = 13,
	.upper = { 1, 2, 5, 10, 20, 30, 40, 50, 60, 100, 200, 500, 1000 },
	.per_sum = 1,
	.shown = 1,
	.sum_shown = 1,
};
/* clang-format on */

void
histogram_add(struct histogram *histogram, const struct histogram_scale *scale,
    int64_t value, uint64_t times)
{
	unsigned range = 0;

	if (value < 0)
		value = 0;
	while (range < scale->bounds && value > scale->upper[range])
		range++;
	counter_add(&histogram->counts[range], times);
	counter_add(
	    &histogram->sum, (uint64_t)(value / scale->per_sum) * times);
}

void
histogram_gather(const struct histogram *histogram, struct histogram_view *view)
{
	for (unsigned i = 0; i < HISTOGRAM_RANGES; i++)
		view->counts[i] += counter_read(&histogram->counts[i]);
	view->sum += counter_read(&histogram->sum);
}

struct histogram_view
histogram_since(
    const struct histogram_view *later, const struct histogram_view *earlier)
{
	struct histogram_view since;

	for (unsigned i = 0; i < HISTOGRAM_RANGES; i++)
		since.counts[i] = later->counts[i] - earlier->counts[i];
	since.sum = later->sum - earlier->sum;
	return since;
}

uint64_t
histogram_total(const struct histogram_view *view)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < HISTOGRAM_RANGES; i++)
		total += view->counts[i];
	return total;
}

double
histogram_quantile(const struct histogram_view *view,
    const struct histogram_scale *scale, double part)
{
	double rank = part * (double)histogram_total(view), below = 0;
	double from = 0, to;

	if (rank <= 0)
		return 0;
	for (unsigned i = 0; i < scale->bounds; i++) {
		to = (double)scale->upper[i] * scale->shown;
		if (below + (double)view->counts[i] >= rank)
			return from + (to - from) * (rank - below) /
					  (double)view->counts[i];
		below += (double)view->counts[i];
		from = to;
	}
	return from; /* beyond the last bound nothing is known */
}
