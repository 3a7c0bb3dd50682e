/*
 * agreement - one verdict from every way there is to reach it.
 *
 * Each kernel that this processor can run, no kernel at all, and the reference
 * judge the same line.  A difference prints the line as a C string and aborts,
 * which test runner and fuzzer both notice.
 *
 * Ownership	copies the line to a place of its exact size, so that the
 *		address sanitizer sees a read behind it.
 * Errors	abort.
 */
#ifndef TESTS_SUPPORT_AGREEMENT_H
#define TESTS_SUPPORT_AGREEMENT_H

#include <stdio.h>

#include "parsers/json/jsimd.h"
#include "tests/support/reference.h"

static inline void
agreement_broken(const char *who, const char *line, size_t len,
    const struct event_verdict *got, const struct event_verdict *want)
{
	fprintf(stderr,
	    "%s says %s at %zu (%lld), the reference %s at %zu "
	    "(%lld), of \"",
	    who, event_fault_word(got->fault), got->at, (long long)got->time_ms,
	    event_fault_word(want->fault), want->at, (long long)want->time_ms);
	for (size_t i = 0; i < len; i++)
		if (line[i] >= ' ' && line[i] <= '~' && line[i] != '"' &&
		    line[i] != '\\')
			fputc(line[i], stderr);
		else
			fprintf(stderr, "\\%03o", (unsigned char)line[i]);
	fputs("\"\n", stderr);
	abort();
}

static inline struct event_verdict
agreement_check(
    const char *bytes, size_t len, const struct event_limits *limits)
{
	struct event_verdict want = reference_check(bytes, len, limits), got;
	const struct jsimd *kernel;
	char *line = malloc(len > 0 ? len : 1);
	size_t n = 0;

	if (line == NULL)
		abort();
	memcpy(line, bytes, len);
	do {
		kernel = jsimd_nth(n++);
		got = (struct event_verdict){ EVENT_FAULT_COUNT, 1, 1 };
		event_check_by(kernel, line, len, limits, &got);
		if (got.fault != want.fault || got.at != want.at ||
		    got.time_ms != want.time_ms)
			agreement_broken(
			    kernel != NULL ? kernel->name : "no kernel", line,
			    len, &got, &want);
	} while (kernel != NULL);
	free(line);
	return want;
}

#endif
