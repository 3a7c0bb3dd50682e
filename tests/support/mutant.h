/*
 * mutant - endless lines that are nearly events.
 *
 * A line is grown at random from the grammar, with a taste for what is rare
 * (escapes, surrogates, exponents, blanks, deep nesting, `__time` in all
 * spellings), and then a few of its bytes are damaged.  Half of the lines are
 * left whole, since the quick path is about those.
 *
 * Ownership	a plain value; the caller owns the room.
 * Errors	none: a line that would not fit ends early, and is a good test.
 */
#ifndef TESTS_SUPPORT_MUTANT_H
#define TESTS_SUPPORT_MUTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mutant {
	uint64_t state; /* the seed, not 0 */
	char *line;
	size_t room, len;
	unsigned depth;
	unsigned blanks; /* one in so many places has some; 0: none */
};

static inline uint32_t
mutant_any(struct mutant *m, uint32_t below)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return (uint32_t)(m->state >> 32) % below;
}

static inline void
mutant_bytes(struct mutant *m, const char *bytes, size_t len)
{
	if (len > m->room - m->len)
		len = m->room - m->len;
	memcpy(m->line + m->len, bytes, len);
	m->len += len;
}

static inline void
mutant_put(struct mutant *m, const char *text)
{
	mutant_bytes(m, text, strlen(text));
}

static inline void
mutant_pick(struct mutant *m, const char *const *from, uint32_t count)
{
	mutant_put(m, from[mutant_any(m, count)]);
}

#define MUTANT_PICK(m, ...)                                                    \
	do {                                                                   \
		static const char *const from[] = { __VA_ARGS__ };             \
		mutant_pick(m, from, sizeof from / sizeof from[0]);            \
	} while (0)

static inline void
mutant_blank(struct mutant *m)
{
	while (m->blanks > 0 && mutant_any(m, m->blanks) == 0)
		MUTANT_PICK(m, " ", "\t", "\r", "  ", "        ");
}

static inline void
mutant_string(struct mutant *m)
{
	mutant_put(m, "\"");
	for (uint32_t n = mutant_any(m, 12); n > 0; n--)
		MUTANT_PICK(m, "a", "text", " ", ",", ":", "{", "]", "__time",
		    "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u005f",
		    "\\ud83d\\ude00", "\\uD834\\uDD1E", "\xc3\xa9",
		    "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
		    "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80",
		    "\xf0\x90\x80\x80", "\x7f", "0123456789abcdef", "-1.5e3");
	mutant_put(m, "\"");
}

static inline void
mutant_number(struct mutant *m)
{
	MUTANT_PICK(m, "", "", "-");
	MUTANT_PICK(m, "0", "1", "10", "987654321", "5", "1234567890123456");
	MUTANT_PICK(m, "", "", ".0", ".5", ".123456789", ".00");
	MUTANT_PICK(m, "", "", "", "e0", "E+10", "e-5", "E007");
}

static inline void mutant_value(struct mutant *m);

static inline void
mutant_container(struct mutant *m, bool object)
{
	m->depth++;
	mutant_put(m, object ? "{" : "[");
	mutant_blank(m);
	for (uint32_t n = mutant_any(m, 5), i = 0; i < n; i++) {
		if (i > 0) {
			mutant_put(m, ",");
			mutant_blank(m);
		}
		if (object) {
			mutant_string(m);
			mutant_blank(m);
			mutant_put(m, ":");
			mutant_blank(m);
		}
		mutant_value(m);
		mutant_blank(m);
	}
	mutant_put(m, object ? "}" : "]");
	m->depth--;
}

static inline void
mutant_value(struct mutant *m)
{
	uint32_t kind = mutant_any(m, 10);

	if (kind < 3)
		mutant_string(m);
	else if (kind < 5)
		mutant_number(m);
	else if (kind < 7)
		MUTANT_PICK(m, "true", "false", "null");
	else if (m->depth < 9)
		mutant_container(m, kind < 9);
	else
		mutant_put(m, "[]");
}

static inline void
mutant_time(struct mutant *m)
{
	MUTANT_PICK(m, "\"__time\"", "\"__time\"", "\"__time\"", "\"__time\"",
	    "\"__time\"", "\"__time\"", "\"__time\"", "\"__time\"",
	    "\"\\u005f_time\"", "\"_\\u005Ftim\\u0065\"", "\"__Time\"",
	    "\"__tim\"", "\"__time\\u0000\"");
	mutant_blank(m);
	mutant_put(m, ":");
	mutant_blank(m);
	if (mutant_any(m, 12) == 0)
		mutant_value(m);
	else if (mutant_any(m, 2) == 0)
		mutant_put(m, "\"2022-04-16T00:46:58Z\"");
	else
		MUTANT_PICK(m, "\"2022-04-16T00:46:58.771Z\"", "\"2022-04-16\"",
		    "\"2022\\u002d04-16\"", "\"2022-04-16 00:46:58+02:00\"",
		    "\"2022-04-16T00:46:58+0200\"", "\"2022-04-17T00:00:00Z\"",
		    "\"2022-04-15T00:00:00Z\"", "\"2022-04-31T00:00:00Z\"",
		    "\"2022-04-16T00:46:5\"", "\"\"", "\"tomorrow\"");
}

static inline void
mutant_damage(struct mutant *m)
{
	static const char bytes[] = "{}[],:\"\\ \t\n\r0123-+.eEtfnu_\0\x01\x1f"
				    "\x7f\x80\xbf\xc0\xc1\xc3\xe0\xed\xef\xf0"
				    "\xf4\xf5\xff";
	uint32_t at = mutant_any(m, (uint32_t)m->len), other;

	switch (mutant_any(m, 5)) {
	case 0: /* remove a byte */
		memmove(m->line + at, m->line + at + 1, --m->len - at);
		break;
	case 1: /* repeat one */
		if (m->len == m->room)
			break;
		memmove(m->line + at + 1, m->line + at, m->len++ - at);
		break;
	case 2: /* cut it off */
		if (mutant_any(m, 4) == 0)
			m->len = at;
		break;
	case 3: /* swap two */
		other = mutant_any(m, (uint32_t)m->len);
		m->line[at] ^= m->line[other];
		break;
	default:
		m->line[at] = bytes[mutant_any(m, sizeof bytes - 1)];
	}
}

/* The next line: m->line, m->len. */
static inline void
mutant_next(struct mutant *m)
{
	static const unsigned blanks[] = { 0, 0, 0, 30, 5, 2 };
	uint32_t members = mutant_any(m, 6), time = mutant_any(m, 6);

	m->len = 0;
	m->depth = 1;
	m->blanks = blanks[mutant_any(m, 6)];
	mutant_blank(m);
	mutant_put(m, "{");
	for (uint32_t i = 0; i <= members; i++) {
		mutant_blank(m);
		if (i == time || mutant_any(m, 30) == 0 ||
		    (i == members && time > members)) {
			mutant_time(m);
		} else {
			mutant_string(m);
			mutant_blank(m);
			mutant_put(m, ":");
			mutant_blank(m);
			mutant_value(m);
		}
		mutant_blank(m);
		if (i < members)
			mutant_put(m, ",");
	}
	mutant_put(m, "}");
	mutant_blank(m);
	if (mutant_any(m, 2) == 0)
		for (uint32_t n = 1 + mutant_any(m, 3); n > 0 && m->len > 0;
		     n--)
			mutant_damage(m);
}

#endif
