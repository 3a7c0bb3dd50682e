#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scheduler/batch.h"

#define PART 10

/* Three parts of one record, "aaa...bbb...ccc...". */
static struct batch *
filled(struct batch_pool *pool, struct record *record)
{
	struct batch *batch = batch_take(pool);

	for (uint32_t i = 0; i < 3; i++) {
		memset(record->lines + i * PART, 'a' + (int)i, PART);
		cr_assert(batch_plan(batch,
		    (struct batch_part){ record, i * PART, i, PART, i + 1 }));
	}
	cr_assert_eq(batch->bytes, 3 * PART);
	cr_assert_eq(batch->events, 6);
	cr_assert(batch_fill(batch));
	return batch;
}

Test(batch, parts_may_be_dropped_from_anywhere)
{
	for (unsigned dropped = 0; dropped < 8; dropped++) {
		struct record *record = record_new(3 * PART);
		struct batch_pool pool = { 0 };
		struct batch *batch = filled(&pool, record);
		char want[3 * PART];
		uint32_t events = 0;
		size_t bytes = 0;

		for (unsigned i = 0; i < 3; i++) {
			if (dropped & 1u << i) {
				batch->parts[i].record = NULL;
				continue;
			}
			memset(want + bytes, 'a' + (int)i, PART);
			bytes += PART;
			events += i + 1;
		}
		batch_compact(batch);
		cr_expect_eq(batch->bytes, bytes);
		cr_expect_eq(batch->events, events);
		cr_expect_eq(batch->part_count, bytes / PART);
		cr_expect_eq(
		    memcmp(batch->body, want, bytes), 0, "%u", dropped);
		batch_give(&pool, batch);
		batch_pool_fini(&pool);
		record_free(record, (struct instant){ 0 });
	}
}

Test(batch, spare_memory_has_a_maximum)
{
	enum { MEBI = 1024 * 1024, MANY = 40 };
	struct record *record = record_new(MEBI);
	struct batch_pool pool = { 0 };
	struct batch *batches[MANY];

	memset(record->lines, 'x', MEBI);
	for (int i = 0; i < MANY; i++) {
		batches[i] = batch_take(&pool);
		cr_assert(batch_plan(
		    batches[i], (struct batch_part){ record, 0, 0, MEBI, 1 }));
		cr_assert(batch_fill(batches[i]));
	}
	for (int i = 0; i < MANY; i++)
		batch_give(&pool, batches[i]);
	cr_expect_eq(pool.bytes, 16 * MEBI);
	for (int i = 0; i < 16; i++) {
		batches[i] = batch_take(&pool);
		cr_expect_eq(batches[i]->room, MEBI, "used again");
		cr_expect_eq(batches[i]->part_count, 0);
	}
	cr_expect_eq(pool.bytes, 0);
	for (int i = 0; i < 16; i++)
		batch_give(&pool, batches[i]);
	batch_pool_fini(&pool);
	record_free(record, (struct instant){ 0 });
}

/* Lines of 3 bytes in three records of 1, 4 and 2, cut everywhere. */
Test(batch, splits_anywhere_in_order)
{
	static const uint32_t sizes[] = { 1, 4, 2 };
	enum { EVENTS = 7, LINE = 3 };

	for (uint32_t at = 1; at < EVENTS; at++) {
		struct batch_pool pool = { 0 };
		struct batch *halves[2] = { batch_take(&pool),
			batch_take(&pool) };
		struct record *records[3];
		uint32_t number = 0, of[EVENTS] = { 0, 0, 1, 2, 3, 0, 1 };

		for (uint32_t i = 0; i < 3; i++) {
			records[i] = record_new(sizes[i] * LINE + 1);
			for (uint32_t k = 0; k < sizes[i]; k++, number++)
				sprintf(records[i]->lines + k * LINE, "%02u",
				    number),
				    records[i]->lines[k * LINE + 2] = '\n';
			cr_assert(batch_plan(
			    halves[1], (struct batch_part){ records[i], 0, 0,
					   sizes[i] * LINE, sizes[i] }));
		}
		cr_assert(batch_fill(halves[1]));
		cr_assert(batch_split(halves[1], at, halves[0]));
		cr_expect_eq(halves[0]->events, at);
		cr_expect_eq(halves[1]->events, EVENTS - at);
		number = 0;
		for (int h = 0; h < 2; h++) {
			const char *body = halves[h]->body;

			cr_expect_eq(
			    halves[h]->bytes, (size_t)halves[h]->events * LINE);
			for (uint32_t p = 0; p < halves[h]->part_count; p++) {
				struct batch_part part = halves[h]->parts[p];

				cr_expect_eq(part.first, of[number]);
				cr_expect_eq(part.offset, part.first * LINE);
				cr_expect_eq(part.bytes, part.events * LINE);
				for (uint32_t e = 0; e < part.events;
				     e++, number++, body += LINE)
					cr_expect_eq(
					    strtoul(body, NULL, 10), number);
			}
		}
		cr_expect_eq(number, EVENTS);
		batch_give(&pool, halves[0]);
		batch_give(&pool, halves[1]);
		batch_pool_fini(&pool);
		for (int i = 0; i < 3; i++)
			record_free(records[i], (struct instant){ 0 });
	}
}
