#include "parsers/json/jwalk.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/json/jstring.h"

#define NUMBER_MAX 64

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* The byte after the string that opens here, at the most `end`. */
static const char *
skip_text(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* The byte after the value that begins here. */
static const char *
skip_value(const char *at, const char *end)
{
	int depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_text(at, end);
		} else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			if (depth == 0)
				return at;
			depth--;
			at++;
		} else if (depth == 0 &&
			   (*at == ',' || *at == ':' || is_blank(*at))) {
			return at;
		} else {
			at++;
			if (depth == 0)
				continue;
		}
		if (depth == 0)
			return at;
	}
	return end;
}

/*
 * The rest begins with the opening bracket or a comma, or with the closing
 * bracket after the last element.
 */
static bool
begin(struct span *rest, const char **at_out, const char **end_out)
{
	const char *at, *end;

	if (rest->at == NULL)
		return false;
	end = rest->at + rest->len;
	at = skip_blanks(rest->at, end);
	if (at == end || (*at != '[' && *at != '{' && *at != ','))
		return false;
	at = skip_blanks(at + 1, end);
	if (at == end || *at == ']' || *at == '}')
		return false;
	*at_out = at;
	*end_out = end;
	return true;
}

static const char *
take_value(struct span *rest, const char *at, const char *end)
{
	const char *after = skip_value(at, end);
	const char *next = skip_blanks(after, end);

	*rest = (struct span){ next, (size_t)(end - next) };
	return after;
}

bool
jwalk_element(struct span *rest, struct span *element_out)
{
	const char *at, *end;

	if (!begin(rest, &at, &end))
		return false;
	*element_out =
	    (struct span){ at, (size_t)(take_value(rest, at, end) - at) };
	return true;
}

bool
jwalk_entry(struct span *rest, struct span *name_out, struct span *out)
{
	const char *at, *end, *after;

	if (!begin(rest, &at, &end) || *at != '"')
		return false;
	after = skip_text(at, end);
	*name_out = (struct span){ at, (size_t)(after - at) };
	at = skip_blanks(after, end);
	if (at == end || *at != ':')
		return false;
	at = skip_blanks(at + 1, end);
	*out = (struct span){ at, (size_t)(take_value(rest, at, end) - at) };
	return true;
}

struct span
jwalk_member(struct span object, const char *name)
{
	struct span rest = object, key, value;
	size_t len = strlen(name);

	if (object.len == 0 || object.at[0] != '{')
		return (struct span){ NULL, 0 };
	while (jwalk_entry(&rest, &key, &value))
		if (key.len >= 2 &&
		    jstring_equal(key.at, key.at + key.len - 1, name, len))
			return value;
	return (struct span){ NULL, 0 };
}

double
jwalk_number(struct span value)
{
	char text[NUMBER_MAX];

	if (value.len == 0 || value.len >= sizeof text)
		return 0;
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	return strtod(text, NULL);
}

bool
jwalk_true(struct span value)
{
	return span_equal(value, SPAN("true"));
}

char *
jwalk_text(struct span value, char *out, size_t room)
{
	const char *at = value.at, *end;
	uint32_t point;
	size_t len = 0, step;

	out[0] = '\0';
	if (value.len < 2 || *at != '"')
		return out;
	end = at + value.len;
	for (at++; at < end && *at != '"' && len + 1 < room; at += step) {
		step = 1;
		if (*at != '\\')
			out[len++] = *at;
		else if (jstring_escape(at, end, &step, &point) == JSTRING_GOOD)
			out[len++] = point < 0x80 ? (char)point : '?';
		else
			step = 1;
	}
	out[len] = '\0';
	return out;
}
