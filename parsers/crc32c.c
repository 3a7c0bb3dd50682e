#include "parsers/crc32c.h"

#include <string.h>

/* Four bits at a time: the table is small, and rarely used. */
static const uint32_t nibble[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede,
	0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78,
	0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a,
	0xf36e6f75 };

uint32_t
crc32c_by_table(uint32_t crc, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		crc = nibble[crc & 15] ^ crc >> 4;
		crc = nibble[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>

/*
 * The instruction takes three cycles, and a new one can begin in each cycle.
 * So three blocks of this many bytes are computed at once, and then combined.
 */
#define BLOCK 512

/* x to the power 8 * BLOCK - 33, modulo the polynomial; bits reflected. */
#define SHIFT_BLOCK 0xdd7e3b0c

#define TARGET __attribute__((target("sse4.2,pclmul")))

/* What `crc` becomes when BLOCK zero bytes follow, and then `next`. */
TARGET static uint32_t
combine(uint32_t crc, uint32_t next)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc),
	    _mm_cvtsi32_si128((int)SHIFT_BLOCK), 0);
	uint64_t shifted =
	    _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));

	return (uint32_t)shifted ^ next;
}

static uint64_t
word_at(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

TARGET static uint32_t
three_blocks(uint32_t crc, const unsigned char *at)
{
	const unsigned char *end = at + BLOCK;
	uint64_t a = crc, b = 0, c = 0;

	for (; at < end; at += sizeof(uint64_t)) {
		a = _mm_crc32_u64(a, word_at(at));
		b = _mm_crc32_u64(b, word_at(at + BLOCK));
		c = _mm_crc32_u64(c, word_at(at + 2 * BLOCK));
	}
	return combine(combine((uint32_t)a, (uint32_t)b), (uint32_t)c);
}

TARGET static uint32_t
by_instruction(uint32_t crc, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t wide;

	crc = ~crc;
	for (; len >= 3 * BLOCK; len -= 3 * BLOCK, at += 3 * BLOCK)
		crc = three_blocks(crc, at);
	wide = crc;
	for (; len >= sizeof wide; len -= sizeof wide, at += sizeof wide)
		wide = _mm_crc32_u64(wide, word_at(at));
	crc = (uint32_t)wide;
	for (; len > 0; len--)
		crc = _mm_crc32_u8(crc, *at++);
	return ~crc;
}

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
	if (__builtin_cpu_supports("sse4.2") &&
	    __builtin_cpu_supports("pclmul"))
		return by_instruction(crc, bytes, len);
	return crc32c_by_table(crc, bytes, len);
}
#else
uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
	return crc32c_by_table(crc, bytes, len);
}
#endif
