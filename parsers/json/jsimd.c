#include "parsers/json/jsimd.h"

/* The instruction set of jsimd_base.c: every processor of the target has it. */
#if defined(__x86_64__)
#define BASE "sse2"
#elif defined(__aarch64__)
#define BASE "neon"
#endif

#if defined(BASE)
static bool
always(void)
{
	return true;
}
#endif

/* Fastest first. */
static const struct {
	bool (*runs)(void);
	struct jsimd kernel;
} kernels[] = {
#if defined(__x86_64__)
	{ jsimd_avx512_runs, { "avx512", jsimd_avx512 } },
	{ jsimd_avx2_runs, { "avx2", jsimd_avx2 } },
#endif
#if defined(BASE)
	{ always, { BASE, jsimd_base } },
#endif
	{ NULL, { NULL, NULL } },
};

const struct jsimd *
jsimd_nth(size_t n)
{
	for (size_t i = 0; kernels[i].runs != NULL; i++)
		if (kernels[i].runs() && n-- == 0)
			return &kernels[i].kernel;
	return NULL;
}

const struct jsimd *
jsimd_best(void)
{
	return jsimd_nth(0);
}
