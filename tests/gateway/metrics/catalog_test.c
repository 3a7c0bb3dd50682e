#include <criterion/criterion.h>

#include <string.h>

#include "gateway/metrics/catalog.h"

static bool
ends(const char *text, const char *end)
{
	size_t len = strlen(text), by = strlen(end);

	return len >= by && strcmp(text + len - by, end) == 0;
}

Test(metric, names_are_distinct_and_say_what_they_are)
{
	char name[METRIC_NAME_MAX], other[METRIC_NAME_MAX];

	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		metric_name(m, name);
		cr_expect_eq(ends(name, "_total"),
		    metric_rows[m].type == METRIC_COUNTER, "%s", name);
		cr_expect(strlen(metric_rows[m].help) > 5, "%s", name);
		cr_expect_null(
		    strpbrk(metric_rows[m].help, "\\\n|"), "%s", name);
		for (enum metric n = 0; n < m; n++) {
			metric_name(n, other);
			cr_expect_str_neq(name, other);
		}
	}
}

Test(metric, only_the_process_own_have_no_prefix)
{
	char name[METRIC_NAME_MAX];

	metric_name(METRIC_ACCEPTED, name);
	cr_expect_str_eq(name, "polaris_gateway_events_accepted_total");
	metric_name(METRIC_CPU, name);
	cr_expect_str_eq(name, "process_cpu_seconds_total");
}
