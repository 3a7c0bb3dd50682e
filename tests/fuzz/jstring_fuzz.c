/* An escape means what a slow reader finds, and never reaches over the end. */
#include <assert.h>

#include "parsers/json/jstring.h"
#include "tests/fuzz/exact.h"

/* The unit of \uXXXX at `at`, or -1. */
static long
unit(const char *at, size_t len)
{
	char digits[5] = "";
	char *end;
	long value;

	if (len < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	memcpy(digits, at + 2, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	value = strtol(digits, &end, 16);
	return value;
}

/* Gives the length, 0 if it is no escape. */
static size_t
slowly(const char *at, size_t len, uint32_t *point)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	long high, low;

	if (len >= 2 && at[1] != '\0' && (found = strchr(from, at[1]))) {
		*point = (uint8_t)to[found - from];
		return 2;
	}
	high = unit(at, len);
	if (high < 0 || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	*point = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	low = unit(at + 6, len - 6);
	*point = (uint32_t)(0x10000 + (high - 0xd800) * 0x400 + low - 0xdc00);
	return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	uint32_t point = 0, want_point = 0;
	size_t length = 0, want;
	enum jstring_escape answer;

	if (len > 0) {
		text[0] = '\\';
		want = slowly(text, len, &want_point);
		answer = jstring_escape(text, text + len, &length, &point);
		assert((answer == JSTRING_GOOD) == (want > 0));
		if (answer == JSTRING_GOOD)
			assert(length == want && point == want_point);
		if (answer == JSTRING_CUT)
			assert(len < 12);
	}
	free(text);
	return 0;
}
