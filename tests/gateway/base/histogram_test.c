#include <criterion/criterion.h>

#include "gateway/base/clock.h"
#include "gateway/base/histogram.h"

#define MS NS_PER_MS

static struct histogram_view
view_of(const struct histogram *histogram)
{
	struct histogram_view view = { 0 };

	histogram_gather(histogram, &view);
	return view;
}

static bool
near(double got, double want)
{
	return got > want - 1e-9 && got < want + 1e-9;
}

Test(histogram, a_bound_belongs_to_the_range_below_it)
{
	struct histogram h = { 0 };
	struct histogram_view view;

	histogram_add(&h, &histogram_events, 1, 1);
	histogram_add(&h, &histogram_events, 2, 1);
	histogram_add(&h, &histogram_events, 3, 5);
	histogram_add(&h, &histogram_events, 1000, 1);
	histogram_add(&h, &histogram_events, 1001, 1);
	view = view_of(&h);
	cr_expect_eq(view.counts[0], 1);
	cr_expect_eq(view.counts[1], 1);
	cr_expect_eq(view.counts[2], 5);
	cr_expect_eq(view.counts[12], 1);
	cr_expect_eq(view.counts[13], 1, "without an upper bound");
	cr_expect_eq(view.sum, 1 + 2 + 15 + 1000 + 1001);
	cr_expect_eq(histogram_total(&view), 9);
}

Test(histogram, bounds_grow)
{
	static const struct histogram_scale *const scales[] = { &histogram_time,
		&histogram_events };

	for (int s = 0; s < 2; s++) {
		cr_assert(scales[s]->bounds < HISTOGRAM_RANGES);
		for (unsigned i = 1; i < scales[s]->bounds; i++)
			cr_expect(
			    scales[s]->upper[i] > scales[s]->upper[i - 1]);
	}
}

Test(histogram, time_that_runs_backwards_is_none)
{
	struct histogram h = { 0 };

	histogram_add(&h, &histogram_time, -5, 1);
	cr_expect_eq(view_of(&h).counts[0], 1);
	cr_expect_eq(view_of(&h).sum, 0);
}

Test(histogram, quantiles_lie_where_the_values_do)
{
	struct histogram h = { 0 };
	struct histogram_view view = view_of(&h);

	cr_expect(near(histogram_quantile(&view, &histogram_time, 0.5), 0),
	    "nothing yet");
	histogram_add(&h, &histogram_time, 150 * MS, 100); /* 100 to 200 ms */
	view = view_of(&h);
	cr_expect(near(histogram_quantile(&view, &histogram_time, 0.5), 0.150),
	    "halfway");
	cr_expect(
	    near(histogram_quantile(&view, &histogram_time, 0.99), 0.199));
	histogram_add(&h, &histogram_time, 2 * 3600 * NS_PER_S, 900);
	view = view_of(&h);
	cr_expect(near(histogram_quantile(&view, &histogram_time, 0.99), 3600),
	    "beyond the last bound nothing is known");
}

Test(histogram, a_difference_is_what_happened_in_between)
{
	struct histogram h = { 0 };
	struct histogram_view before, since;

	histogram_add(&h, &histogram_time, 3 * MS, 7);
	before = view_of(&h);
	histogram_add(&h, &histogram_time, 30 * MS, 2);
	since = view_of(&h);
	since = histogram_since(&since, &before);
	cr_expect_eq(histogram_total(&since), 2);
	cr_expect_eq(since.sum, 60000, "in microseconds");
}
