#include "parsers/form.h"

#include <string.h>

static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

static bool
append_byte(struct buffer *b, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	const char coded[] = { '%', hex[c >> 4], hex[c & 15] };

	return is_plain(c) ? buffer_append(b, &c, 1)
			   : buffer_append(b, coded, sizeof coded);
}

static bool
append_coded(struct buffer *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!append_byte(b, (unsigned char)s.at[i]))
			return false;
	return true;
}

bool
form_append(struct buffer *b, const char *name, struct span value)
{
	if (b->len > 0 && !buffer_append(b, "&", 1))
		return false;
	return append_coded(b, span_of(name)) && buffer_append(b, "=", 1) &&
	       append_coded(b, value);
}
