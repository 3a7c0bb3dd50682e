/*
 * corpus - bodies to measure with: real, typical, and as bad as they come.
 *
 * Units	bytes.
 * Ownership	corpus_make gives; corpus_free takes.
 * Errors	out of memory ends the program; absent data gives no bytes.
 */
#ifndef TESTS_BENCH_CORPUS_H
#define TESTS_BENCH_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

struct corpus {
	const char *name;
	bool good; /* every line is a good event */
	char *body;
	size_t len, lines;
};

size_t corpus_count(void);
struct corpus corpus_make(size_t n);
void corpus_free(struct corpus *corpus);

#endif
