/*
 * screen - /status as lines of text, for a terminal of a given size.
 *
 * Units	columns and lines; 0 lines: as many as it takes.
 * Ownership	borrows the document; appends to the caller's buffer.
 * Threads	none inside.
 * Errors	not what /status answers: false and a text.
 */
#ifndef GATEWAY_SCREEN_H
#define GATEWAY_SCREEN_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/text.h"

struct screen {
	unsigned columns, lines;
	bool colours;
};

bool screen_write(const struct screen *screen, struct span status,
    struct buffer *out, struct err *err);

#endif
