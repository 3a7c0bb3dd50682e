/*
 * jsimd - is this line beyond doubt a good event?  64 bytes at a time.
 *
 * Most lines are good, so there is a quick answer for those: yes.  Anything
 * else, from a missing comma to a second `__time` that is spelled with
 * escapes, is "do not know", and jvalid finds the reason: it starts at the
 * last place that is known to be good.  So jsimd never says why a line is bad,
 * and can work on whole blocks of bytes instead of tokens (jsimd_kernel.h
 * tells how).
 *
 * The same algorithm, the kernel, is compiled for each instruction set.  Which
 * one runs is asked of the processor at each call, so nothing is kept.
 */
#ifndef PARSERS_JSON_JSIMD_H
#define PARSERS_JSON_JSIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSIMD_NOWHERE SIZE_MAX

/*
 * What a kernel found out.  `good` says that the line is one JSON object as RFC
 * 8259 has it, UTF-8 and surrogates included, with blanks around it at most;
 * nested at most min(max_depth, 64) deep; with no number of more than 1,000
 * characters; and with exactly one top-level name that stands for `__time`.
 *
 * If not, the line is in order up to its byte `good_to`, a bracket, brace,
 * comma or colon; JSIMD_NOWHERE if it did not get that far.
 */
struct jsimd_facts {
	bool good;
	size_t name_at; /* the name's opening quote, if before good_to */
	size_t good_to;
	uint32_t depth;   /* behind good_to */
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

/* All that it can run, fastest first; NULL behind the last. */
const struct jsimd *jsimd_nth(size_t n);

/* For x86-64 and 64-bit ARM only. */
jsimd_run jsimd_base;

/* For x86-64 only, and only where the processor has them. */
jsimd_run jsimd_avx512, jsimd_avx2;
bool jsimd_avx512_runs(void), jsimd_avx2_runs(void);

#endif
