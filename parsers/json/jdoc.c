#include "parsers/json/jdoc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jstring.h"

/* Without parent links jsmn is quadratic in the number of siblings. */
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#define INTEGER_DIGITS_MAX 20 /* of INT64_MIN, sign included */

struct jdoc {
	const char *text;
	size_t count;
	jsmntok_t tokens[JDOC_VALUES_MAX];
};

static bool
check(struct span text, struct err *err)
{
	struct jvalid_rules rules = { .max_depth = JDOC_DEPTH_MAX };
	struct jvalid_facts facts;

	if (text.len > JDOC_BYTES_MAX)
		return err_set(
		    err, ERR_LIMIT, 0, "over %d bytes of JSON", JDOC_BYTES_MAX);
	if (text.len == 0)
		return err_set(err, ERR_INPUT, 0, "empty, not JSON");
	if (!jvalid_check(text.at, text.len, &rules, &facts))
		return err_set(err, ERR_INPUT, facts.fault_at,
		    "not JSON at byte %zu", facts.fault_at);
	if (text.at[facts.root_at] != '{')
		return err_set(err, ERR_INPUT, 0, "JSON, but not an object");
	if (facts.deep_at != JVALID_NOWHERE)
		return err_set(err, ERR_LIMIT, facts.deep_at,
		    "JSON over %d levels deep", JDOC_DEPTH_MAX);
	return true;
}

bool
jdoc_open(struct jdoc **out, struct span text, struct err *err)
{
	struct jdoc *doc;
	jsmn_parser parser;
	int found;

	if (!check(text, err))
		return false;
	doc = malloc(sizeof *doc);
	if (doc == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	jsmn_init(&parser);
	found = jsmn_parse(
	    &parser, text.at, text.len, doc->tokens, JDOC_VALUES_MAX);
	if (found < 1) {
		free(doc);
		return err_set(err, ERR_LIMIT, 0, "over %d values of JSON",
		    JDOC_VALUES_MAX);
	}
	doc->text = text.at;
	doc->count = (size_t)found;
	*out = doc;
	return true;
}

void
jdoc_close(struct jdoc **doc)
{
	free(*doc);
	*doc = NULL;
}

/* The quotes around a string's token. */
static const char *
open_of(const struct jdoc *doc, size_t token)
{
	return doc->text + doc->tokens[token].start - 1;
}

static const char *
close_of(const struct jdoc *doc, size_t token)
{
	return doc->text + doc->tokens[token].end;
}

/* *out is the value's token. */
static enum jdoc_answer
find(const struct jdoc *doc, const char *name, jsmntype_t type, size_t *out)
{
	size_t value = 0; /* the root: it has no name */

	for (size_t i = 1; i + 1 < doc->count; i++) {
		if (doc->tokens[i].parent != 0 ||
		    !jstring_equal(
			open_of(doc, i), close_of(doc, i), name, strlen(name)))
			continue;
		if (value != 0)
			return JDOC_TWICE;
		value = i + 1;
	}
	if (value == 0)
		return JDOC_ABSENT;
	if (doc->tokens[value].type != type)
		return JDOC_OTHER;
	*out = value;
	return JDOC_FOUND;
}

enum jdoc_answer
jdoc_string(const struct jdoc *doc, const char *name, char *out, size_t room,
    size_t *len_out)
{
	enum jdoc_answer answer;
	size_t token, len;

	answer = find(doc, name, JSMN_STRING, &token);
	if (answer != JDOC_FOUND)
		return answer;
	if (room == 0 || !jstring_decode(open_of(doc, token),
			     close_of(doc, token), out, room - 1, &len))
		return JDOC_RANGE;
	out[len] = '\0';
	*len_out = len;
	return JDOC_FOUND;
}

/* strtoll needs a NUL after the digits: they are copied. */
static enum jdoc_answer
read_integer(const char *at, size_t len, int64_t *out)
{
	char digits[INTEGER_DIGITS_MAX + 1] = "";
	int64_t n;

	if (strspn(at, "-0123456789") < len)
		return JDOC_OTHER;
	if (len > INTEGER_DIGITS_MAX)
		return JDOC_RANGE;
	memcpy(digits, at, len);
	errno = 0;
	n = strtoll(digits, NULL, 10);
	if (errno != 0)
		return JDOC_RANGE;
	*out = n;
	return JDOC_FOUND;
}

enum jdoc_answer
jdoc_integer(const struct jdoc *doc, const char *name, int64_t *out)
{
	enum jdoc_answer answer;
	const jsmntok_t *t;
	size_t token;

	answer = find(doc, name, JSMN_PRIMITIVE, &token);
	if (answer != JDOC_FOUND)
		return answer;
	t = &doc->tokens[token];
	return read_integer(
	    doc->text + t->start, (size_t)(t->end - t->start), out);
}
