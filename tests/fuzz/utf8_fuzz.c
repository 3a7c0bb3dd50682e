/* A sequence is well-formed exactly if encoding what it means gives it. */
#include <assert.h>

#include "parsers/utf8.h"
#include "tests/fuzz/exact.h"

static size_t
slowly(const uint8_t *at, size_t len)
{
	char again[UTF8_MAX];
	size_t want = at[0] < 0x80   ? 1
		      : at[0] < 0xe0 ? 2
		      : at[0] < 0xf0 ? 3
				     : 4;
	uint32_t point = at[0];

	if (want > len)
		return 0;
	if (want > 1)
		point &= 0x7fu >> want;
	for (size_t i = 1; i < want; i++)
		point = point << 6 | (at[i] & 0x3f);
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return utf8_encode(point, again) == want && memcmp(again, at, want) == 0
		   ? want
		   : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);

	for (size_t i = 0; i < len; i++)
		assert(utf8_length(text + i, text + len) ==
		       slowly(bytes + i, len - i));
	free(text);
	return 0;
}
