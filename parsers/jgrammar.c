#include "parsers/jgrammar.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define HEX_BAD UINT32_MAX

/*
 * What may come next.
 *
 *	VALUE      a value                     after '[' and ',' ':' and at
 *first FIRST_ITEM a value or ']'              after '[' NAME       a name after
 *',' in an object FIRST_NAME a name or '}'               after '{' COLON ':'
 *after a name AFTER      ',' or what closes          after a value
 */
enum place { VALUE, FIRST_ITEM, NAME, FIRST_NAME, COLON, AFTER };

struct walk {
	const unsigned char *at, *end;
	enum place place;
	uint64_t objects; /* bit per open level: an object, not an array */
	unsigned depth, depth_max;
	size_t values;
};

static bool
is_digit(const struct walk *w)
{
	return w->at < w->end && *w->at >= '0' && *w->at <= '9';
}

static bool
skip_digits(struct walk *w)
{
	if (!is_digit(w))
		return false;
	while (is_digit(w))
		w->at++;
	return true;
}

static bool
skip_number(struct walk *w)
{
	if (*w->at == '-')
		w->at++;
	if (w->at < w->end && *w->at == '0')
		w->at++;
	else if (!skip_digits(w))
		return false;
	if (w->at < w->end && *w->at == '.') {
		w->at++;
		if (!skip_digits(w))
			return false;
	}
	if (w->at < w->end && (*w->at | 0x20) == 'e') {
		w->at++;
		if (w->at < w->end && (*w->at == '+' || *w->at == '-'))
			w->at++;
		return skip_digits(w);
	}
	return true;
}

static bool
skip_word(struct walk *w, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(w->end - w->at) < len || memcmp(w->at, word, len) != 0)
		return false;
	w->at += len;
	return true;
}

/* The number behind \u, which `at` stands on, or HEX_BAD. */
static uint32_t
hex4(const unsigned char *at, const unsigned char *end)
{
	uint32_t n = 0;

	if (end - at < 5 || at[0] != 'u')
		return HEX_BAD;
	for (int i = 1; i <= 4; i++) {
		unsigned c = at[i];

		if (c >= '0' && c <= '9')
			n = n * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			n = n * 16 + ((c | 0x20) - 'a' + 10);
		else
			return HEX_BAD;
	}
	return n;
}

/* `at` stands behind the backslash. */
static bool
skip_escape(struct walk *w)
{
	uint32_t high, low;

	if (w->at == w->end)
		return false;
	if (*w->at != 'u') {
		if (*w->at == '\0' || strchr("\"\\/bfnrt", *w->at) == NULL)
			return false;
		w->at++;
		return true;
	}
	high = hex4(w->at, w->end);
	if (high == HEX_BAD || (high >= 0xDC00 && high <= 0xDFFF))
		return false;
	if (high >= 0xD800 && high <= 0xDBFF) {
		if (w->end - w->at < 6 || w->at[5] != '\\')
			return false;
		low = hex4(w->at + 6, w->end);
		if (low == HEX_BAD || low < 0xDC00 || low > 0xDFFF)
			return false;
		w->at += 6;
	}
	w->at += 5;
	return true;
}

/* RFC 3629 as a table: no overlong form, no surrogate, nothing past 10FFFF. */
static bool
skip_utf8(struct walk *w)
{
	/* clang-format off */
	static const struct {
		unsigned char first, last;	/* of the leading byte */
		unsigned char low, high;	/* of the byte behind it */
		unsigned char len;
	} rows[] = {
		{ 0xC2, 0xDF, 0x80, 0xBF, 2 },
		{ 0xE0, 0xE0, 0xA0, 0xBF, 3 },
		{ 0xE1, 0xEC, 0x80, 0xBF, 3 },
		{ 0xED, 0xED, 0x80, 0x9F, 3 },
		{ 0xEE, 0xEF, 0x80, 0xBF, 3 },
		{ 0xF0, 0xF0, 0x90, 0xBF, 4 },
		{ 0xF1, 0xF3, 0x80, 0xBF, 4 },
		{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
	};
	/* clang-format on */
	const unsigned char *c = w->at;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (c[0] < rows[i].first || c[0] > rows[i].last)
			continue;
		if (w->end - c < rows[i].len || c[1] < rows[i].low ||
		    c[1] > rows[i].high)
			return false;
		for (int k = 2; k < rows[i].len; k++)
			if ((c[k] & 0xC0) != 0x80)
				return false;
		w->at += rows[i].len;
		return true;
	}
	return false;
}

static bool
skip_string(struct walk *w)
{
	w->at++;
	while (w->at < w->end && *w->at != '"') {
		if (*w->at < 0x20)
			return false;
		if (*w->at == '\\') {
			w->at++;
			if (!skip_escape(w))
				return false;
		} else if (*w->at < 0x80) {
			w->at++;
		} else if (!skip_utf8(w)) {
			return false;
		}
	}
	if (w->at == w->end)
		return false;
	w->at++;
	return true;
}

static bool
in_object(const struct walk *w)
{
	return (w->objects >> w->depth & 1) != 0;
}

static bool
open_level(struct walk *w, bool object)
{
	if (w->depth == w->depth_max)
		return false;
	w->depth++;
	w->objects &= ~(UINT64_C(1) << w->depth);
	w->objects |= (uint64_t)object << w->depth;
	w->place = object ? FIRST_NAME : FIRST_ITEM;
	w->at++;
	return true;
}

static bool
close_level(struct walk *w)
{
	w->depth--;
	w->place = AFTER;
	w->at++;
	return true;
}

static bool
take_value(struct walk *w)
{
	w->values++;
	w->place = AFTER;
	switch (*w->at) {
	case '{':
		return open_level(w, true);
	case '[':
		return open_level(w, false);
	case '"':
		return skip_string(w);
	case 't':
		return skip_word(w, "true");
	case 'f':
		return skip_word(w, "false");
	case 'n':
		return skip_word(w, "null");
	default:
		return skip_number(w);
	}
}

static bool
take_name(struct walk *w)
{
	w->values++;
	w->place = COLON;
	return *w->at == '"' && skip_string(w);
}

static bool
take_after(struct walk *w)
{
	if (w->depth == 0)
		return false;
	if (*w->at == (in_object(w) ? '}' : ']'))
		return close_level(w);
	if (*w->at != ',')
		return false;
	w->place = in_object(w) ? NAME : VALUE;
	w->at++;
	return true;
}

/* Takes what begins at the byte `at`, which is not blank. */
static bool
take(struct walk *w)
{
	switch (w->place) {
	case FIRST_ITEM:
		if (*w->at == ']')
			return close_level(w);
		return take_value(w);
	case VALUE:
		return take_value(w);
	case FIRST_NAME:
		if (*w->at == '}')
			return close_level(w);
		return take_name(w);
	case NAME:
		return take_name(w);
	case COLON:
		w->place = VALUE;
		return *w->at++ == ':';
	case AFTER:
		return take_after(w);
	}
	return false;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
jgrammar_check(
    struct span text, unsigned depth_max, size_t *values_out, struct err *err)
{
	const unsigned char *begin = (const unsigned char *)text.at;
	struct walk w = { .at = begin, .depth_max = depth_max };

	assert(depth_max < JGRAMMAR_DEPTH_MAX);
	if (text.len == 0)
		return err_set(err, ERR_INPUT, 0, "empty, not JSON");
	w.end = begin + text.len;

	while (w.at < w.end) {
		const unsigned char *was = w.at;

		if (is_blank(*w.at)) {
			w.at++;
			continue;
		}
		if (!take(&w))
			return err_set(err, ERR_INPUT, (size_t)(w.at - begin),
			    "not JSON at byte %zu", (size_t)(was - begin));
	}
	if (w.place != AFTER || w.depth != 0)
		return err_set(err, ERR_INPUT, text.len, "JSON ends too early");
	*values_out = w.values;
	return true;
}
