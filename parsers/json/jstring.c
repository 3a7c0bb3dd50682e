#include "parsers/json/jstring.h"
#include "parsers/span.h"

#include <string.h>

#include "parsers/utf8.h"

#define ESCAPE_LENGTH  2 /* \n */
#define UNICODE_LENGTH 6 /* \u0041 */

/* The byte that an escape letter stands for; 0: not an escape. */
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
static enum jstring_escape
read_unit(const char *at, const char *end, uint32_t *unit_out)
{
	uint32_t unit = 0;

	for (size_t i = 2; i < UNICODE_LENGTH; i++) {
		int digit;

		if (at + i == end)
			return JSTRING_CUT;
		digit = span_hex_digit(at[i]);
		if (digit < 0)
			return JSTRING_BAD;
		unit = unit << 4 | (uint32_t)digit;
	}
	*unit_out = unit;
	return JSTRING_GOOD;
}

static enum jstring_escape
read_unicode(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out)
{
	uint32_t unit, low;
	enum jstring_escape answer = read_unit(at, end, &unit);

	if (answer != JSTRING_GOOD)
		return answer;
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return JSTRING_HALF;
	if (unit < 0xd800 || unit > 0xdbff) {
		*length_out = UNICODE_LENGTH;
		*point_out = unit;
		return JSTRING_GOOD;
	}
	at += UNICODE_LENGTH;
	if (end - at < UNICODE_LENGTH || at[0] != '\\' || at[1] != 'u' ||
	    read_unit(at, end, &low) != JSTRING_GOOD || low < 0xdc00 ||
	    low > 0xdfff)
		return JSTRING_HALF;
	*length_out = (size_t)2 * UNICODE_LENGTH;
	*point_out = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	return JSTRING_GOOD;
}

enum jstring_escape
jstring_escape(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out)
{
	if (end - at < ESCAPE_LENGTH)
		return JSTRING_CUT;
	if (at[1] == 'u')
		return read_unicode(at, end, length_out, point_out);
	if (letters[(uint8_t)at[1]] == 0)
		return JSTRING_BAD;
	*length_out = ESCAPE_LENGTH;
	*point_out = (uint32_t)letters[(uint8_t)at[1]];
	return JSTRING_GOOD;
}

const char *
jstring_end(const char *at)
{
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at;
}

bool
jstring_decode(
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
			if (jstring_escape(at, close, &length, &point) !=
			    JSTRING_GOOD)
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
jstring_equal(const char *open, const char *close, const char *text, size_t len)
{
	char decoded[64];
	size_t decoded_len;

	if (memchr(open + 1, '\\', (size_t)(close - open) - 1) == NULL)
		return (size_t)(close - open) - 1 == len &&
		       memcmp(open + 1, text, len) == 0;
	return len <= sizeof decoded &&
	       jstring_decode(
		   open, close, decoded, sizeof decoded, &decoded_len) &&
	       decoded_len == len && memcmp(decoded, text, len) == 0;
}
