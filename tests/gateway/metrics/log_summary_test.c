#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "gateway/metrics/log_summary.h"
#include "gateway/base/log.h"
#include "tests/support/heard.h"

#define WALL INT64_C(1795514400000)

static struct log_summary summary;
static struct registry *registry;
static struct registry_block *block;

static void
begin(void)
{
	struct err err;

	cr_assert(registry_open(&registry, WALL, &err));
	block = registry_block(registry);
	cr_assert_not_null(block);
	log_setup(&(struct log_options){ .level = LOG_INFO });
}

static void
end(void)
{
	registry_close(&registry);
}

TestSuite(log_summary, .init = begin, .fini = end);

/* So many more events of somebody's have this fault. */
static void
refuse(enum event_fault fault, uint64_t count)
{
	struct table table = { .options.name = "clicks" };
	struct registry_request request = {
		.table = &table,
		.table_name = SPAN("clicks"),
		.producer = SPAN("shop"),
		.wall_ms = WALL,
	};

	if (count > 0)
		registry_fault(block, &request, fault, (uint32_t)count, 7, 9);
}

struct look {
	struct instant now;
	bool end;
};

static void
tell(void *arg)
{
	const struct look *look = arg;

	log_summary_write(&summary, registry, look->now, look->end);
}

/* What the log says then. */
static const char *
told(int64_t at_s, bool end)
{
	struct look look = { { at_s * NS_PER_S }, end };

	return heard(tell, &look, NULL);
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

Test(log_summary, trouble_is_told_once_then_summed_each_minute)
{
	uint64_t before = 0;
	char want[100];

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const char *text;

		refuse(EVENT_NOT_JSON, steps[i].count - before);
		before = steps[i].count;
		text = told(steps[i].at_s, steps[i].end);
		snprintf(want, sizeof want,
		    " warn refused reason=%s count=%d seconds=%d table=clicks "
		    "producer=shop line=7 offset=9 advice=",
		    registry_reason_word(EVENT_NOT_JSON), (int)steps[i].told,
		    (int)steps[i].seconds);
		if (steps[i].told == 0)
			cr_expect_str_eq(text, "", "%s", steps[i].what);
		else
			cr_expect_not_null(
			    strstr(text, want), "%s: %s", steps[i].what, text);
	}
}

Test(log_summary, reasons_do_not_silence_each_other)
{
	char want[100];

	for (unsigned fault = 1; fault < EVENT_FAULT_COUNT; fault++) {
		refuse(fault, 1);
		snprintf(want, sizeof want, " refused reason=%s count=1 ",
		    registry_reason_word(fault));
		cr_expect_not_null(strstr(told(1, false), want), "%s", want);
	}
}

/* Not every refusal is news: what nobody has to act on is not told. */
Test(log_summary, a_request_is_told_where_somebody_can_act)
{
	struct registry_request request = { .wall_ms = WALL };

	request.outcome = OUTCOME_SPOOL_FULL;
	registry_count(block, &request);
	request.outcome = OUTCOME_DRAINING;
	registry_count(block, &request);
	cr_expect_not_null(strstr(told(1, false), " refused reason="));
	cr_expect_str_eq(told(2, true), "");
}
