#include "parsers/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 256 /* small; saves the first doublings */

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
	size_t room = b->room > 0 ? b->room : FIRST_BYTES;
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
