#include <criterion/criterion.h>
#include <string.h>

#include "parsers/crc32c.h"
#include "gateway/journal/frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *bytes;
	size_t len;
	uint32_t crc;
} sums[] = {
	{ "", 0, 0 },
	{ "123456789", 9, 0xe3069283 },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    32, 0x8a9136aa },
};

Test(crc32c, gives_the_known_sums)
{
	for (size_t i = 0; i < COUNT(sums); i++) {
		cr_expect_eq(crc32c(0, sums[i].bytes, sums[i].len), sums[i].crc,
		    "row %zu", i);
		cr_expect_eq(crc32c_by_table(0, sums[i].bytes, sums[i].len),
		    sums[i].crc, "row %zu", i);
	}
}

Test(crc32c, instruction_and_table_agree_at_every_length_and_split)
{
	unsigned char bytes[3400]; /* twice through the longest loop */
	uint32_t random = 1;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] =
		    (unsigned char)((random = random * 1103515245 + 12345) >>
				    16);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		uint32_t whole = crc32c(0, bytes, len);

		cr_assert_eq(whole, crc32c_by_table(0, bytes, len));
		cr_assert_eq(whole,
		    crc32c(crc32c(0, bytes, len / 3), bytes + len / 3,
			len - len / 3),
		    "split at %zu", len / 3);
	}
}

static struct frame
example(void)
{
	return (struct frame){
		.kind = FRAME_EVENTS,
		.ordinal = 7,
		.events = 2,
		.range_count = 1,
		.epoch = UINT64_C(0x1234567890abcdef),
		.sequence = 99,
		.accepted_ms = 1793491200000,
		.earliest_ms = -5,
		.source_epoch = 3,
		.source_ordinal = 4,
		.table = SPAN("wikipedia"),
		.producer = SPAN("somebody"),
		.body = SPAN("{\"a\":1}\n{\"b\":2}\n"),
	};
}

/* The frame as it stands on disk. */
static size_t
put(struct frame *frame, char *out)
{
	static char range[FRAME_RANGE];
	size_t head;

	frame_range_put(range, (struct frame_range){ 1, 1 });
	frame->ranges = (struct span){ range, sizeof range };
	head = frame_head_size(frame);
	memset(out, 0, frame_size(frame));
	frame_head_put(frame, out);
	memcpy(out + head, frame->body.at, frame->body.len);
	return frame_size(frame);
}

Test(frame, reads_what_was_written)
{
	struct frame in = example(), out = { 0 };
	char bytes[512];
	size_t size = put(&in, bytes);

	cr_expect_eq(size % FRAME_ALIGN, 0);
	cr_assert(frame_get(&out, bytes, size));
	cr_expect_eq(out.kind, in.kind);
	cr_expect_eq(out.ordinal, in.ordinal);
	cr_expect_eq(out.events, in.events);
	cr_expect_eq(out.epoch, in.epoch);
	cr_expect_eq(out.sequence, in.sequence);
	cr_expect_eq(out.accepted_ms, in.accepted_ms);
	cr_expect_eq(out.earliest_ms, in.earliest_ms);
	cr_expect_eq(out.source_epoch, in.source_epoch);
	cr_expect_eq(out.source_ordinal, in.source_ordinal);
	cr_expect(span_equal(out.table, in.table));
	cr_expect(span_equal(out.producer, in.producer));
	cr_expect(span_equal(out.body, in.body));
	cr_expect_eq(out.range_count, 1);
	cr_expect_eq(frame_range_get(out.ranges.at).from, 1);
	cr_expect_eq(frame_peek(bytes, in.epoch), size);
	cr_expect_eq(frame_peek(bytes, in.epoch + 1), 0);
	cr_expect_eq(frame_peek_epoch(bytes), in.epoch);
}

Test(frame, one_bit_wrong_anywhere_is_no_frame)
{
	struct frame in = example(), out = { 0 };
	char bytes[512];
	size_t size = put(&in, bytes);
	size_t said = frame_head_size(&in) + in.body.len; /* not the padding */

	for (size_t bit = 0; bit < said * 8; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		cr_expect(!frame_get(&out, bytes, size), "bit %zu", bit);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	cr_expect_eq(out.events, 0, "untouched by all of them");
	cr_expect(frame_get(&out, bytes, size));
}

Test(frame, cut_short_anywhere_is_no_frame)
{
	struct frame in = example(), out = { 0 };
	char bytes[512], *exact;
	size_t said;

	put(&in, bytes);
	said = frame_head_size(&in) + in.body.len;
	for (size_t len = 0; len < said; len++) {
		exact = malloc(len + 1); /* so that a read beyond is seen */
		memcpy(exact, bytes, len);
		cr_expect(!frame_get(&out, exact, len), "%zu bytes", len);
		free(exact);
	}
}

Test(frame, lists_of_settlements_and_voids_keep_their_numbers)
{
	const struct frame_ack in = { 5, 6, { 7, FRAME_WHOLE } };
	char bytes[FRAME_ACK_SIZE];
	struct frame_ack out;
	struct frame_aborted v;

	frame_ack_put(bytes, &in);
	out = frame_ack_get(bytes);
	cr_expect_eq(out.epoch, 5);
	cr_expect_eq(out.ordinal, 6);
	cr_expect_eq(out.range.from, 7);
	cr_expect_eq(out.range.count, FRAME_WHOLE);
	frame_aborted_put(bytes, (struct frame_aborted){ 8, 9 });
	v = frame_aborted_get(bytes);
	cr_expect_eq(v.epoch, 8);
	cr_expect_eq(v.tail, 9);
}
