#include "parsers/json/jsimd.h"

/* The instruction set that every processor of the target has. */
#if defined(__x86_64__)
#include "parsers/json/simd_sse2.h"
#elif defined(__aarch64__)
#include "parsers/json/simd_neon.h"
#endif

#include "parsers/json/jsimd_kernel.h"

#if defined(SIMD)

/* The value of a hexadecimal digit, plus 16; 0: no such digit. */
static const uint8_t digits[256] = {
	/* clang-format off */
	['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20,
	['5'] = 21, ['6'] = 22, ['7'] = 23, ['8'] = 24, ['9'] = 25,
	['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30, ['F'] = 31,
	['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
	/* clang-format on */
};

int
jsimd_hex(const char *at)
{
	unsigned a = digits[(uint8_t)at[0]], b = digits[(uint8_t)at[1]];
	unsigned c = digits[(uint8_t)at[2]], d = digits[(uint8_t)at[3]];

	if ((a & b & c & d & 16) == 0)
		return -1;
	return (int)((a & 15) << 12 | (b & 15) << 8 | (c & 15) << 4 | (d & 15));
}

/*
 * None of the letters of __time has a short escape, so that each is either
 * itself or \u00XX.
 */
bool
jsimd_spelled_time(const char *at, const char *end)
{
	static const char name[] = "__time";

	at++;
	for (size_t i = 0; i < sizeof name - 1; i++) {
		if (at < end && *at == name[i])
			at++;
		else if (end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
			 jsimd_hex(at + 2) == name[i])
			at += 6;
		else
			return false;
	}
	return at < end && *at == '"';
}

struct jsimd_facts
jsimd_base(const char *line, size_t len, uint32_t max_depth)
{
	return jsimd_line(line, len, max_depth);
}

#endif
