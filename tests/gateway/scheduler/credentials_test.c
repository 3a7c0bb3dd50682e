/*
 * The pump on the rig: no credential, an old one, a bad one.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

Test(credentials, nothing_is_sent_while_there_is_no_credential)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 3 });
	int64_t start = rig->now.ns;

	rig->ready = false;
	for (uint32_t i = 0; i < 30; i++)
		rig_post(rig, i % 3, 60);
	rig_run(rig, start + 5 * SEC);
	cr_expect_eq(rig->call_count, 0);
	rig->ready = true;
	rig_finish(rig, SEC);
	cr_expect_eq(rig->call_count, 30);
	cr_expect_eq(rig->calls[0].sent_ns, start + 5 * SEC);
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
script_old_token(struct rig *rig, struct rig_call *call)
{
	if (rig->call_count > 3)
		return;
	call->answer.status = 401;
	call->answer.renewing = true;
}

Test(credentials,
    after_a_401_the_batch_goes_first_with_the_next_token_and_is_paid_for)
{
	struct rig *rig =
	    rig_open_warm((struct rig_options){ .script = script_old_token });
	struct budget_view view;

	rig_post(rig, 0, 180);
	rig_run(rig, rig->now.ns + 1 * MS);
	cr_expect_eq(rig->call_count, 3);
	rig->ready = false; /* the token is being fetched */
	rig_post(rig, 0, 60);
	rig_run(rig, rig->now.ns + 400 * MS);
	cr_expect_eq(rig->call_count, 3);
	rig->ready = true;
	rig_finish(rig, SEC);
	cr_assert_eq(rig->call_count, 7);
	for (int i = 3; i < 6; i++)
		cr_expect_lt(rig->calls[i].first, 180, "call %d", i);
	view = budget_view(
	    rig->budget, rig->upstream.ops->wall_ms(&rig->upstream));
	cr_expect_eq(view.limit - view.remaining, 7);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(credentials, a_table_that_is_refused_with_every_token_is_held_alone)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 2 });
	struct upstream_answer answer = rig_status(401, -1);
	int64_t start = rig->now.ns;

	answer.renewing = true;
	rig_answer(rig, 16, 0, answer);
	rig_post(rig, 0, 60);
	for (int i = 0; i < 200; i++) {
		rig_post(rig, 1, 60);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	cr_expect_eq(rig->now.ns, start + 20 * SEC);
	cr_expect_eq(rig_arrived(rig, 1), 200 * 60);
	cr_expect_geq(rig->next_count, 13, "%zu", 16 - rig->next_count);
	rig_finish(rig, 300 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* What a key that cannot be renewed is answered, for one table or two. */
static void
script_not_theirs(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->table < 2)
		call->answer.status = 401;
}

Test(credentials, tables_that_are_refused_alone_stop_no_other)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .tables = 20, .script = script_not_theirs });
	int64_t start = rig->now.ns;
	size_t refused = 0;

	for (int i = 0; i < 600; i++) {
		for (uint32_t t = 0; t < 20; t++)
			rig_post_awaited(rig, t, 5, rig->now.ns + 300 * MINUTE);
		rig_run(rig, rig->now.ns + SEC);
	}
	for (size_t i = 0; i < rig->request_count; i++) {
		struct rig_request *r = &rig->requests[i];

		if (r->table < 2)
			cr_expect(!r->settled);
		else if (i / 20 < 598)
			cr_expect_leq(r->settled_ns,
			    start + (int64_t)(i / 20) * SEC + 600 * MS);
	}
	for (size_t i = 0; i < rig->call_count; i++)
		refused += rig->calls[i].table < 2;
	cr_expect_leq(refused, 20, "%zu", refused);
	rig->options.script = NULL;
	rig_finish(rig, 20 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
script_locked(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 11 * MINUTE + 200 * SEC)
		call->answer.status = 401;
}

Test(credentials, a_bad_credential_stops_all_and_one_call_tries)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .tables = 10, .script = script_locked });
	size_t before, tried;
	int64_t wait_ns;

	rig_run(rig, 11 * MINUTE);
	for (uint32_t i = 0; i < 10; i++)
		rig_post(rig, i, 120);
	rig_run(rig, rig->now.ns + SEC);
	before = rig->call_count;
	cr_expect_eq(before, 20, "what flew before it was known");
	rig_run(rig, 11 * MINUTE + 200 * SEC);
	tried = rig->call_count - before;
	cr_expect_geq(tried, 2, "%zu", tried);
	cr_expect_leq(tried, 3, "%zu", tried);
	wait_ns = rig->calls[before].sent_ns - rig->calls[0].answer_ns;
	cr_expect_geq(wait_ns, 22 * SEC);
	cr_expect_leq(wait_ns, 30 * SEC);
	rig_finish(rig, 10 * MINUTE);
	cr_expect_eq(rig->open_most, 20);
	rig_expect_each_once(rig);

	/* Open again, and the next time counts from the start. */
	before = rig->call_count;
	for (uint32_t i = 0; i < 10; i++)
		rig_post(rig, i, 60);
	rig_run(rig, rig->now.ns + MS);
	cr_expect_eq(rig->open_count, 10, "no trial any more");
	rig_finish(rig, SEC);
	before = rig->call_count;
	rig_answer(rig, 1, RIG_ANY, rig_status(401, -1));
	rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	wait_ns = rig->calls[before + 1].sent_ns - rig->calls[before].answer_ns;
	cr_expect_geq(wait_ns, 22 * SEC);
	cr_expect_leq(wait_ns, 30 * SEC);
	rig_close(rig);
}

static void
script_mixed(struct rig *rig, struct rig_call *call)
{
	static const unsigned statuses[] = { 401, 401, 503, 401, 401, 200 };

	call->answer.status = statuses[rig->call_count - 1];
	call->answer.renewing = true;
}

Test(credentials, only_401s_in_a_row_count_against_a_table)
{
	struct rig *rig =
	    rig_open_warm((struct rig_options){ .script = script_mixed });

	rig_post(rig, 0, 60);
	rig_finish(rig, 10 * SEC);
	cr_expect_eq(rig->call_count, 6);
	rig_expect_each_once(rig);
	rig_close(rig);
}
