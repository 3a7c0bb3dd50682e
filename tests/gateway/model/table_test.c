#include <criterion/criterion.h>

#include "gateway/model/table.h"

static struct instant
at_s(int64_t s)
{
	return (struct instant){ s * NS_PER_S };
}

static struct tables *
open_tables(struct tables_options options)
{
	struct tables *tables = NULL;
	struct err err = { 0 };

	cr_assert(tables_open(&tables, &options, &err), "%s", err.text);
	return tables;
}

Test(table, a_name_is_checked_byte_by_byte)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{ "wikipedia", true },
		{ "a", true },
		{ "A-Za-z0-9._-", true },
		{ "...", true },
		{ "f972c0f5-e5f2-41b5-a5b3-9b64cf365cae", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ "a/b", false },
		{ "a b", false },
		{ "a%41", false },
		{ "\xc3\xa9", false },
		{ "1234567890123456789012345678901234567890123456789012345678"
		  "901234",
		    true },
		{ "1234567890123456789012345678901234567890123456789012345678"
		  "9012345",
		    false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		cr_expect_eq(table_name_valid(span_of(cases[i].name)),
		    cases[i].valid, "%s", cases[i].name);
	cr_expect(!table_name_valid((struct span){ "a\0b", 3 }), "NUL inside");
}

Test(table, a_configured_table_has_its_own_id_and_limits)
{
	struct table_options wikipedia = {
		.name = "wikipedia", .id = "f972c0f5", .batch.max_events = 7
	};
	struct tables *tables =
	    open_tables((struct tables_options){ .configured = &wikipedia,
		.configured_count = 1,
		.defaults.batch.max_events = 60,
		.max_unconfigured = 1 });
	struct table *known, *other;

	cr_assert_eq(tables_find(tables, SPAN("wikipedia"), at_s(1), &known),
	    TABLE_FOUND);
	cr_expect_str_eq(known->options.id, "f972c0f5");
	cr_expect_eq(known->options.batch.max_events, 7);
	cr_assert_eq(
	    tables_find(tables, SPAN("clicks"), at_s(1), &other), TABLE_FOUND);
	cr_expect_str_eq(other->options.id, "clicks", "the name is the id");
	cr_expect_eq(other->options.batch.max_events, 60);
	cr_expect_neq(known->index, other->index);
	table_release(known, at_s(1));
	table_release(other, at_s(1));
	tables_close(&tables);
	cr_expect_null(tables);
}

Test(table, an_unknown_name_is_refused_where_that_is_configured)
{
	struct tables *tables = open_tables((struct tables_options){
	    .reject_unknown = true, .max_unconfigured = 5 });
	struct table *table = NULL;

	cr_expect_eq(
	    tables_find(tables, SPAN("x"), at_s(1), &table), TABLE_UNKNOWN);
	cr_expect_null(table, "untouched");
	tables_close(&tables);
}

Test(table, an_absent_one_is_known_again_when_it_comes_back_or_is_forgotten)
{
	struct tables *tables =
	    open_tables((struct tables_options){ .max_unconfigured = 1 });
	struct table *a, *found = NULL;

	tables_find(tables, SPAN("a"), at_s(0), &a);
	table_absent(a, true);
	cr_expect_eq(
	    tables_find(tables, SPAN("a"), at_s(1), &found), TABLE_ABSENT);
	cr_expect_null(found, "no reference was given");
	table_absent(a, false);
	cr_expect_eq(
	    tables_find(tables, SPAN("a"), at_s(2), &found), TABLE_FOUND);
	table_release(found, at_s(2));
	table_absent(a, true);
	table_release(a, at_s(2));
	cr_expect_eq(
	    tables_find(tables, SPAN("b"), at_s(700), &a), TABLE_FOUND);
	cr_expect_eq(tables_find(tables, SPAN("b"), at_s(700), &found),
	    TABLE_FOUND, "what was told of the one is not told of the next");
	table_release(found, at_s(700));
	table_release(a, at_s(700));
	tables_close(&tables);
}

Test(table, invented_names_are_bounded_and_forgotten_after_ten_idle_minutes)
{
	struct tables *tables =
	    open_tables((struct tables_options){ .max_unconfigured = 2 });
	struct table *a, *b, *c = NULL;
	uint64_t serial;

	cr_expect_eq(tables_capacity(tables), 2);
	tables_find(tables, SPAN("a"), at_s(0), &a);
	tables_find(tables, SPAN("b"), at_s(0), &b);
	serial = a->serial;
	table_release(a, at_s(0));
	cr_expect_eq(
	    tables_find(tables, SPAN("c"), at_s(599), &c), TABLE_TOO_MANY);
	cr_expect_eq(tables_find(tables, SPAN("b"), at_s(599), &c), TABLE_FOUND,
	    "a known name goes on");
	table_release(c, at_s(599));
	cr_assert_eq(
	    tables_find(tables, SPAN("c"), at_s(600), &c), TABLE_FOUND);
	cr_expect_eq(c, a, "the place of the idle one");
	cr_expect_neq(c->serial, serial);
	cr_expect_str_eq(c->options.name, "c");
	table_release(c, at_s(600));
	cr_expect_eq(tables_find(tables, SPAN("d"), at_s(700), &a),
	    TABLE_TOO_MANY, "b is in use, c not idle long enough");
	table_release(b, at_s(700));
	tables_close(&tables);
}
