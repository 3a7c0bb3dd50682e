#include <criterion/criterion.h>
#include <string.h>

#include "gateway/transmit/batch.h"

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
