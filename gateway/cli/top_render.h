/*
 * top_render - turns the document of /status into text for a terminal.
 *
 * Ownership	the document is borrowed; the text is appended to `out`.
 * Errors	this is not a document of /status: false and a text.
 */
#ifndef GATEWAY_CLI_TOP_RENDER_H
#define GATEWAY_CLI_TOP_RENDER_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct top_render {
	unsigned columns, lines; /* 0 lines: no limit */
	bool colours;
};

bool top_render_write(const struct top_render *screen, struct span status,
    struct buffer *out, struct err *err);

#endif
