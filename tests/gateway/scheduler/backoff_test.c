#include <criterion/criterion.h>

#include "gateway/scheduler/backoff.h"

#include "gateway/base/clock.h"

Test(backoff, doubles_to_its_maximum_and_is_drawn_within_its_part)
{
	static const struct {
		const struct backoff *backoff;
		uint32_t attempt;
		int64_t ceiling_ms, floor_ms;
	} rows[] = {
		{ &backoff_later, 1, 500, 0 },
		{ &backoff_later, 2, 1000, 0 },
		{ &backoff_later, 7, 32000, 0 },
		{ &backoff_later, 8, 60000, 0 },
		{ &backoff_later, UINT32_MAX, 60000, 0 },
		{ &backoff_hold, 1, 30000, 22500 },
		{ &backoff_hold, 2, 60000, 45000 },
		{ &backoff_hold, 5, 480000, 360000 },
		{ &backoff_hold, 6, 600000, 450000 },
		{ &backoff_hold, UINT32_MAX, 600000, 450000 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t most = backoff_ns(rows[i].backoff, rows[i].attempt, 0);
		int64_t half = backoff_ns(
		    rows[i].backoff, rows[i].attempt, UINT32_MAX / 2);
		int64_t least =
		    backoff_ns(rows[i].backoff, rows[i].attempt, UINT32_MAX);

		cr_expect_eq(most, rows[i].ceiling_ms * NS_PER_MS, "%zu", i);
		cr_expect_gt(least, rows[i].floor_ms * NS_PER_MS, "%zu", i);
		cr_expect_leq(least, rows[i].floor_ms * NS_PER_MS + 1000,
		    "%zu: %ld", i, (long)least);
		cr_expect_float_eq(half / 1e9, (most + least) / 2e9, 0.001);
	}
}

Test(backoff, a_named_wait_is_clamped_and_no_wait_is_none)
{
	cr_expect_eq(backoff_named_ns(-1), 0);
	cr_expect_eq(backoff_named_ns(0), 0);
	cr_expect_eq(backoff_named_ns(1), NS_PER_MS);
	cr_expect_eq(backoff_named_ns(300000), 300 * NS_PER_S);
	cr_expect_eq(backoff_named_ns(300001), 300 * NS_PER_S);
	cr_expect_eq(backoff_named_ns(INT64_MAX), 300 * NS_PER_S);
}
