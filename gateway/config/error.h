/*
 * error - what is wrong with a configuration, a line each.
 *
 *	gateway.yaml:5:3: batch.linger = 500: needs a unit: ms, s, m, h or d
 *
 * A list instead of one err: whoever mends a file wants to hear all at once.
 *
 * Ownership	borrows the name and the buffer.
 * Threads	none inside.
 * Errors	lines past the limit are counted as one last line.
 */
#ifndef GATEWAY_CONFIG_ERROR_H
#define GATEWAY_CONFIG_ERROR_H

#include <stdbool.h>

#include "parsers/yaml_doc.h"
#include "parsers/buffer.h"

#define CONFIG_COMPLAINTS_MAX 20

struct complaints {
	const char *name; /* of the file */
	struct buffer *out;
	unsigned count;
};

/* `at` says where; NULL: the file as a whole.  Always false. */
bool config_complain(struct complaints *c, const struct yaml_doc_node *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A line that says its place itself. */
bool config_complain_of(struct complaints *c, const struct err *err);

#endif
