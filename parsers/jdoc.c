#include "parsers/jdoc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/jgrammar.h"

/* Without parent links jsmn is quadratic in the number of siblings. */
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#define INTEGER_DIGITS_MAX 20 /* of INT64_MIN, sign included */

struct jdoc {
	const char *text;
	size_t count;
	jsmntok_t tokens[];
};

static bool
check(struct span text, size_t *values_out, struct err *err)
{
	size_t values;

	if (text.len > JDOC_BYTES_MAX)
		return err_set(
		    err, ERR_LIMIT, 0, "over %d bytes of JSON", JDOC_BYTES_MAX);
	if (!jgrammar_check(text, JDOC_DEPTH_MAX, &values, err))
		return false;
	if (values > JDOC_VALUES_MAX)
		return err_set(err, ERR_LIMIT, 0, "over %d values of JSON",
		    JDOC_VALUES_MAX);
	*values_out = values;
	return true;
}

bool
jdoc_open(struct jdoc **out, struct span text, struct err *err)
{
	struct jdoc *doc;
	jsmn_parser parser;
	size_t values;
	int found;

	if (!check(text, &values, err))
		return false;
	doc = malloc(sizeof *doc + values * sizeof doc->tokens[0]);
	if (doc == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	jsmn_init(&parser);
	found = jsmn_parse(
	    &parser, text.at, text.len, doc->tokens, (unsigned)values);
	if (found != (int)values || doc->tokens[0].type != JSMN_OBJECT) {
		free(doc);
		return err_set(err, ERR_INPUT, 0, "not a JSON object");
	}
	doc->text = text.at;
	doc->count = values;
	*out = doc;
	return true;
}

void
jdoc_close(struct jdoc **doc)
{
	free(*doc);
	*doc = NULL;
}

/* The four hex digits behind \u; the grammar was checked. */
static uint32_t
hex4(const char *at)
{
	char digits[5] = { at[0], at[1], at[2], at[3], '\0' };

	return (uint32_t)strtoul(digits, NULL, 16);
}

static size_t
utf8(uint32_t c, char out[4])
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[len] | c);
	return len;
}

/*
 * Reads one character, escaped or not, of a string whose grammar was checked,
 * as UTF-8; unescaped bytes come one at a time.
 */
static size_t
unescape(const char **at, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	uint32_t c;

	if (**at != '\\') {
		out[0] = *(*at)++;
		return 1;
	}
	(*at)++;
	if (**at != 'u') {
		found = strchr(from, **at);
		out[0] = found != NULL ? to[found - from] : **at;
		(*at)++;
		return 1;
	}
	c = hex4(*at + 1);
	*at += 5;
	if (c >= 0xD800 && c <= 0xDBFF) {
		c = 0x10000 + ((c - 0xD800) << 10) + (hex4(*at + 2) - 0xDC00);
		*at += 6;
	}
	return utf8(c, out);
}

static bool
is_name(const struct jdoc *doc, const jsmntok_t *token, const char *name)
{
	const char *at = doc->text + token->start;
	const char *end = doc->text + token->end;
	size_t left = strlen(name);
	char c[4];

	while (at < end) {
		size_t len = unescape(&at, c);

		if (len > left || memcmp(c, name, len) != 0)
			return false;
		name += len;
		left -= len;
	}
	return left == 0;
}

/* Gives the value's token in *out. */
static enum jdoc_answer
find(const struct jdoc *doc, unsigned object, const char *name, jsmntype_t type,
    const jsmntok_t **out)
{
	const jsmntok_t *value = NULL;

	for (size_t i = object + 1; i + 1 < doc->count; i++) {
		if (doc->tokens[i].start > doc->tokens[object].end)
			break;
		if (doc->tokens[i].parent != (int)object ||
		    !is_name(doc, &doc->tokens[i], name))
			continue;
		if (value != NULL)
			return JDOC_TWICE;
		value = &doc->tokens[i + 1];
	}
	if (value == NULL)
		return JDOC_ABSENT;
	if (value->type != type)
		return JDOC_OTHER;
	*out = value;
	return JDOC_FOUND;
}

enum jdoc_answer
jdoc_string(const struct jdoc *doc, unsigned object, const char *name,
    char *out, size_t room, size_t *len_out)
{
	const jsmntok_t *token;
	enum jdoc_answer answer;
	const char *at, *end;
	size_t len = 0;
	char c[4];

	answer = find(doc, object, name, JSMN_STRING, &token);
	if (answer != JDOC_FOUND)
		return answer;
	at = doc->text + token->start;
	end = doc->text + token->end;
	for (const char *count = at; count < end;)
		len += unescape(&count, c);
	if (len >= room)
		return JDOC_RANGE;
	*len_out = len;
	while (at < end) {
		len = unescape(&at, c);
		memcpy(out, c, len);
		out += len;
	}
	*out = '\0';
	return JDOC_FOUND;
}

enum jdoc_answer
jdoc_integer(
    const struct jdoc *doc, unsigned object, const char *name, int64_t *out)
{
	const jsmntok_t *token;
	char digits[INTEGER_DIGITS_MAX + 1] = "";
	enum jdoc_answer answer;
	size_t len;
	int64_t n;

	answer = find(doc, object, name, JSMN_PRIMITIVE, &token);
	if (answer != JDOC_FOUND)
		return answer;
	len = (size_t)(token->end - token->start);
	if (strspn(doc->text + token->start, "-0123456789") < len)
		return JDOC_OTHER;
	if (len > INTEGER_DIGITS_MAX)
		return JDOC_RANGE;
	memcpy(digits, doc->text + token->start, len);
	errno = 0;
	n = strtoll(digits, NULL, 10);
	if (errno != 0)
		return JDOC_RANGE;
	*out = n;
	return JDOC_FOUND;
}

enum jdoc_answer
jdoc_object(const struct jdoc *doc, unsigned object, const char *name,
    unsigned *object_out)
{
	const jsmntok_t *token;
	enum jdoc_answer answer;

	answer = find(doc, object, name, JSMN_OBJECT, &token);
	if (answer == JDOC_FOUND)
		*object_out = (unsigned)(token - doc->tokens);
	return answer;
}
