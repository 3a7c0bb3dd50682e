#include "tests/sim/doc.h"

#include <string.h>

struct reader {
	const unsigned char *at, *end;
	unsigned depth;
};

static bool skip_value(struct reader *r);

static int
peek(const struct reader *r)
{
	return r->at < r->end ? *r->at : -1;
}

static bool
skip(struct reader *r, int c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
				     *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool
skip_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool
skip_digits(struct reader *r)
{
	const unsigned char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from;
}

static bool
skip_number(struct reader *r)
{
	skip(r, '-');
	if (!skip(r, '0') && !skip_digits(r))
		return false;
	if (skip(r, '.') && !skip_digits(r))
		return false;
	if (skip(r, 'e') || skip(r, 'E')) {
		if (!skip(r, '+'))
			skip(r, '-');
		return skip_digits(r);
	}
	return true;
}

static bool
read_hex4(struct reader *r, unsigned *out)
{
	unsigned n = 0;

	for (int i = 0; i < 4; i++) {
		int c = peek(r);

		if (c >= '0' && c <= '9')
			c -= '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			c = (c | 0x20) - 'a' + 10;
		else
			return false;
		n = n << 4 | (unsigned)c;
		r->at++;
	}
	*out = n;
	return true;
}

/* Behind "\u": one scalar value, from one or two groups of four. */
static bool
read_unicode(struct reader *r, unsigned *out)
{
	unsigned high, low;

	if (!read_hex4(r, &high))
		return false;
	*out = high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || !skip_word(r, "\\u") || !read_hex4(r, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return false;
	*out = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

/* Behind "\": the character that is meant. */
static bool
read_escape(struct reader *r, unsigned *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	int c = peek(r);

	if (c <= 0)
		return false;
	r->at++;
	if (c == 'u')
		return read_unicode(r, out);
	found = strchr(from, c);
	if (found == NULL)
		return false;
	*out = (unsigned char)to[found - from];
	return true;
}

/* One character of two bytes or more, by the table of RFC 3629. */
static bool
skip_utf8(struct reader *r)
{
	unsigned lead = *r->at++, low = 0x80, high = 0xbf;
	int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

	if (lead < 0xc2 || lead > 0xf4)
		return false;
	if (lead == 0xe0)
		low = 0xa0;
	if (lead == 0xed)
		high = 0x9f;
	if (lead == 0xf0)
		low = 0x90;
	if (lead == 0xf4)
		high = 0x8f;
	for (; more > 0; more--) {
		int c = peek(r);

		if (c < (int)low || c > (int)high)
			return false;
		r->at++;
		low = 0x80;
		high = 0xbf;
	}
	return true;
}

static bool
skip_string(struct reader *r)
{
	unsigned ignored;

	if (!skip(r, '"'))
		return false;
	while (r->at < r->end) {
		unsigned char c = *r->at;

		if (c >= 0x80) {
			if (!skip_utf8(r))
				return false;
			continue;
		}
		r->at++;
		if (c == '"')
			return true;
		if (c < ' ' || (c == '\\' && !read_escape(r, &ignored)))
			return false;
	}
	return false;
}

static bool
skip_member(struct reader *r, int close)
{
	skip_blanks(r);
	if (close == '}') {
		if (!skip_string(r))
			return false;
		skip_blanks(r);
		if (!skip(r, ':'))
			return false;
	}
	if (!skip_value(r))
		return false;
	skip_blanks(r);
	return true;
}

static bool
skip_container(struct reader *r, int close)
{
	r->at++;
	if (++r->depth > DOC_DEPTH_MAX)
		return false;
	skip_blanks(r);
	if (!skip(r, close)) {
		do {
			if (!skip_member(r, close))
				return false;
		} while (skip(r, ','));
		if (!skip(r, close))
			return false;
	}
	r->depth--;
	return true;
}

static bool
skip_value(struct reader *r)
{
	skip_blanks(r);
	switch (peek(r)) {
	case '{':
		return skip_container(r, '}');
	case '[':
		return skip_container(r, ']');
	case '"':
		return skip_string(r);
	case 't':
		return skip_word(r, "true");
	case 'f':
		return skip_word(r, "false");
	case 'n':
		return skip_word(r, "null");
	default:
		return skip_number(r);
	}
}

static struct reader
reader_of(const char *at, const char *end)
{
	return (struct reader){ .at = (const unsigned char *)at,
		.end = (const unsigned char *)end };
}

static struct span
span_between(const unsigned char *from, const unsigned char *to)
{
	return (struct span){ (const char *)from, (size_t)(to - from) };
}

bool
doc_whole(struct span text, struct span *value_out)
{
	struct reader r = reader_of(text.at, text.at + text.len);
	const unsigned char *from, *to;

	if (text.len == 0)
		return false;
	skip_blanks(&r);
	from = r.at;
	if (!skip_value(&r))
		return false;
	to = r.at;
	skip_blanks(&r);
	if (r.at != r.end)
		return false;
	*value_out = span_between(from, to);
	return true;
}

bool
doc_walk(struct doc_walk *w, struct span value)
{
	if (value.len == 0 || (value.at[0] != '{' && value.at[0] != '['))
		return false;
	*w = (struct doc_walk){ .at = value.at + 1,
		.end = value.at + value.len,
		.named = value.at[0] == '{' };
	return true;
}

bool
doc_next(struct doc_walk *w, struct span *name, struct span *value)
{
	struct reader r = reader_of(w->at, w->end);
	const unsigned char *from;

	skip_blanks(&r);
	skip(&r, ',');
	skip_blanks(&r);
	if (peek(&r) == '}' || peek(&r) == ']')
		return false;
	*name = (struct span){ 0 };
	if (w->named) {
		from = r.at;
		if (!skip_string(&r))
			return false;
		*name = span_between(from, r.at);
		skip_blanks(&r);
		skip(&r, ':');
		skip_blanks(&r);
	}
	from = r.at;
	if (!skip_value(&r))
		return false;
	*value = span_between(from, r.at);
	w->at = (const char *)r.at;
	return true;
}

static bool
append_utf8(struct buffer *out, unsigned u)
{
	char b[4];
	size_t len = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--, u >>= 6)
		b[i] = (char)(0x80 | (u & 0x3f));
	b[0] = (char)(lead[len] | u);
	return buffer_append(out, b, len);
}

bool
doc_string(struct span value, struct buffer *out)
{
	struct reader r = reader_of(value.at, value.at + value.len);
	unsigned u;

	if (!skip(&r, '"'))
		return false;
	buffer_append(out, "", 0);
	while (r.at < r.end - 1) {
		char c = (char)*r.at++;

		if (c != '\\') {
			if (!buffer_append(out, &c, 1))
				return false;
		} else if (!read_escape(&r, &u) || !append_utf8(out, u)) {
			return false;
		}
	}
	return true;
}

bool
doc_number(struct span value, int64_t *out)
{
	bool minus = value.len > 0 && value.at[0] == '-';
	int64_t n = 0;

	for (size_t i = minus; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9' ||
		    n > INT64_MAX / 10 - 1)
			return false;
		n = n * 10 + (value.at[i] - '0');
	}
	if (value.len == (size_t)minus)
		return false;
	*out = minus ? -n : n;
	return true;
}
