/*
 * sweep - is this line beyond doubt a good event?  64 bytes at a time.
 *
 * Most lines are good, so there is a quick answer for those: yes.  Anything
 * else, from a missing comma to a `__time` that is spelled with escapes twice,
 * is "do not know", and `grammar` finds out what it is.  Hence a sweep has no
 * opinion about places and reasons, and can work on whole blocks of bytes
 * instead of tokens (sweep_bits.h tells how).
 *
 * The same algorithm is compiled for each kind of vectors; which one runs is
 * asked of the processor at each call, so that nothing is kept.
 *
 * Units	bytes.
 * Ownership	borrows the line for the call; allocates nothing.
 * Threads	none inside.
 * Errors	none: false is no verdict.
 */
#ifndef PARSERS_SWEEP_H
#define PARSERS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True: the line is one JSON object as RFC 8259 has it, UTF-8 and surrogates
 * included, with blanks around it at most, nested at most min(max_depth, 64)
 * deep; no number has more than 1,000 characters; and exactly one top-level
 * name stands for `__time`: its opening quote is at *name_at_out.
 */
typedef bool sweep_run(
    const char *line, size_t len, uint32_t max_depth, size_t *name_at_out);

struct sweep {
	const char *name;
	sweep_run *run;
};

/* The fastest that this processor can run; NULL: it has no vectors. */
const struct sweep *sweep_best(void);

/* All that it can run, fastest first; NULL behind the last. */
const struct sweep *sweep_nth(size_t n);

/* For x86-64 only, and only where the processor has them. */
sweep_run sweep_avx512, sweep_avx2;
bool sweep_avx512_runs(void), sweep_avx2_runs(void);

#endif
