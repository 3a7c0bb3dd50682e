/*
 * Bytes of a disk: with whatever checksum they have, and with the right one,
 * since no fuzzer finds that by itself.  What is read is within the bytes, and
 * written again it is the same.
 */
#include <assert.h>

#include "parsers/crc32c.h"
#include "gateway/journal/frame.h"
#include "tests/fuzz/exact.h"

static void
check(const char *at, size_t len)
{
	struct frame f;
	size_t head, whole;
	char *again;

	if (!frame_get(&f, at, len))
		return;
	head = frame_head_size(&f);
	whole = head + f.body.len;
	assert(whole <= len);
	assert(exact_holds(at, whole, f.table) && f.table.len <= 255);
	assert(exact_holds(at, whole, f.producer) && f.producer.len <= 255);
	assert(exact_holds(at, whole, f.ranges));
	assert(f.ranges.len == (size_t)f.range_count * FRAME_RANGE);
	assert(exact_holds(at, whole, f.body));
	assert(frame_peek(at, f.epoch) == frame_size(&f));
	assert(frame_peek(at, f.epoch + 1) == 0);
	assert(frame_peek_epoch(at) == f.epoch);
	again = malloc(head);
	assert(again != NULL);
	frame_head_put(&f, again);
	assert(memcmp(again, at, head) == 0);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t magic[4] = { 0xff, 'P', 'G', 0xfe };
	char *at = exact_bytes(bytes, len);
	size_t length;

	check(at, len);
	if (len >= FRAME_HEADER) {
		frame_peek(at, frame_peek_epoch(at));
		memcpy(at + 4, magic, sizeof magic);
		at[15] = 1; /* the version */
		length = frame_get32(at + 8) % (2 * len);
		if (length >= 4 && length <= len) {
			frame_put32(at + 8, (uint32_t)length);
			frame_put32(at, crc32c(0, at + 4, length - 4));
		}
		check(at, len);
	}
	free(at);
	return 0;
}
