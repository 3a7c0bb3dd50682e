/*
 * top_render - /status as lines of text, for a terminal of a given size.
 *
 * Units	columns and lines; 0 lines: as many as it takes.
 * Ownership	borrows the document; appends to the caller's buffer.
 * Threads	none inside.
 * Errors	not what /status answers: false and a text.
 */
#ifndef GATEWAY_CLI_TOP_RENDER_H
#define GATEWAY_CLI_TOP_RENDER_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct top_render {
	unsigned columns, lines;
	bool colours;
};

bool top_render_write(const struct top_render *screen, struct span status,
    struct buffer *out, struct err *err);

#endif
