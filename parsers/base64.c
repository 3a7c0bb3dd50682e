#include "parsers/base64.h"

#include <stdint.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three bytes become four characters. */
static void
encode(const unsigned char *at, size_t len, char out[4])
{
	uint32_t n = (uint32_t)at[0] << 16;

	if (len > 1)
		n |= (uint32_t)at[1] << 8;
	if (len > 2)
		n |= at[2];
	for (size_t i = 0; i < 4; i++)
		out[i] = i <= len ? alphabet[n >> (18 - 6 * i) & 63] : '=';
}

bool
base64_append(struct buffer *b, struct span bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.at;
	char four[4];

	if (bytes.len > b->max || !buffer_reserve(b, (bytes.len + 2) / 3 * 4))
		return false;
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;

		encode(at + i, left < 3 ? left : 3, four);
		buffer_append(b, four, sizeof four);
	}
	return true;
}
