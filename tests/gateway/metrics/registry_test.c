#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/metrics/registry.h"

#define WALL INT64_C(1795514400000)

static struct registry *registry;
static struct registry_view *view;

static void
open_account(void)
{
	struct err err;

	view = malloc(sizeof *view);
	cr_assert(view != NULL && registry_open(&registry, WALL, &err));
}

static void
close_account(void)
{
	registry_close(&registry);
	cr_expect_null(registry);
	registry_close(&registry);
	free(view);
}

TestSuite(registry, .init = open_account, .fini = close_account);

static struct registry_request
request(enum outcome outcome, const char *producer, uint32_t events)
{
	return (struct registry_request){
		.outcome = outcome,
		.table_name = SPAN("clicks"),
		.producer = span_of(producer),
		.events = events,
		.bytes = 10 * events,
		.level = 2,
		.took_ns = 3 * NS_PER_MS,
		.wall_ms = WALL + 5,
	};
}

static void
count(struct registry_block *block, enum outcome outcome, const char *producer,
    uint32_t events)
{
	struct registry_request r = request(outcome, producer, events);

	registry_count(block, &r);
}

static const struct registry_producer *
producer(const char *name)
{
	return &view->producers[label_table_find(&view->labels, span_of(name))];
}

Test(registry, what_several_workers_count_is_added_up)
{
	struct registry_block *a = registry_block(registry);
	struct registry_block *b = registry_block(registry);

	for (int i = 0; i < 10; i++) {
		count(a, OUTCOME_KEPT, "web", 3);
		count(b, OUTCOME_KEPT, "web", 4);
		count(b, OUTCOME_KEPT, NULL, 1);
	}
	count(b, OUTCOME_SPOOL_FULL, "web", 0);
	registry_connections(a, 1);
	registry_connections(b, 1);
	registry_connections(a, -1);
	registry_read(registry, view);
	cr_expect_eq(view->requests[REGISTRY_EVENTS][OUTCOME_KEPT], 30);
	cr_expect_eq(view->requests[REGISTRY_EVENTS][OUTCOME_SPOOL_FULL], 1);
	cr_expect_eq(producer("web")->events, 70);
	cr_expect_eq(producer("web")->bytes, 700);
	cr_expect_eq(producer("web")->requests, 21);
	cr_expect_eq(producer("web")->refused, 1);
	cr_expect_eq(producer("unnamed")->events, 10);
	cr_expect_eq(histogram_total(&view->ack[2]), 30);
	cr_expect_eq(view->connections, 1);
}

Test(registry, a_producer_is_born_with_its_first_kept_event)
{
	struct registry_block *block = registry_block(registry);

	count(block, OUTCOME_BAD_EVENTS, "web", 0);
	registry_read(registry, view);
	cr_expect_eq(label_table_find(&view->labels, SPAN("web")), LABEL_OTHER);
	cr_expect_eq(view->producers[LABEL_OTHER].refused, 1);
	count(block, OUTCOME_KEPT, "web", 1);
	count(block, OUTCOME_BAD_EVENTS, "web", 0);
	registry_read(registry, view);
	cr_expect_eq(producer("web")->refused, 1);
}

Test(registry, what_is_no_name_is_others)
{
	static const char *const names[] = { "", "with blank", "b\x01",
		"\xc3\xa4",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234" };
	struct registry_block *block = registry_block(registry);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		count(block, OUTCOME_KEPT, names[i], 1);
	registry_read(registry, view);
	cr_expect_eq(view->labels.count, 1, "unnamed alone");
	cr_expect_eq(view->producers[LABEL_OTHER].events, 5);
}

/* Whichever worker a refusal comes to, its producer is who it is. */
Test(registry, a_producer_that_another_worker_knows_is_known)
{
	struct registry_block *first = registry_block(registry);
	struct registry_block *second = registry_block(registry);

	count(second, OUTCOME_BAD_EVENTS, "web", 0);
	count(first, OUTCOME_KEPT, "web", 2);
	count(second, OUTCOME_BAD_EVENTS, "web", 0);
	count(second, OUTCOME_BAD_EVENTS, "app", 0);
	count(first, OUTCOME_KEPT, "app", 2);
	count(second, OUTCOME_BAD_EVENTS, "app", 0);
	registry_read(registry, view);
	cr_expect_eq(producer("web")->refused, 1);
	cr_expect_eq(producer("app")->refused, 1);
	cr_expect_eq(view->producers[LABEL_OTHER].refused, 2);
}

Test(registry, who_calls_itself_other_is_one_of_them)
{
	struct registry_block *block = registry_block(registry);

	count(block, OUTCOME_KEPT, "other", 2);
	count(block, OUTCOME_BAD_EVENTS, "other", 0);
	registry_read(registry, view);
	cr_expect_eq(view->labels.count, 1, "but for unnamed, none");
	cr_expect_eq(view->producers[LABEL_OTHER].events, 2);
	cr_expect_eq(view->producers[LABEL_OTHER].refused, 1);
}

Test(registry, whom_a_record_names_is_known_to_both_sides)
{
	struct registry_block *block = registry_block(registry);
	uint16_t web = registry_producer(block, SPAN("web"), true);

	cr_expect_eq(registry_producer_by_name(registry, "web"), web);
	cr_expect_eq(registry_producer_by_name(registry, NULL),
	    registry_producer(block, (struct span){ 0 }, true));
	cr_expect_eq(
	    registry_producer_by_name(registry, "no name"), LABEL_OTHER);
	cr_expect_gt(registry_producer_by_name(registry, "app"), web);
	cr_expect_eq(registry_producer(block, SPAN("app"), false),
	    registry_producer_by_name(registry, "app"));
}

Test(registry, past_a_thousand_producers_the_rest_is_other)
{
	struct registry_block *a = registry_block(registry);
	struct registry_block *b = registry_block(registry);
	char name[20];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1500; i++) {
			snprintf(name, sizeof name, "p%d", i);
			count(i % 2 ? a : b, OUTCOME_KEPT, name, 1);
		}
	/* The other worker has never heard of it; the registry has. */
	count(a, OUTCOME_KEPT, "p0", 1);
	count(b, OUTCOME_KEPT, "p1", 1);
	registry_read(registry, view);
	cr_expect_eq(view->labels.count, LABEL_TABLE_MOST - 1);
	cr_expect_eq(producer("p0")->events, 3);
	cr_expect_eq(producer("p1")->events, 3);
	cr_expect_eq(producer("p998")->events, 2);
	cr_expect_eq(view->producers[LABEL_OTHER].events, 2 * 501);
}

Test(registry, bad_events_are_their_tables_once_that_is_known)
{
	struct registry_block *block = registry_block(registry);
	struct registry_request r = request(OUTCOME_BAD_EVENTS, "web", 0);
	struct table table = { .options.name = "clicks" };
	uint16_t label;

	r.table = &table;
	registry_fault(block, &r, EVENT_NOT_JSON, 2, 1, 0);
	(void)upstream_stats_of(registry_stats(registry), &table);
	registry_fault(block, &r, EVENT_NOT_JSON, 3, 7, 11);
	registry_publish_stats(registry);
	registry_read(registry, view);
	label = label_table_find(&view->stats.labels, SPAN("clicks"));
	cr_assert_neq(label, LABEL_OTHER);
	cr_expect_eq(view->rejected[LABEL_OTHER][EVENT_NOT_JSON], 2);
	cr_expect_eq(view->rejected[label][EVENT_NOT_JSON], 3);
	cr_expect_eq(view->reasons[EVENT_NOT_JSON], 5);
	cr_expect_str_eq(registry_reason_word(EVENT_NOT_JSON), "not_json");
}

Test(registry, the_last_three_of_a_reason_are_kept_newest_first)
{
	struct registry_block *a = registry_block(registry);
	struct registry_block *b = registry_block(registry);

	for (int i = 1; i <= 10; i++) {
		struct registry_request r =
		    request(OUTCOME_BAD_EVENTS, "web", 0);

		r.wall_ms = WALL + i;
		registry_fault(
		    i % 2 ? a : b, &r, EVENT_TIME_FORMAT, 1, (uint64_t)i, 4);
	}
	registry_read(registry, view);
	for (int i = 0; i < REGISTRY_SAMPLES; i++) {
		const struct registry_sample *s =
		    &view->samples[EVENT_TIME_FORMAT][i];

		cr_expect_eq(s->line, 10 - (uint64_t)i);
		cr_expect_eq(s->wall_ms, WALL + 10 - i);
		cr_expect_str_eq(s->table, "clicks");
		cr_expect_str_eq(s->producer, "web");
	}
}

Test(registry, without_a_pump_the_last_copy_serves)
{
	struct table table = { .options.name = "clicks" };

	upstream_stats_of(registry_stats(registry), &table)->accepted = 5;
	registry_read(registry, view);
	cr_expect_not(view->fresh);
	cr_expect_eq(view->stats.labels.count, 0, "no copy was given");
	registry_publish_stats(registry);
	registry_read(registry, view);
	cr_expect_not(view->fresh);
	cr_expect_eq(view->stats.tables[1].accepted, 5);
}

Test(registry, a_pump_that_hangs_is_waited_for_once)
{
	int wakeup_fd = eventfd(0, EFD_NONBLOCK);
	struct instant begun = clock_now();
	eventfd_t rings = 0;

	registry_set_wakeup_fd(registry, wakeup_fd);
	for (int i = 0; i < 1000; i++) {
		registry_read(registry, view);
		cr_expect_not(view->fresh);
	}
	cr_expect(clock_now().ns - begun.ns < 100 * NS_PER_S,
	    "a thousand reads do not wait a thousand times 200 ms");
	cr_expect(registry_stats_wanted(registry));
	cr_expect_eq(eventfd_read(wakeup_fd, &rings), 0);
	cr_expect_eq(rings, 1, "rung once");
	registry_publish_stats(registry);
	cr_expect_not(registry_stats_wanted(registry));
	registry_set_wakeup_fd(registry, -1);
	close(wakeup_fd);
}

Test(registry, each_minute_the_spending_begins_anew)
{
	struct upstream_stats *stats = registry_stats(registry);
	struct table table = { .options.name = "clicks" };
	struct upstream_stats_table *page = upstream_stats_of(stats, &table);

	upstream_stats_minute(stats, WALL);
	page->calls_in_minute = 3;
	stats->producer_calls_in_minute[1] = 7;
	upstream_stats_minute(stats, WALL + 59999);
	cr_expect_eq(page->calls_in_minute, 3);
	upstream_stats_minute(stats, WALL + 60000);
	cr_expect_eq(page->calls_in_minute, 0);
	cr_expect_eq(stats->producer_calls_in_minute[1], 0);
}

Test(registry, a_tick_makes_a_second_of_history)
{
	static struct history_second out[HISTORY_SECONDS];
	struct registry_block *block = registry_block(registry);
	struct table table = { .options.name = "clicks" };

	registry_tick(registry, WALL);
	count(block, OUTCOME_SPOOL_FULL, "web", 0);
	count(block, OUTCOME_KEPT, "web", 1);
	upstream_stats_of(registry_stats(registry), &table)->accepted = 8;
	registry_publish_stats(registry);
	registry_tick(registry, WALL + 2000);
	cr_assert_eq(registry_history(registry, 0, out), 1);
	cr_expect_eq(out[0].in, 4);
	cr_expect_eq(out[0].refused, 0.5);
	cr_expect(out[0].ack_p50_ms > 2 && out[0].ack_p50_ms <= 5);
}
