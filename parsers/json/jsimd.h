/*
 * jsimd - recognises lines that are good events, 64 bytes at a time.
 *
 * Most lines are good, so the fast check answers "good" or "unknown".  A line
 * is unknown if it is bad, or in a few rare cases good; jvalid then checks it,
 * beginning at the last place that is known to be good.  jsimd never says why a
 * line is bad, so it can work on blocks of bytes instead of tokens (see
 * jsimd_kernel.h).
 *
 * The same algorithm, the kernel, is compiled for each instruction set.  The
 * processor is asked at each call which kernel it can run, so there is no
 * global state.
 */
#ifndef PARSERS_JSON_JSIMD_H
#define PARSERS_JSON_JSIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSIMD_NOWHERE SIZE_MAX

/*
 * The result of a kernel.  `good`: the line is one JSON object (RFC 8259, UTF-8
 * and surrogates included) and blanks around it; nested at most
 * min(max_depth, 64) deep; without a number of more than 1,000 characters; and
 * with exactly one top-level name that decodes to `__time`.
 *
 * If not `good`, the line has no fault up to its byte `good_to`, which is a
 * bracket, brace, comma or colon; JSIMD_NOWHERE: no such byte is known.
 */
struct jsimd_facts {
	bool good;
	size_t name_at; /* the name's opening quote, if before good_to */
	size_t good_to;
	uint32_t depth;   /* after good_to */
	uint64_t objects; /* bit 0: is the innermost container an object? */
};

typedef struct jsimd_facts jsimd_run(
    const char *line, size_t len, uint32_t max_depth);

struct jsimd {
	const char *name;
	jsimd_run *run;
};

/* The fastest that this processor can run; NULL: it has no vectors. */
const struct jsimd *jsimd_best(void);

/* All that it can run, fastest first; NULL after the last. */
const struct jsimd *jsimd_nth(size_t n);

/* For x86-64 and 64-bit ARM only. */
jsimd_run jsimd_base;

/* For x86-64 only, and only where the processor has them. */
jsimd_run jsimd_avx512, jsimd_avx2;
bool jsimd_avx512_runs(void), jsimd_avx2_runs(void);

#endif
