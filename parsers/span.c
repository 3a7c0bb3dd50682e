#include "parsers/span.h"

#include <string.h>
#include <strings.h>

struct span
span_of(const char *text)
{
	return (struct span){ text, text != NULL ? strlen(text) : 0 };
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
span_equal_nocase(struct span a, struct span b)
{
	return a.len == b.len &&
	       (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s.at++, s.len--;
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

struct span
span_take(struct span *rest, size_t len)
{
	struct span taken = { rest->at, len };

	rest->at += len;
	rest->len -= len;
	return taken;
}

struct span
span_line(struct span s)
{
	if (s.len > 0 && s.at[s.len - 1] == '\n')
		s.len--;
	if (s.len > 0 && s.at[s.len - 1] == '\r')
		s.len--;
	return s;
}

int
span_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
