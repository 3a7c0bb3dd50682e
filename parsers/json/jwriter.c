#include "parsers/json/jwriter.h"

#include <inttypes.h>
#include <math.h>

static void
put_text(struct jwriter *tree, const char *text)
{
	tree->ok = tree->ok && buffer_print(tree->out, "%s", text);
}

/* Bytes beyond ASCII are as they came: what comes here is ours or checked. */
static void
put_quoted(struct jwriter *tree, const char *text)
{
	put_text(tree, "\"");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			tree->ok &= buffer_print(tree->out, "\\%c", c);
		else if (c < ' ')
			tree->ok &= buffer_print(tree->out, "\\u%04x", c);
		else
			tree->ok &= buffer_append(tree->out, text, 1);
	}
	put_text(tree, "\"");
}

static void
begin(struct jwriter *tree, const char *name)
{
	if (!tree->first)
		put_text(tree, ",");
	tree->first = false;
	if (name == NULL)
		return;
	put_quoted(tree, name);
	put_text(tree, ":");
}

void
jwriter_open(struct jwriter *tree, const char *name, char bracket)
{
	begin(tree, name);
	tree->ok = tree->ok && buffer_append(tree->out, &bracket, 1);
	tree->first = true;
}

void
jwriter_close(struct jwriter *tree, char bracket)
{
	tree->ok = tree->ok && buffer_append(tree->out, &bracket, 1);
	tree->first = false;
}

void
jwriter_text(struct jwriter *tree, const char *name, const char *text)
{
	begin(tree, name);
	put_quoted(tree, text);
}

void
jwriter_json(struct jwriter *tree, const char *name, struct span json)
{
	begin(tree, name);
	tree->ok = tree->ok && buffer_append(tree->out, json.at, json.len);
}

void
jwriter_number(struct jwriter *tree, const char *name, uint64_t number)
{
	begin(tree, name);
	tree->ok = tree->ok && buffer_print(tree->out, "%" PRIu64, number);
}

void
jwriter_signed(struct jwriter *tree, const char *name, int64_t number)
{
	begin(tree, name);
	tree->ok = tree->ok && buffer_print(tree->out, "%" PRId64, number);
}

void
jwriter_real(struct jwriter *tree, const char *name, double number)
{
	begin(tree, name);
	if (!isfinite(number))
		number = 0;
	tree->ok = tree->ok && buffer_print(tree->out, "%.6g", number);
}

void
jwriter_bool(struct jwriter *tree, const char *name, bool value)
{
	begin(tree, name);
	put_text(tree, value ? "true" : "false");
}

void
jwriter_null(struct jwriter *tree, const char *name)
{
	begin(tree, name);
	put_text(tree, "null");
}
