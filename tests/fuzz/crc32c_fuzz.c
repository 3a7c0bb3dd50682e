/* Instruction and table agree with the polynomial, also when cut in two. */
#include <assert.h>

#include "parsers/crc32c.h"
#include "tests/fuzz/exact.h"

static uint32_t
bit_by_bit(const char *bytes, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *copy = exact_bytes(bytes, len);
	size_t cut = len > 0 ? bytes[0] % (len + 1) : 0;
	uint32_t want = bit_by_bit(copy, len);

	assert(crc32c(0, copy, len) == want);
	assert(crc32c_by_table(0, copy, len) == want);
	assert(crc32c(crc32c(0, copy, cut), copy + cut, len - cut) == want);
	free(copy);
	return 0;
}
