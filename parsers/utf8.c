#include "parsers/utf8.h"

#include <stdbool.h>

/*
 * Only the range of the second byte differs: it excludes the overlong forms
 * after E0 and F0, the surrogates after ED, and what is too large after F4.
 * Every later byte is 80..BF.
 */
static const struct {
	uint8_t first, last; /* of the lead byte */
	uint8_t low, high;   /* of the second */
	uint8_t length;
} leads[] = {
	/* clang-format off */
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	/* clang-format on */
};

static bool
is_tail(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

size_t
utf8_length(const char *at, const char *end)
{
	uint8_t lead = (uint8_t)at[0], second;
	size_t row = 0, length;

	if (lead < 0x80)
		return 1;
	while (row < sizeof leads / sizeof leads[0] && lead > leads[row].last)
		row++;
	if (row == sizeof leads / sizeof leads[0] || lead < leads[row].first)
		return 0;
	length = leads[row].length;
	if ((size_t)(end - at) < length)
		return 0;
	second = (uint8_t)at[1];
	if (second < leads[row].low || second > leads[row].high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_tail(at[i]))
			return 0;
	return length;
}

size_t
utf8_encode(uint32_t point, char out[UTF8_MAX])
{
	size_t length = point < 0x80      ? 1
			: point < 0x800   ? 2
			: point < 0x10000 ? 3
					  : 4;
	static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(marks[length] | point);
	return length;
}
