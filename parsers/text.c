#include "parsers/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOM_FIRST                                                             \
	256 /* small enough for a header, spares the first doublings */

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
text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
buffer_init(struct buffer *b, size_t max)
{
	*b = (struct buffer){ .max = max };
}

void
buffer_fini(struct buffer *b)
{
	free(b->at);
	*b = (struct buffer){ .max = b->max };
}

void
buffer_reset(struct buffer *b)
{
	b->len = 0;
}

bool
buffer_reserve(struct buffer *b, size_t more)
{
	size_t room = b->room > 0 ? b->room : ROOM_FIRST;
	char *at;

	if (more > b->max - b->len)
		return false;
	if (b->at != NULL && b->len + more <= b->room)
		return true;
	while (room < b->len + more)
		room *= 2;
	if (room > b->max)
		room = b->max;
	at = realloc(b->at, room + 1);
	if (at == NULL)
		return false;
	b->at = at;
	b->room = room;
	return true;
}

bool
buffer_append(struct buffer *b, const void *bytes, size_t len)
{
	if (!buffer_reserve(b, len))
		return false;
	if (len > 0)
		memcpy(b->at + b->len, bytes, len);
	b->len += len;
	b->at[b->len] = '\0';
	return true;
}

bool
buffer_print(struct buffer *b, const char *fmt, ...)
{
	va_list args, again;
	int len;
	bool ok = false;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0 && buffer_reserve(b, (size_t)len)) {
		vsnprintf(b->at + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
		ok = true;
	}
	va_end(again);
	va_end(args);
	return ok;
}
