#include <criterion/criterion.h>
#include <string.h>

#include "gateway/model/budget.h"

static struct budget *
open_budget(uint64_t calls, uint64_t bytes, uint64_t replicas)
{
	struct budget_options options = { calls, bytes, replicas };
	struct budget *budget = NULL;
	struct err err = { 0 };

	cr_assert(budget_open(
		      &budget, &options, 1000000, (struct instant){ 0 }, &err),
	    "%s", err.text);
	return budget;
}

Test(budget, a_call_spends_calls_and_bytes_or_neither)
{
	struct budget *b = open_budget(600, 2000000, 1);
	struct instant now = { 60 * NS_PER_S };
	int64_t wait_ns;

	/* 12 calls deep, one call's bytes deep: bytes run out first */
	cr_assert_eq(budget_spend(b, 1000000, now, 0), 0);
	wait_ns = budget_spend(b, 1000000, now, 0);
	cr_assert_gt(wait_ns, 0);
	cr_expect_leq(wait_ns, NS_PER_S, "bytes, not calls");
	for (int i = 0; i < 100; i++)
		cr_assert_neq(budget_spend(b, 1000000, now, 0), 0);
	cr_expect_eq(budget_view(b, 0).remaining, 599, "refused: not spent");

	now.ns += wait_ns - 1;
	cr_expect_eq(budget_spend(b, 1000000, now, 0), 1);
	now.ns += 1;
	for (int i = 0; i < 12; i++)
		cr_assert_eq(budget_spend(b, 1, now, 0), 0, "call %d", i);
	wait_ns = budget_spend(b, 1, now, 0);
	cr_expect_gt(wait_ns, 0, "now calls ran out");
	cr_expect_leq(wait_ns, 102 * NS_PER_MS);
	budget_close(&b);
	cr_expect_null(b);
}

Test(budget, a_share_is_the_limit_divided)
{
	struct budget *b = open_budget(83334, 100000000, 4);

	cr_expect_eq(budget_view(b, 0).limit, 20833);
	budget_close(&b);
}

Test(budget, the_view_speaks_of_the_calendar_minute)
{
	static const struct {
		int64_t wall_ms;
		uint64_t remaining;
		uint32_t reset_s;
	} views[] = {
		{ 120000, 597, 60 },
		{ 120001, 597, 60 },
		{ 121000, 597, 59 },
		{ 179000, 597, 1 },
		{ 179999, 597, 1 },
		{ 180000, 600, 60 },
		{ 119999, 600, 1 },
		{ -1, 600, 1 },
		{ -60000, 600, 60 },
		{ -59999, 600, 60 },
	};
	struct budget *b = open_budget(600, 2000000, 1);
	struct instant now = { 60 * NS_PER_S };
	struct budget_view view;

	cr_assert_eq(budget_spend(b, 1, now, 119999), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(budget_spend(b, 1, now, 120000 + i), 0);
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
		view = budget_view(b, views[i].wall_ms);
		cr_expect_eq(view.limit, 600);
		cr_expect_eq(view.remaining, views[i].remaining, "row %zu", i);
		cr_expect_eq(view.reset_s, views[i].reset_s, "row %zu", i);
	}
	budget_close(&b);
}

Test(budget, refuses_shares_that_cannot_work)
{
	static const struct {
		const char *what;
		struct budget_options options;
		bool ok;
	} rows[] = {
		{ "Polaris'", { 83334, 100000000, 1 }, true },
		{ "least", { 1, 2000000, 1 }, true },
		{ "bytes of two batches", { 1, 1999999, 1 }, false },
		{ "no call for each", { 3, 100000000, 4 }, false },
		{ "no calls", { 0, 100000000, 1 }, false },
		{ "no replicas", { 1, 100000000, 0 }, false },
		{ "bytes for each", { 100, 7999999, 4 }, false },
		{ "too many calls", { UINT64_MAX, 100000000, 1 }, false },
		{ "too many bytes", { 1, UINT64_MAX, 1 }, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct budget *b = NULL;
		struct err err = { 0 };
		bool ok = budget_open(
		    &b, &rows[i].options, 1000000, (struct instant){ 0 }, &err);

		cr_expect_eq(ok, rows[i].ok, "%s: %s", rows[i].what, err.text);
		cr_expect_eq(b != NULL, ok, "%s", rows[i].what);
		cr_expect_eq(
		    err.kind, ok ? ERR_NONE : ERR_INPUT, "%s", rows[i].what);
		budget_close(&b);
	}
}
