#include "tests/sim/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/doc.h"

#define TEXT_MAX (16u << 20)

static bool
refuse(const struct field *f, const char *want, struct err *err)
{
	return err_set(err, ERR_INPUT, 0, "%s: must be %s", f->name, want);
}

static bool
read_number(const struct field *f, struct span v, void *into, struct err *err)
{
	int64_t n;

	if (!doc_number(v, &n) || n < f->least || n > f->most)
		return err_set(err, ERR_INPUT, 0,
		    "%s: must be a whole number from %" PRId64 " to %" PRId64,
		    f->name, f->least, f->most);
	*(int64_t *)into = n;
	return true;
}

static bool
read_flag(const struct field *f, struct span v, void *into, struct err *err)
{
	if (!span_equal(v, SPAN("true")) && !span_equal(v, SPAN("false")))
		return refuse(f, "true or false", err);
	*(int *)into = v.at[0] == 't';
	return true;
}

static void
give_text(struct buffer *text, void *into)
{
	buffer_append(text, "", 0); /* an empty one is not NULL */
	free(*(char **)into);
	*(char **)into = text->at;
}

static bool
read_text(const struct field *f, struct span v, void *into, struct err *err)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	if (!doc_string(v, &text) || strlen(text.at) != text.len) {
		buffer_fini(&text);
		return refuse(f, "a string without NUL", err);
	}
	give_text(&text, into);
	return true;
}

static bool
read_word(const struct field *f, struct span v, void *into, struct err *err)
{
	for (int i = 0; f->words[i] != NULL; i++) {
		struct span word = span_of(f->words[i]);

		if (v.len == word.len + 2 && v.at[0] == '"' &&
		    memcmp(v.at + 1, word.at, word.len) == 0) {
			*(int *)into = i;
			return true;
		}
	}
	return refuse(f, "one of the words that the help tells", err);
}

/* {"A":"b"} or ["a","b"], told apart by what stands between and behind. */
static bool
join(struct span v, const char *between, const char *behind, struct buffer *out)
{
	struct doc_walk w;
	struct span name, value;

	if (!doc_walk(&w, v) || w.named != (*between == ':'))
		return false;
	while (doc_next(&w, &name, &value)) {
		if (w.named && !doc_string(name, out))
			return false;
		buffer_append(out, between, strlen(between));
		if (!doc_string(value, out))
			return false;
		buffer_append(out, behind, strlen(behind));
	}
	return true;
}

static bool
read_headers(const struct field *f, struct span v, void *into, struct err *err)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	if (!join(v, ": ", "\r\n", &text)) {
		buffer_fini(&text);
		return refuse(f, "an object of strings", err);
	}
	give_text(&text, into);
	return true;
}

static bool
read_names(const struct field *f, struct span v, void *into, struct err *err)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	if (!join(v, "", ",", &text)) {
		buffer_fini(&text);
		return refuse(f, "an array of strings", err);
	}
	if (text.len > 0)
		text.at[--text.len] = '\0';
	give_text(&text, into);
	return true;
}

static bool (*const readers[])(
    const struct field *, struct span, void *, struct err *) = {
	[FIELD_NUMBER] = read_number,
	[FIELD_FLAG] = read_flag,
	[FIELD_TEXT] = read_text,
	[FIELD_WORD] = read_word,
	[FIELD_HEADERS] = read_headers,
	[FIELD_NAMES] = read_names,
};

static const struct field *
find(struct span quoted, const struct field *fields, size_t count)
{
	struct span name = { quoted.at + 1, quoted.len - 2 };

	for (size_t i = 0; i < count; i++)
		if (span_equal(name, span_of(fields[i].name)))
			return &fields[i];
	return NULL;
}

bool
fields_read(struct span text, const struct field *fields, size_t count,
    void *into, struct err *err)
{
	struct span whole, name, value;
	struct doc_walk w;

	if (!doc_whole(text, &whole) || whole.at[0] != '{')
		return err_set(err, ERR_INPUT, 0, "not a JSON object");
	doc_walk(&w, whole);
	while (doc_next(&w, &name, &value)) {
		const struct field *f = find(name, fields, count);

		if (f == NULL)
			return err_set(err, ERR_INPUT, 0,
			    "a field that the help does not tell");
		if (!readers[f->kind](f, value, (char *)into + f->at, err))
			return false;
	}
	return true;
}
