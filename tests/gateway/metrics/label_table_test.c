#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "gateway/metrics/label_table.h"

static uint16_t
intern(struct label_table *labels, const char *name)
{
	return label_table_intern(labels, span_of(name));
}

Test(labels, a_name_keeps_its_number)
{
	struct label_table *labels = calloc(1, sizeof *labels);
	char name[20];

	for (int round = 0; round < 2; round++)
		for (int i = 1; i < LABEL_TABLE_MOST; i++) {
			snprintf(name, sizeof name, "table-%d", i * 7919);
			cr_assert_eq(intern(labels, name), i, "%s", name);
			cr_assert_eq(
			    label_table_find(labels, span_of(name)), i);
			cr_assert_str_eq(
			    label_table_name(labels, (uint16_t)i), name);
		}
	cr_expect(label_table_full(labels));
	free(labels);
}

Test(labels, whoever_comes_too_late_is_other)
{
	struct label_table *labels = calloc(1, sizeof *labels);
	char name[20], longest[LABEL_MAX + 2] = { 0 };

	cr_expect_eq(intern(labels, "other"), LABEL_OTHER, "or it were twice");
	cr_expect_eq(intern(labels, ""), LABEL_OTHER);
	memset(longest, 'x', LABEL_MAX + 1);
	cr_expect_eq(intern(labels, longest), LABEL_OTHER, "too long");
	longest[LABEL_MAX] = '\0';
	cr_expect_eq(intern(labels, longest), 1);
	for (int i = 2; i < LABEL_TABLE_MOST; i++) {
		snprintf(name, sizeof name, "%d", i);
		cr_expect_eq(intern(labels, name), i);
	}
	cr_expect_eq(intern(labels, "late"), LABEL_OTHER);
	cr_expect_eq(label_table_find(labels, SPAN("late")), LABEL_OTHER);
	cr_expect_str_eq(label_table_name(labels, LABEL_OTHER), "other");
	cr_expect_eq(intern(labels, longest), 1, "the early ones stay");
	free(labels);
}
