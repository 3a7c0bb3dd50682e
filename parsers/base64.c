#include "parsers/base64.h"

#include <stdint.h>
#include <string.h>

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

/* The six bits of a character; -1: not of the alphabet. */
static int
bits_of(char c)
{
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

/* Four characters of which the last `pads` are padding. */
static bool
decode(const char four[4], size_t pads, uint32_t *out)
{
	uint32_t n = 0;
	int bits;

	for (size_t i = 0; i < 4; i++) {
		bits = i < 4 - pads ? bits_of(four[i]) : 0;
		if (bits < 0)
			return false;
		n = n << 6 | (uint32_t)bits;
	}
	*out = n;
	/* Canonical: the bits that padding cuts off must be 0. */
	return (n & ((UINT32_C(1) << 8 * pads) - 1)) == 0;
}

bool
base64_decode(struct span text, char *out, size_t *len_out)
{
	size_t len = 0, pads;
	uint32_t n;

	if (text.len % 4 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		pads = 0;
		if (i + 4 == text.len)
			pads = text.at[i + 3] != '='   ? 0
			       : text.at[i + 2] != '=' ? 1
						       : 2;
		if (!decode(text.at + i, pads, &n))
			return false;
		for (size_t k = 0; k < 3 - pads; k++)
			out[len++] = (char)(n >> (16 - 8 * k) & 0xff);
	}
	*len_out = len;
	return true;
}
