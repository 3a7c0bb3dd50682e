/*
 * violation - what Polaris would let pass, but a good client does not do.
 *
 * Polaris answers 200 to a malformed line and drops it behind the client's
 * back.  So do we, but we count it here, so that a test can demand zero and a
 * person in a dry run sees what is wrong.  The sample tells the first one of
 * its kind since the last reset and never quotes a payload.
 *
 * Ownership	a plain value; zeroed it is ready.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef SIM_VIOLATION_H
#define SIM_VIOLATION_H

#include <stdint.h>

#include "parsers/buffer.h"

/*	symbol		word in the statistics */
#define VIOLATIONS(X)                                                          \
	X(NOT_OBJECT, "line_not_object")                                       \
	X(NOT_JSON, "line_not_json")                                           \
	X(NO_TIME, "line_without_one_time")                                    \
	X(BLANK_LINE, "blank_line")                                            \
	X(CARRIAGE_RETURN, "carriage_return")                                  \
	X(NO_NEWLINE, "no_final_newline")                                      \
	X(EMPTY_BODY, "empty_body")                                            \
	X(CONTENT_TYPE, "content_type_not_json")                               \
	X(BAD_GZIP, "bad_gzip")                                                \
	X(EXPECT, "expect_header")                                             \
	X(HOST, "not_one_host")                                                \
	X(REPEATED, "repeated_header")                                         \
	X(USER_AGENT, "no_user_agent")                                         \
	X(NO_LENGTH, "no_content_length")                                      \
	X(BAD_HEAD, "bad_request_head")                                        \
	X(CUT_SHORT, "cut_short_by_client")

enum violation {
#define X(symbol, word) VIOLATION_##symbol,
	VIOLATIONS(X)
#undef X
	    VIOLATION_COUNT
};

struct violations {
	uint64_t total;
	uint64_t each[VIOLATION_COUNT];
	char sample[160]; /* JSON-safe */
};

const char *violation_word(enum violation v);

void violation_count(struct violations *all, enum violation v, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Appends {"word":count,...} of those that happened. */
void violation_print(const struct violations *all, struct buffer *out);

#endif
