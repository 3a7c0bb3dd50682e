/*
 * event - checks one line of a producer: may it be sent upstream, and if not,
 * what is its first fault?
 *
 * The gateway is the last place where a producer can learn that an event is
 * bad: upstream answers 200 and drops it later.  So the check is strict and
 * names the first fault and its place.  It must also be fast: jsimd recognises
 * lines without a fault in blocks of 64 bytes, and jvalid walks only the other
 * lines byte by byte.
 *
 * Faults are looked for in this order, and the first is reported: encoding and
 * syntax (by place), not an object, too deep, number too long, too large, then
 * __time: missing, twice, not a string, not a time, and its age.
 *
 * The place of a fault (encoding and syntax: see jvalid.h) is
 *	not_object	the first byte of what stands there instead
 *	too_deep	the first bracket or brace that is too deep
 *	number_too_long	its first byte
 *	too_large	the first byte that does not fit
 *	time_missing	0
 *	time_duplicate	the quote that opens the second name
 *	other time_*	the first byte of the value: its quote, for a string
 *
 * Units	milliseconds since 1970 UTC.
 */
#ifndef PARSERS_JSON_EVENT_H
#define PARSERS_JSON_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_NUMBER_MAX 1000 /* characters */

/* clang-format off */
/*	symbol		word			for people */
#define EVENT_FAULTS(X) \
	X(NOT_JSON,	"not_json",		"this is not JSON") \
	X(BAD_UTF8,	"bad_utf8",		"not valid UTF-8, or half of a surrogate pair") \
	X(NOT_OBJECT,	"not_object",		"an event is one JSON object") \
	X(TOO_DEEP,	"too_deep",		"nested deeper than events.max_depth") \
	X(NUMBER_TOO_LONG, "number_too_long",	"a number has more than 1,000 characters") \
	X(TIME_MISSING,	"time_missing",		"there is no top-level \"__time\"") \
	X(TIME_DUPLICATE, "time_duplicate",	"there is a second top-level \"__time\"") \
	X(TIME_NOT_STRING, "time_not_string",	"\"__time\" is not a string") \
	X(TIME_FORMAT,	"time_format",		"\"__time\" is not a time such as 2022-04-16T00:46:58.771Z") \
	X(TIME_TOO_OLD,	"time_too_old",		"\"__time\" is older than events.max_age") \
	X(TIME_TOO_NEW,	"time_too_new",		"\"__time\" is further ahead than events.max_ahead") \
	X(TOO_LARGE,	"too_large",		"the event does not fit a batch of its table")
/* clang-format on */

enum event_fault {
	EVENT_OK = 0,
#define X(symbol, word, text) EVENT_##symbol,
	EVENT_FAULTS(X)
#undef X
	    EVENT_FAULT_COUNT
};

/* What holds for a table's events at this moment. */
struct event_limits {
	int64_t oldest_ms, newest_ms; /* both are still accepted */
	uint32_t max_depth;           /* the event's own braces are 1 */
	uint32_t max_line_bytes;      /* the line with its line feed */
};

struct event_verdict {
	enum event_fault fault;
	size_t at;       /* offset in the line where the fault begins */
	int64_t time_ms; /* the event's time, when there is no fault */
};

/* True if the event is good.  The verdict is filled in either case. */
bool event_check(const char *line, size_t len,
    const struct event_limits *limits, struct event_verdict *out);

/* The same by one kernel, or by none: for tests and benchmarks. */
struct jsimd;
bool event_check_by(const struct jsimd *kernel, const char *line, size_t len,
    const struct event_limits *limits, struct event_verdict *out);

/* The stable word and the sentence; empty for EVENT_OK. */
const char *event_fault_word(enum event_fault fault);
const char *event_fault_text(enum event_fault fault);

#endif
