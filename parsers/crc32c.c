#include "parsers/crc32c.h"

#include <string.h>

/* Four bits at a time: small enough to stand here, and rarely used. */
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

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t wide = ~crc, word;

	for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len > 0; len--)
		crc = _mm_crc32_u8(crc, *at++);
	return ~crc;
}

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
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
