#include "parsers/http/target.h"

#include <string.h>

static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return false;
	return s.len > 0;
}

/* Cuts `s` before the first `c`; the rest, from `c` on, may be empty. */
static struct span
cut(struct span s, char c, struct span *rest_out)
{
	const char *found = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
	struct span first = s;

	if (found != NULL)
		first.len = (size_t)(found - s.at);
	*rest_out = (struct span){ s.at + first.len, s.len - first.len };
	return first;
}

static struct span
without_first(struct span s, size_t n)
{
	return (struct span){ s.at + n, s.len - n };
}

static bool
skip_nocase(struct span *s, struct span prefix)
{
	struct span start = { s->at, prefix.len };

	if (s->len < prefix.len || !span_equal_nocase(start, prefix))
		return false;
	*s = without_first(*s, prefix.len);
	return true;
}

bool
http_target_split(struct span text, struct http_target *target_out)
{
	struct span rest, path;

	/* signed char: bytes over 0x7f are negative and thus not visible */
	if (!is_visible(text) || memchr(text.at, '#', text.len) != NULL)
		return false;
	path = cut(text, '?', &rest);
	if (skip_nocase(&path, SPAN("http://")) ||
	    skip_nocase(&path, SPAN("https://"))) {
		if (cut(path, '/', &path).len == 0)
			return false; /* no host */
		if (path.len == 0)
			path = SPAN("/");
	}
	if (path.len == 0 || path.at[0] != '/')
		return false;
	target_out->path = path;
	target_out->query = rest.len > 0 ? without_first(rest, 1) : rest;
	return true;
}

bool
http_target_matches(struct span path, const char *pattern,
    struct span pieces[HTTP_TARGET_PIECES])
{
	struct span form = span_of(pattern), want, have;
	size_t n = 0;

	while (form.len > 0 && path.len > 0) {
		if (form.at[0] != '/' || path.at[0] != '/')
			return false;
		want = cut(without_first(form, 1), '/', &form);
		have = cut(without_first(path, 1), '/', &path);
		if (span_equal(want, SPAN("{}"))) {
			if (n == HTTP_TARGET_PIECES)
				return false;
			pieces[n++] = have;
		} else if (!span_equal(want, have)) {
			return false;
		}
	}
	return form.len == 0 && path.len == 0;
}

bool
http_target_decode(
    struct span piece, char *text, size_t room, struct span *decoded_out)
{
	size_t len = 0;

	for (size_t i = 0; i < piece.len; i++) {
		char c = piece.at[i];

		if (len == room)
			return false;
		if (c == '%') {
			int high, low;

			if (piece.len - i < 3)
				return false;
			high = span_hex_digit(piece.at[i + 1]);
			low = span_hex_digit(piece.at[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		text[len++] = c;
	}
	*decoded_out = (struct span){ text, len };
	return true;
}

bool
http_target_parameter(
    struct span *query, struct span *name_out, struct span *value_out)
{
	struct span parameter, rest, value;

	if (query->len == 0)
		return false;
	parameter = cut(*query, '&', &rest);
	*query = rest.len > 0 ? without_first(rest, 1) : rest;
	*name_out = cut(parameter, '=', &value);
	*value_out = value.len > 0 ? without_first(value, 1) : value;
	return true;
}
