#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>

#include "gateway/spool/spool.h"

static struct spool *
open_spool(uint64_t memory_bytes)
{
	struct spool_options options = { .memory_bytes = memory_bytes };
	struct spool *spool = NULL;
	struct err err = { 0 };

	cr_assert(spool_open(&spool, &options, &err), "%s", err.text);
	return spool;
}

static struct table home = { .references = 1000000 };

static struct record *
record_of(const char *lines)
{
	struct record *record = record_new((uint32_t)strlen(lines));

	memcpy(record->lines, lines, strlen(lines));
	record->bytes = (uint32_t)strlen(lines);
	record->events = 1;
	record->table = &home;
	return record;
}

static bool
append(struct spool *spool, struct record *record)
{
	bool ring = false;

	if (!spool_put(spool, record, &ring))
		return false;
	if (ring)
		spool_wake(spool);
	return true;
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

Test(spool, gives_records_in_the_order_of_acceptance)
{
	struct spool *spool = open_spool(1 << 20);
	const char *lines[] = { "1\n", "2\n", "3\n" };
	struct record *record, *next;
	size_t i = 0;

	for (; i < 3; i++)
		cr_assert(append(spool, record_of(lines[i])));
	i = 0;
	for (record = spool_take(spool); record != NULL; record = next) {
		next = record->next;
		cr_expect_arr_eq(record->lines, lines[i++], 2);
		spool_ack(spool, record, (struct instant){ 1 });
	}
	cr_expect_eq(i, 3);
	cr_expect_eq(spool_bytes(spool), 0);
	spool_close(&spool);
}

Test(spool, rings_once_for_many_and_is_silent_when_emptied)
{
	struct spool *spool = open_spool(1 << 20);
	struct record *record;

	cr_expect(!readable(spool_fd(spool)));
	append(spool, record_of("1\n"));
	cr_expect(readable(spool_fd(spool)));
	record = spool_take(spool);
	cr_expect(!readable(spool_fd(spool)));
	spool_ack(spool, record, (struct instant){ 1 });
	cr_expect_null(spool_take(spool));
	spool_close(&spool);
}

Test(spool, a_full_spool_says_no_and_changes_nothing)
{
	uint64_t one = sizeof(struct record) + 2 + 16;
	struct spool *spool = open_spool(2 * one);
	struct record *refused = record_of("3\n");

	cr_expect(append(spool, record_of("1\n")));
	cr_expect(append(spool, record_of("2\n")));
	cr_expect(!append(spool, refused));
	cr_expect_eq(spool_bytes(spool), 2 * one);
	record_free(refused, (struct instant){ 1 });
	spool_close(&spool); /* frees the two that were never taken */
}

static uint32_t
retry_after(const struct spool *spool, int64_t ms)
{
	return spool_retry_after_s(spool, (struct instant){ ms * NS_PER_MS });
}

Test(spool, tells_when_to_come_back_by_the_rate_at_which_it_drains)
{
	struct spool *spool = open_spool(1 << 20);
	struct record *record;

	cr_expect_eq(retry_after(spool, 1000), 60, "nothing drained yet");
	for (int i = 1; i <= 3; i++) {
		append(spool, record_of("1\n"));
		record = spool_take(spool);
		spool_ack(spool, record, (struct instant){ i * NS_PER_S });
	}
	/* About 130 bytes a second of 128 KiB: far over a minute. */
	cr_expect_eq(retry_after(spool, 3000), 60);
	for (int i = 0; i < 9000; i++) {
		append(spool, record_of("1\n"));
		record = spool_take(spool);
		spool_ack(spool, record,
		    (struct instant){ 4 * NS_PER_S + i * NS_PER_MS / 8 });
	}
	cr_expect_eq(retry_after(spool, 5200), 1, "about 1 MB a second");
	cr_expect_eq(retry_after(spool, 6500), 1, "and no window is over");
	cr_expect_gt(retry_after(spool, 15000), 5, "nothing for 10 s");
	cr_expect_eq(retry_after(spool, 1000000), 60, "nothing for long");
	spool_close(&spool);
}

Test(spool, a_settled_completion_comes_out_of_its_box_oldest_first)
{
	struct completion_box box;
	struct err err = { 0 };
	struct completion a = { .box = &box }, b = { .box = &box };

	cr_assert(completion_box_init(&box, &err), "%s", err.text);
	cr_expect_null(completion_box_take(&box));
	completion_complete(&a, COMPLETION_DELIVERED);
	completion_complete(&b, COMPLETION_WITHDRAWN);
	cr_expect(readable(box.fd));
	cr_expect_eq(completion_box_take(&box), &a);
	cr_expect_eq(a.next, &b);
	cr_expect_null(b.next);
	cr_expect_eq(a.result, COMPLETION_DELIVERED);
	cr_expect_eq(b.result, COMPLETION_WITHDRAWN);
	cr_expect(!readable(box.fd));
	completion_box_fini(&box);
}

Test(spool, a_table_may_hold_its_share_or_whatever_is_free_of_half)
{
	struct spool *spool = open_spool(10000);
	struct table *loud = &home;
	struct table quiet = { .references = 1000 };
	struct record *record, *next;

	while (spool_bytes(spool) <= 5000) {
		cr_expect_not(spool_crowded_by(spool, loud, 2));
		cr_assert(append(spool, record_of("1\n")));
	}
	cr_expect(spool_crowded_by(spool, loud, 2));
	cr_expect(spool_crowded_by(spool, loud, 50));
	cr_expect_not(spool_crowded_by(spool, loud, 1), "nobody else comes");
	cr_expect_not(spool_crowded_by(spool, &quiet, 50), "others may");
	for (record = spool_take(spool); record != NULL; record = next) {
		next = record->next;
		spool_ack(spool, record, (struct instant){ 1 });
	}
	cr_expect_eq(home.spool_bytes, 0);
	spool_close(&spool);
}
