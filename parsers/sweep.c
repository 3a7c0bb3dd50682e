#include "parsers/sweep.h"

#include "parsers/sweep_bits.h"

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

bool
sweep_portable(
    const char *line, size_t len, uint32_t max_depth, size_t *name_at_out)
{
	return sweep_line(line, len, max_depth, name_at_out);
}

#if defined(__x86_64__)
static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("pclmul");
}
#endif

static bool
always(void)
{
	return true;
}

/* Fastest first. */
static const struct {
	bool (*runs)(void);
	struct sweep sweep;
} sweeps[] = {
#if defined(__x86_64__)
	{ has_avx2, { "avx2", sweep_avx2 } },
	{ always, { "sse2", sweep_sse2 } },
#elif defined(__aarch64__)
	{ always, { "neon", sweep_neon } },
#endif
	{ always, { "portable", sweep_portable } },
};

const struct sweep *
sweep_nth(size_t n)
{
	for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++)
		if (sweeps[i].runs() && n-- == 0)
			return &sweeps[i].sweep;
	return NULL;
}

const struct sweep *
sweep_best(void)
{
	return sweep_nth(0);
}
