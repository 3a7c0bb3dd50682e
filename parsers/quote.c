#include "parsers/quote.h"

#include <string.h>

#include "parsers/text.h"

#include "parsers/utf8.h"

#define ESCAPE_LENGTH  2 /* \n */
#define UNICODE_LENGTH 6 /* \u0041 */

/* What the letter after a backslash stands for; 0: nothing. */
static const char letters[256] = {
	['"'] = '"',
	['\\'] = '\\',
	['/'] = '/',
	['b'] = '\b',
	['f'] = '\f',
	['n'] = '\n',
	['r'] = '\r',
	['t'] = '\t',
};

/* Reads \uXXXX at a place where \u is known to stand. */
static enum quote_escape
read_unit(const char *at, const char *end, uint32_t *unit_out)
{
	uint32_t unit = 0;

	for (size_t i = 2; i < UNICODE_LENGTH; i++) {
		int digit;

		if (at + i == end)
			return QUOTE_CUT;
		digit = text_hex(at[i]);
		if (digit < 0)
			return QUOTE_BAD;
		unit = unit << 4 | (uint32_t)digit;
	}
	*unit_out = unit;
	return QUOTE_GOOD;
}

static enum quote_escape
read_unicode(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out)
{
	uint32_t unit, low;
	enum quote_escape answer = read_unit(at, end, &unit);

	if (answer != QUOTE_GOOD)
		return answer;
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return QUOTE_HALF;
	if (unit < 0xd800 || unit > 0xdbff) {
		*length_out = UNICODE_LENGTH;
		*point_out = unit;
		return QUOTE_GOOD;
	}
	at += UNICODE_LENGTH;
	if (end - at < UNICODE_LENGTH || at[0] != '\\' || at[1] != 'u' ||
	    read_unit(at, end, &low) != QUOTE_GOOD || low < 0xdc00 ||
	    low > 0xdfff)
		return QUOTE_HALF;
	*length_out = (size_t)2 * UNICODE_LENGTH;
	*point_out = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	return QUOTE_GOOD;
}

enum quote_escape
quote_escape(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out)
{
	if (end - at < ESCAPE_LENGTH)
		return QUOTE_CUT;
	if (at[1] == 'u')
		return read_unicode(at, end, length_out, point_out);
	if (letters[(uint8_t)at[1]] == 0)
		return QUOTE_BAD;
	*length_out = ESCAPE_LENGTH;
	*point_out = (uint32_t)letters[(uint8_t)at[1]];
	return QUOTE_GOOD;
}

const char *
quote_end(const char *at)
{
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at;
}

bool
quote_decode(
    const char *open, const char *close, char *out, size_t room, size_t *len)
{
	const char *at = open + 1;
	char bytes[UTF8_MAX];
	uint32_t point;
	size_t length, more, used = 0;

	while (at < close) {
		length = more = 1;
		bytes[0] = *at;
		if (*at == '\\') {
			if (quote_escape(at, close, &length, &point) !=
			    QUOTE_GOOD)
				return false;
			more = utf8_encode(point, bytes);
		}
		if (more > room - used)
			return false;
		memcpy(out + used, bytes, more);
		used += more;
		at += length;
	}
	*len = used;
	return true;
}

bool
quote_equal(const char *open, const char *close, const char *text, size_t len)
{
	char decoded[64];
	size_t decoded_len;

	if (memchr(open + 1, '\\', (size_t)(close - open) - 1) == NULL)
		return (size_t)(close - open) - 1 == len &&
		       memcmp(open + 1, text, len) == 0;
	return len <= sizeof decoded &&
	       quote_decode(
		   open, close, decoded, sizeof decoded, &decoded_len) &&
	       decoded_len == len && memcmp(decoded, text, len) == 0;
}
