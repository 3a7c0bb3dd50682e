#include <criterion/criterion.h>

#include "gateway/metrics/log_summary.h"

static struct instant
at_s(int64_t s)
{
	return (struct instant){ s * NS_PER_S };
}

/* clang-format off */
static const struct {
	int64_t	 at_s;
	uint64_t count;
	bool	 end;
	uint64_t told;		/* 0: nothing */
	int64_t	 seconds;
	const char *what;
} steps[] = {
	{   5,	   0, false,	0,  0, "nothing happened" },
	{  10,	   3, false,	3,  0, "the first at once" },
	{  11,	   9, false,	0,  0, "the next are summed" },
	{  69,	2000, false,	0,  0, "for a minute" },
	{  70,	2000, false, 1997, 60, "and told as one" },
	{ 131,	2000, false,	0,  0, "nothing new, nothing told" },
	{ 500,	2001, false,	1, 430, "one after a long while, at once" },
	{ 501,	2003, false,	0,  0, "again summed" },
	{ 502,	2003, true,	2,  2, "the end is the last chance" },
	{ 503,	2003, true,	0,  0, "with nothing to say" },
};
/* clang-format on */

Test(digest, trouble_is_told_once_then_summed_each_minute)
{
	struct log_summary digest = { 0 };
	unsigned reason = EVENT_NOT_JSON;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct log_summary_line line = { 0 };
		bool told = log_summary_due(&digest, reason, steps[i].count,
		    at_s(steps[i].at_s), steps[i].end, &line);

		cr_expect_eq(told, steps[i].told > 0, "%s", steps[i].what);
		cr_expect_eq(line.count, steps[i].told, "%s", steps[i].what);
		cr_expect_eq(
		    line.seconds, steps[i].seconds, "%s", steps[i].what);
	}
}

Test(digest, reasons_do_not_silence_each_other)
{
	struct log_summary digest = { 0 };
	struct log_summary_line line;

	for (unsigned reason = 1; reason < REGISTRY_REASONS; reason++)
		cr_expect(
		    log_summary_due(&digest, reason, 1, at_s(1), false, &line));
}
