#include "parsers/yaml_doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A node and its memory; one list links all nodes of a tree. */
struct owned_node {
	struct owned_node *previous; /* in order of creation */
	struct yaml_doc_node node;
	struct yaml_doc_node *last; /* of its members */
	size_t members;
	char *key, *text;
};

struct yaml_doc {
	struct owned_node *newest;
	struct owned_node *root;
};

/* The state of the reader: the open maps and lists, innermost last. */
struct reader {
	yaml_parser_t parser;
	const char *name;
	struct yaml_doc *doc;
	struct owned_node *open[YAML_DOC_DEPTH_MAX];
	unsigned depth;
	size_t nodes;
	char *key; /* the value that belongs to it comes next */
	yaml_mark_t key_mark;
	bool done;
	struct err *err;
};

static bool fail(struct reader *r, enum err_kind kind, yaml_mark_t at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static bool
fail(struct reader *r, enum err_kind kind, yaml_mark_t at, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return err_set(r->err, kind, at.index, "%.160s:%zu:%zu: %s", r->name,
	    at.line + 1, at.column + 1, text);
}

static bool
no_memory(struct reader *r)
{
	return err_set(r->err, ERR_HOST, 0, "%.160s: out of memory", r->name);
}

/* The library's own error: what, where, and while doing what. */
static bool
fail_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(r);
	if (p->error == YAML_READER_ERROR) {
		at = p->mark;
		at.index = p->problem_offset;
	}
	return fail(r, ERR_INPUT, at, "%s%s%s",
	    p->problem != NULL ? p->problem : "not YAML",
	    p->context != NULL ? ", " : "",
	    p->context != NULL ? p->context : "");
}

/*
 * YAML ends a word at a brace inside {...}, so {secret: ${NAME}} and
 * {url: http://h/{table}} would be errors that are hard to understand.  Braces
 * around a name, directly after another character of a word, have no other
 * meaning in YAML.  They are replaced with two private-use characters before
 * the library reads the text, and put back afterwards.  Each is one column wide
 * like the brace, so that columns in messages stay right.
 */
static const char placeholders[2][4] = { "\xee\x81\xbb", "\xee\x81\xbd" };

#define PLACEHOLDER_LEN 3

static bool
name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* The length of {name} at `at` inside a word, or 0. */
static size_t
braces_at(struct span text, size_t at)
{
	size_t end = at + 1;

	if (at == 0 || text.at[at] != '{' ||
	    memchr(" \t\r\n{}[],:'\"", text.at[at - 1], 12) != NULL)
		return 0;
	while (end < text.len && name_byte(text.at[end]))
		end++;
	if (end == at + 1 || end == text.len || text.at[end] != '}')
		return 0;
	return end + 1 - at;
}

/* Gives a copy in which such braces are replaced; NULL: no memory. */
static char *
replace_braces(struct span text, size_t *len_out)
{
	char *copy = malloc(text.len * PLACEHOLDER_LEN + 1), *to = copy;
	size_t braces, i = 0;

	while (copy != NULL && i < text.len) {
		braces = braces_at(text, i);
		if (braces == 0) {
			*to++ = text.at[i++];
			continue;
		}
		to = mempcpy(to, placeholders[0], PLACEHOLDER_LEN);
		to = mempcpy(to, text.at + i + 1, braces - 2);
		to = mempcpy(to, placeholders[1], PLACEHOLDER_LEN);
		i += braces;
	}
	if (copy != NULL)
		*len_out = (size_t)(to - copy);
	return copy;
}

/* A copy with the braces put back, and a NUL after it. */
static char *
text_copy(const void *bytes, size_t len)
{
	const char *from = bytes, *end = from + len;
	char *copy = malloc(len + 1), *to = copy;

	if (copy == NULL)
		return NULL;
	while (from < end) {
		if (end - from >= PLACEHOLDER_LEN &&
		    (memcmp(from, placeholders[0], PLACEHOLDER_LEN) == 0 ||
			memcmp(from, placeholders[1], PLACEHOLDER_LEN) == 0)) {
			*to++ = from[2] == placeholders[0][2] ? '{' : '}';
			from += PLACEHOLDER_LEN;
		} else
			*to++ = *from++;
	}
	*to = '\0';
	return copy;
}

/* Adds a node to the innermost open map or list, with the key before it. */
static struct owned_node *
node_add(struct reader *r, enum yaml_doc_kind kind, yaml_mark_t at)
{
	struct owned_node *in = r->depth > 0 ? r->open[r->depth - 1] : NULL;
	struct owned_node *owned;

	if (++r->nodes > YAML_DOC_NODES_MAX) {
		fail(r, ERR_LIMIT, at, "more than %d values",
		    YAML_DOC_NODES_MAX);
		return NULL;
	}
	owned = calloc(1, sizeof *owned);
	if (owned == NULL) {
		no_memory(r);
		return NULL;
	}
	if (r->key != NULL)
		at = r->key_mark;
	owned->previous = r->doc->newest;
	r->doc->newest = owned;
	owned->key = r->key;
	r->key = NULL;
	owned->node = (struct yaml_doc_node){ .kind = kind,
		.line = (unsigned)at.line + 1,
		.column = (unsigned)at.column + 1,
		.key = owned->key };

	if (in == NULL)
		r->doc->root = owned;
	else if (in->last == NULL)
		in->node.first = &owned->node;
	else
		in->last->next = &owned->node;
	if (in != NULL) {
		in->last = &owned->node;
		in->members++;
	}
	return owned;
}

static bool
key_read(struct reader *r, const yaml_event_t *e)
{
	size_t len = e->data.scalar.length;

	if (len == 0 || len > YAML_DOC_KEY_MAX)
		return fail(r, ERR_LIMIT, e->start_mark,
		    "a key must have 1 to %d bytes", YAML_DOC_KEY_MAX);
	r->key = text_copy(e->data.scalar.value, len);
	r->key_mark = e->start_mark;
	return r->key != NULL || no_memory(r);
}

static bool
scalar_read(struct reader *r, const yaml_event_t *e)
{
	bool in_map =
	    r->depth > 0 && r->open[r->depth - 1]->node.kind == YAML_DOC_MAP;
	struct owned_node *owned;

	if (memchr(e->data.scalar.value, '\0', e->data.scalar.length) != NULL)
		return fail(r, ERR_INPUT, e->start_mark,
		    "a NUL character is not allowed");
	if (in_map && r->key == NULL)
		return key_read(r, e);
	owned = node_add(r, YAML_DOC_SCALAR, e->start_mark);
	if (owned == NULL)
		return false;
	owned->text = text_copy(e->data.scalar.value, e->data.scalar.length);
	if (owned->text == NULL)
		return no_memory(r);
	owned->node.text = owned->text;
	owned->node.plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return true;
}

static bool
collection_open(
    struct reader *r, const yaml_event_t *e, enum yaml_doc_kind kind)
{
	struct owned_node *owned;

	if (r->depth > 0 && r->open[r->depth - 1]->node.kind == YAML_DOC_MAP &&
	    r->key == NULL)
		return fail(r, ERR_INPUT, e->start_mark,
		    "a key must be text, not a map or a list (a value that "
		    "begins with { or [ needs quotes)");
	if (r->depth == YAML_DOC_DEPTH_MAX)
		return fail(r, ERR_LIMIT, e->start_mark,
		    "nested more than %d deep", YAML_DOC_DEPTH_MAX);
	owned = node_add(r, kind, e->start_mark);
	if (owned == NULL)
		return false;
	r->open[r->depth++] = owned;
	return true;
}

/* By key, then by place: of two equal keys the second is reported. */
static int
member_order(const void *a, const void *b)
{
	const struct yaml_doc_node *x = *(const struct yaml_doc_node *const *)a;
	const struct yaml_doc_node *y = *(const struct yaml_doc_node *const *)b;
	int order = strcmp(x->key, y->key);

	if (order != 0)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : 1;
}

static bool
keys_distinct(struct reader *r, const struct owned_node *map)
{
	const struct yaml_doc_node **sorted, *n;
	bool ok = true;
	size_t i = 0;

	if (map->members < 2)
		return true;
	sorted = malloc(map->members * sizeof(const struct yaml_doc_node *));
	if (sorted == NULL)
		return no_memory(r);
	for (n = map->node.first; n != NULL; n = n->next)
		sorted[i++] = n;
	qsort(sorted, map->members, sizeof *sorted, member_order);
	for (i = 1; ok && i < map->members; i++) {
		n = sorted[i];
		if (strcmp(sorted[i - 1]->key, n->key) == 0)
			ok = fail(r, ERR_INPUT,
			    (yaml_mark_t){
				.line = n->line - 1, .column = n->column - 1 },
			    "%s: given twice, first in line %u", n->key,
			    sorted[i - 1]->line);
	}
	free(sorted);
	return ok;
}

static bool
collection_close(struct reader *r)
{
	struct owned_node *owned = r->open[--r->depth];

	return owned->node.kind != YAML_DOC_MAP || keys_distinct(r, owned);
}

/* Refuses features of YAML that a configuration must not use. */
static bool
event_allowed(struct reader *r, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	bool directive = false;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_DOCUMENT_START_EVENT) {
		directive = e->data.document_start.version_directive != NULL ||
			    e->data.document_start.tag_directives.start !=
				e->data.document_start.tag_directives.end;
	}
	if (anchor != NULL || e->type == YAML_ALIAS_EVENT)
		return fail(r, ERR_INPUT, e->start_mark,
		    "anchors (&) and aliases (*) are not supported; a value "
		    "that begins with * or & needs quotes");
	if (tag != NULL)
		return fail(r, ERR_INPUT, e->start_mark,
		    "tags (!) are not supported; a value that begins with ! "
		    "needs quotes");
	if (directive)
		return fail(r, ERR_INPUT, e->start_mark,
		    "directives (%%) are not supported");
	if (e->type == YAML_DOCUMENT_START_EVENT && r->doc->root != NULL)
		return fail(r, ERR_INPUT, e->start_mark,
		    "a second document: one file is one configuration");
	return true;
}

static bool
event_take(struct reader *r, const yaml_event_t *e)
{
	if (!event_allowed(r, e))
		return false;
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return scalar_read(r, e);
	case YAML_MAPPING_START_EVENT:
		return collection_open(r, e, YAML_DOC_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return collection_open(r, e, YAML_DOC_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return collection_close(r);
	case YAML_STREAM_END_EVENT:
		r->done = true;
		return true;
	default:
		return true; /* stream start, document start and end */
	}
}

static bool
read_all(struct reader *r)
{
	yaml_event_t event;
	bool ok = true;

	while (ok && !r->done) {
		if (!yaml_parser_parse(&r->parser, &event))
			return fail_syntax(r);
		ok = event_take(r, &event);
		yaml_event_delete(&event);
	}
	return ok;
}

/* A file of comments has no document; "---" has one with an empty scalar. */
static bool
root_ensure(struct reader *r)
{
	struct owned_node *owned;

	if (r->doc->root != NULL)
		return true;
	owned = node_add(r, YAML_DOC_SCALAR, (yaml_mark_t){ 0 });
	if (owned == NULL)
		return false;
	owned->node.text = "";
	owned->node.plain = true;
	return true;
}

bool
yaml_doc_parse(
    struct yaml_doc **out, const char *name, struct span text, struct err *err)
{
	struct reader r = { .name = name, .err = err };
	char *replaced = NULL;
	size_t len = 0;
	bool ok = false;

	if (text.len > YAML_DOC_BYTES_MAX)
		return err_set(err, ERR_LIMIT, 0,
		    "%.160s: larger than %d bytes", name, YAML_DOC_BYTES_MAX);
	if (!yaml_parser_initialize(&r.parser))
		return no_memory(&r);
	r.doc = calloc(1, sizeof *r.doc);
	replaced = replace_braces(text, &len);
	if (r.doc == NULL || replaced == NULL) {
		no_memory(&r);
		goto out;
	}
	/* The library must not detect the encoding: UTF-16 is refused. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &r.parser, (const unsigned char *)replaced, len);
	if (!read_all(&r) || !root_ensure(&r))
		goto out;
	*out = r.doc;
	r.doc = NULL;
	ok = true;
out:
	free(r.key);
	free(replaced);
	yaml_doc_free(&r.doc);
	yaml_parser_delete(&r.parser);
	return ok;
}

void
yaml_doc_free(struct yaml_doc **doc)
{
	struct owned_node *owned, *previous;

	if (*doc == NULL)
		return;
	for (owned = (*doc)->newest; owned != NULL; owned = previous) {
		previous = owned->previous;
		free(owned->key);
		free(owned->text);
		free(owned);
	}
	free(*doc);
	*doc = NULL;
}

const struct yaml_doc_node *
yaml_doc_root(const struct yaml_doc *doc)
{
	return &doc->root->node;
}

bool
yaml_doc_is_nothing(const struct yaml_doc_node *node)
{
	return node->kind == YAML_DOC_SCALAR && node->plain &&
	       node->text[0] == '\0';
}

const struct yaml_doc_node *
yaml_doc_member(const struct yaml_doc_node *map, const char *key)
{
	const struct yaml_doc_node *n;

	if (map->kind != YAML_DOC_MAP)
		return NULL;
	for (n = map->first; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}
