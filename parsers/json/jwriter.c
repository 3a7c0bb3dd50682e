#include "parsers/json/jwriter.h"

#include <inttypes.h>
#include <math.h>

static void
put_text(struct jwriter *w, const char *text)
{
	w->ok = w->ok && buffer_print(w->out, "%s", text);
}

/* Bytes beyond ASCII are copied: every text is our own or checked UTF-8. */
static void
put_quoted(struct jwriter *w, const char *text)
{
	put_text(w, "\"");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			w->ok &= buffer_print(w->out, "\\%c", c);
		else if (c < ' ')
			w->ok &= buffer_print(w->out, "\\u%04x", c);
		else
			w->ok &= buffer_append(w->out, text, 1);
	}
	put_text(w, "\"");
}

static void
begin(struct jwriter *w, const char *name)
{
	if (!w->first)
		put_text(w, ",");
	w->first = false;
	if (name == NULL)
		return;
	put_quoted(w, name);
	put_text(w, ":");
}

void
jwriter_open(struct jwriter *w, const char *name, char bracket)
{
	begin(w, name);
	w->ok = w->ok && buffer_append(w->out, &bracket, 1);
	w->first = true;
}

void
jwriter_close(struct jwriter *w, char bracket)
{
	w->ok = w->ok && buffer_append(w->out, &bracket, 1);
	w->first = false;
}

void
jwriter_text(struct jwriter *w, const char *name, const char *text)
{
	begin(w, name);
	put_quoted(w, text);
}

void
jwriter_json(struct jwriter *w, const char *name, struct span json)
{
	begin(w, name);
	w->ok = w->ok && buffer_append(w->out, json.at, json.len);
}

void
jwriter_number(struct jwriter *w, const char *name, uint64_t number)
{
	begin(w, name);
	w->ok = w->ok && buffer_print(w->out, "%" PRIu64, number);
}

void
jwriter_signed(struct jwriter *w, const char *name, int64_t number)
{
	begin(w, name);
	w->ok = w->ok && buffer_print(w->out, "%" PRId64, number);
}

void
jwriter_real(struct jwriter *w, const char *name, double number)
{
	begin(w, name);
	if (!isfinite(number))
		number = 0;
	w->ok = w->ok && buffer_print(w->out, "%.6g", number);
}

void
jwriter_bool(struct jwriter *w, const char *name, bool value)
{
	begin(w, name);
	put_text(w, value ? "true" : "false");
}

void
jwriter_null(struct jwriter *w, const char *name)
{
	begin(w, name);
	put_text(w, "null");
}
