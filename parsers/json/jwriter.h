/*
 * jwriter - writes JSON into a buffer, value by value.
 *
 * It writes the commas and quotes; the caller gives names and values in their
 * order.  A name of NULL means an element of an array.
 *
 * Ownership	borrows the buffer.
 * Errors	once the buffer is full nothing more is written, and ok is
 *		false.
 */
#ifndef PARSERS_JSON_JWRITER_H
#define PARSERS_JSON_JWRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

struct jwriter {
	struct buffer *out;
	bool ok;
	bool first; /* of its array or object */
};

void jwriter_open(struct jwriter *w, const char *name, char bracket);
void jwriter_close(struct jwriter *w, char bracket);
void jwriter_text(struct jwriter *w, const char *name, const char *text);
/* `json` must be valid JSON. */
void jwriter_json(struct jwriter *w, const char *name, struct span json);
void jwriter_number(struct jwriter *w, const char *name, uint64_t number);
void jwriter_signed(struct jwriter *w, const char *name, int64_t number);
void jwriter_real(struct jwriter *w, const char *name, double number);
void jwriter_bool(struct jwriter *w, const char *name, bool value);
void jwriter_null(struct jwriter *w, const char *name);

#endif
