/*
 * tree - JSON, written as it goes.
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
#ifndef GATEWAY_ADMIN_TREE_H
#define GATEWAY_ADMIN_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/text.h"

struct tree {
	struct buffer *out;
	bool ok;
	bool first; /* of its list or object */
};

void tree_open(struct tree *tree, const char *name, char bracket);
void tree_close(struct tree *tree, char bracket);
void tree_text(struct tree *tree, const char *name, const char *text);
/* JSON already, and sound. */
void tree_json(struct tree *tree, const char *name, struct span json);
void tree_number(struct tree *tree, const char *name, uint64_t number);
void tree_signed(struct tree *tree, const char *name, int64_t number);
void tree_real(struct tree *tree, const char *name, double number);
void tree_bool(struct tree *tree, const char *name, bool value);
void tree_null(struct tree *tree, const char *name);

#endif
