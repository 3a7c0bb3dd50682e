#include "parsers/sweep.h"

#include "parsers/sweep_line.h"

int
sweep_hex(const char *at)
{
	int unit = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)at[i];
		unsigned digit = c - '0', letter = (c | 0x20u) - 'a';

		if (digit > 9 && letter > 5)
			return -1;
		unit = unit << 4 | (int)(digit > 9 ? letter + 10 : digit);
	}
	return unit;
}

/*
 * None of the letters of __time has a short escape, so that each is either
 * itself or \u00XX.
 */
bool
sweep_spelled_time(const char *at, const char *end)
{
	static const char name[] = "__time";

	at++;
	for (size_t i = 0; i < sizeof name - 1; i++) {
		if (at < end && *at == name[i])
			at++;
		else if (end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
			 sweep_hex(at + 2) == name[i])
			at += 6;
		else
			return false;
	}
	return at < end && *at == '"';
}

#if defined(LANES)
static struct sweep_facts
sweep_vectors(const char *line, size_t len, uint32_t max_depth)
{
	return sweep_line(line, len, max_depth);
}

static bool
always(void)
{
	return true;
}
#endif

/* Fastest first. */
static const struct {
	bool (*runs)(void);
	struct sweep sweep;
} sweeps[] = {
#if defined(__x86_64__)
	{ sweep_avx512_runs, { "avx512", sweep_avx512 } },
	{ sweep_avx2_runs, { "avx2", sweep_avx2 } },
#endif
#if defined(LANES)
	{ always, { LANES, sweep_vectors } },
#endif
	{ NULL, { NULL, NULL } },
};

const struct sweep *
sweep_nth(size_t n)
{
	for (size_t i = 0; sweeps[i].runs != NULL; i++)
		if (sweeps[i].runs() && n-- == 0)
			return &sweeps[i].sweep;
	return NULL;
}

const struct sweep *
sweep_best(void)
{
	return sweep_nth(0);
}
