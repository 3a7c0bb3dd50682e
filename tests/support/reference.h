/*
 * reference - the verdict on an event, by the slowest and plainest means.
 *
 * It shares no code with the parsers except for timestamp_parse, which has a
 * reference of its own in the shared data.  It is recursive, copies what it
 * compares, decides numbers by a regular expression and looks for broken UTF-8
 * in a pass of its own.  If it and the parsers agree on millions of mutated
 * inputs, then both say what the contract says or both are wrong alike.
 *
 * Ownership	borrows everything.
 * Errors	none: a fault is a value.
 */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/json/event.h"
#include "parsers/timestamp.h"

#define REFERENCE_NONE SIZE_MAX

struct reference {
	const unsigned char *s;
	size_t n, i;
	size_t bad_at; /* first fault of syntax or of a surrogate */
	bool bad_is_encoding;
	size_t depth, max_depth;
	size_t deep_at, long_at;
	size_t times, time_at, again_at;
};

static inline bool
reference_bad(struct reference *r, size_t at, bool encoding)
{
	r->bad_at = at;
	r->bad_is_encoding = encoding;
	return false;
}

/* Where the first sequence begins that RFC 3629 does not know. */
static inline size_t
reference_broken_utf8(const unsigned char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t more = s[i] < 0x80             ? 0
			      : (s[i] & 0xe0) == 0xc0 ? 1
			      : (s[i] & 0xf0) == 0xe0 ? 2
			      : (s[i] & 0xf8) == 0xf0 ? 3
						      : 9;
		static const unsigned least[] = { 0, 0x80, 0x800, 0x10000 };
		unsigned point = s[i];

		if (more == 9 || i + more >= n)
			return i;
		if (more > 0)
			point &= 0x3fu >> more;
		for (size_t k = 1; k <= more; k++) {
			if ((s[i + k] & 0xc0) != 0x80)
				return i;
			point = point * 64 + (s[i + k] & 0x3f);
		}
		if (point < least[more] || point > 0x10ffff ||
		    (point >= 0xd800 && point <= 0xdfff))
			return i;
		i += more + 1;
	}
	return REFERENCE_NONE;
}

static inline void
reference_blanks(struct reference *r)
{
	while (r->i < r->n && memchr(" \t\r", r->s[r->i], 3) != NULL)
		r->i++;
}

/* Four hexadecimal digits at i, or -1; -2 when the text ends before. */
static inline long
reference_hex(const struct reference *r, size_t i)
{
	char digits[5] = "";

	for (size_t k = 0; k < 4; k++) {
		if (i + k >= r->n)
			return -2;
		if (r->s[i + k] == 0 ||
		    strchr("0123456789abcdefABCDEF", r->s[i + k]) == NULL)
			return -1;
		digits[k] = (char)r->s[i + k];
	}
	return strtol(digits, NULL, 16);
}

/* A string; code points are written to `points` as far as they fit. */
static inline bool
reference_string(struct reference *r, long *points, size_t room, size_t *count)
{
	*count = 0;
	r->i++;
	for (;;) {
		size_t at = r->i;
		long point, low;

		if (at == r->n)
			return reference_bad(r, at, false);
		point = r->s[r->i++];
		if (point == '"')
			return true;
		if (point < 0x20)
			return reference_bad(r, at, false);
		if (point == '\\') {
			static const char from[] = "\"\\/bfnrt";
			static const char to[] = "\"\\/\b\f\n\r\t";
			const char *found;

			if (r->i == r->n)
				return reference_bad(r, r->n, false);
			point = r->s[r->i++];
			found = point != 0 ? strchr(from, (int)point) : NULL;
			if (found != NULL) {
				point = to[found - from];
			} else if (point == 'u') {
				point = reference_hex(r, r->i);
				if (point == -2)
					return reference_bad(r, r->n, false);
				if (point == -1)
					return reference_bad(r, at, false);
				r->i += 4;
				if (point >= 0xdc00 && point <= 0xdfff)
					return reference_bad(r, at, true);
				if (point >= 0xd800 && point <= 0xdbff) {
					if (r->n - r->i < 6 ||
					    memcmp(r->s + r->i, "\\u", 2) != 0)
						return reference_bad(
						    r, at, true);
					low = reference_hex(r, r->i + 2);
					if (low < 0xdc00 || low > 0xdfff)
						return reference_bad(
						    r, at, true);
					r->i += 6;
					point = 0x10000 +
						(point - 0xd800) * 1024 +
						(low - 0xdc00);
				}
			} else {
				return reference_bad(r, at, false);
			}
		}
		if (*count < room)
			points[*count] = point;
		++*count;
	}
}

static inline bool
reference_is_number(const char *word)
{
	static regex_t number;
	static bool compiled;

	if (!compiled && regcomp(&number,
			     "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?"
			     "([eE][-+]?[0-9]+)?$",
			     REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	compiled = true;
	return regexec(&number, word, 0, NULL, 0) == 0;
}

/* A word: everything up to a character that has a meaning of its own. */
static inline bool
reference_word(struct reference *r)
{
	size_t at = r->i, len;
	char *word;
	bool ok;

	while (r->i < r->n && (r->s[r->i] == 0 || strchr(" \t\r\n\"{}[],:",
						      r->s[r->i]) == NULL))
		r->i++;
	len = r->i - at;
	word = strndup((const char *)r->s + at, len);
	ok = strlen(word) == len &&
	     (strcmp(word, "true") == 0 || strcmp(word, "false") == 0 ||
		 strcmp(word, "null") == 0);
	if (!ok && strlen(word) == len && reference_is_number(word)) {
		ok = true;
		if (len > EVENT_NUMBER_MAX && r->long_at == REFERENCE_NONE)
			r->long_at = at;
	}
	free(word);
	return ok || reference_bad(r, at, false);
}

static inline bool reference_value(struct reference *r);

static inline bool
reference_name(struct reference *r)
{
	long points[6];
	size_t count, at = r->i;
	bool is_time;

	if (r->i == r->n || r->s[r->i] != '"')
		return reference_bad(r, r->i, false);
	if (!reference_string(r, points, 6, &count))
		return false;
	is_time = r->depth == 1 && count == 6;
	for (size_t k = 0; is_time && k < 6; k++)
		is_time = points[k] == "__time"[k];
	reference_blanks(r);
	if (r->i == r->n || r->s[r->i] != ':')
		return reference_bad(r, r->i, false);
	r->i++;
	reference_blanks(r);
	if (is_time) {
		r->times++;
		if (r->times == 1)
			r->time_at = r->i;
		if (r->times == 2)
			r->again_at = at;
	}
	return true;
}

static inline bool
reference_container(struct reference *r, char close)
{
	bool ok = true;

	if (++r->depth > r->max_depth && r->deep_at == REFERENCE_NONE)
		r->deep_at = r->i;
	r->i++;
	reference_blanks(r);
	if (r->i < r->n && r->s[r->i] == close)
		goto closed;
	for (;;) {
		if (close == '}')
			ok = reference_name(r);
		ok = ok && reference_value(r);
		if (!ok)
			return false;
		reference_blanks(r);
		if (r->i < r->n && r->s[r->i] == close)
			goto closed;
		if (r->i == r->n || r->s[r->i] != ',')
			return reference_bad(r, r->i, false);
		r->i++;
		reference_blanks(r);
	}
closed:
	r->i++;
	r->depth--;
	return true;
}

static inline bool
reference_value(struct reference *r)
{
	size_t count;

	reference_blanks(r);
	if (r->i == r->n)
		return reference_bad(r, r->i, false);
	switch (r->s[r->i]) {
	case '{':
		return reference_container(r, '}');
	case '[':
		return reference_container(r, ']');
	case '"':
		return reference_string(r, NULL, 0, &count);
	case '}':
	case ']':
	case ',':
	case ':':
	case '\n':
		return reference_bad(r, r->i, false);
	default:
		return reference_word(r);
	}
}

static inline bool
reference_text(struct reference *r)
{
	if (!reference_value(r))
		return false;
	reference_blanks(r);
	return r->i == r->n || reference_bad(r, r->i, false);
}

static inline struct event_verdict
reference_verdict(enum event_fault fault, size_t at)
{
	return (struct event_verdict){ .fault = fault, .at = at };
}

static inline struct event_verdict
reference_time(const struct reference *r, const struct event_limits *limits)
{
	struct reference inner = *r;
	long points[128];
	char text[128];
	size_t count;
	int64_t ms;

	inner.i = r->time_at;
	if (r->s[r->time_at] != '"')
		return reference_verdict(EVENT_TIME_NOT_STRING, r->time_at);
	reference_string(&inner, points, 128, &count);
	for (size_t k = 0; k < count && k < 128; k++)
		text[k] = points[k] < 0x80 ? (char)points[k] : '?';
	if (count > 128 || !timestamp_parse(text, count, &ms))
		return reference_verdict(EVENT_TIME_FORMAT, r->time_at);
	if (ms < limits->oldest_ms)
		return reference_verdict(EVENT_TIME_TOO_OLD, r->time_at);
	if (ms > limits->newest_ms)
		return reference_verdict(EVENT_TIME_TOO_NEW, r->time_at);
	return (struct event_verdict){ .time_ms = ms };
}

static inline struct event_verdict
reference_judge(struct reference *r, const struct event_limits *limits)
{
	size_t broken = reference_broken_utf8(r->s, r->n);
	size_t root = 0;

	if (!reference_text(r)) {
		bool encoding = r->bad_is_encoding || broken <= r->bad_at;

		return reference_verdict(
		    encoding ? EVENT_BAD_UTF8 : EVENT_NOT_JSON,
		    broken < r->bad_at ? broken : r->bad_at);
	}
	if (broken != REFERENCE_NONE)
		return reference_verdict(EVENT_BAD_UTF8, broken);
	while (memchr(" \t\r", r->s[root], 3) != NULL)
		root++;
	if (r->s[root] != '{')
		return reference_verdict(EVENT_NOT_OBJECT, root);
	if (r->deep_at != REFERENCE_NONE)
		return reference_verdict(EVENT_TOO_DEEP, r->deep_at);
	if (r->long_at != REFERENCE_NONE)
		return reference_verdict(EVENT_NUMBER_TOO_LONG, r->long_at);
	if (r->n + 1 > limits->max_line_bytes)
		return reference_verdict(
		    EVENT_TOO_LARGE, limits->max_line_bytes - 1);
	if (r->times == 0)
		return reference_verdict(EVENT_TIME_MISSING, 0);
	if (r->times > 1)
		return reference_verdict(EVENT_TIME_DUPLICATE, r->again_at);
	return reference_time(r, limits);
}

static inline struct event_verdict
reference_check(const char *line, size_t len, const struct event_limits *limits)
{
	struct reference r = {
		.s = (const unsigned char *)line,
		.n = len,
		.max_depth = limits->max_depth,
		.deep_at = REFERENCE_NONE,
		.long_at = REFERENCE_NONE,
	};

	return reference_judge(&r, limits);
}

#endif
