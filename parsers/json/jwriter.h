/*
 * jwriter - JSON, written as it goes.
 *
 * It puts the commas and the quotes; whoever writes puts names and values in
 * the order in which they shall stand.  A name of NULL: an element of a list.
 *
 * Units	bytes.
 * Ownership	borrows the buffer.
 * Threads	none inside.
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
	bool first; /* of its list or object */
};

void jwriter_open(struct jwriter *tree, const char *name, char bracket);
void jwriter_close(struct jwriter *tree, char bracket);
void jwriter_text(struct jwriter *tree, const char *name, const char *text);
/* JSON already, and sound. */
void jwriter_json(struct jwriter *tree, const char *name, struct span json);
void jwriter_number(struct jwriter *tree, const char *name, uint64_t number);
void jwriter_signed(struct jwriter *tree, const char *name, int64_t number);
void jwriter_real(struct jwriter *tree, const char *name, double number);
void jwriter_bool(struct jwriter *tree, const char *name, bool value);
void jwriter_null(struct jwriter *tree, const char *name);

#endif
