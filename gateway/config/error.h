/*
 * error - what is wrong with a configuration, a line each.
 *
 *	gateway.yaml:5:3: batch.linger = 500: needs a unit: ms, s, m, h or d
 *
 * A list instead of one err, so that an operator can correct a file in one go.
 *
 * Ownership	borrows the name and the buffer.
 * Errors	lines past the limit become one last line, "and more".
 */
#ifndef GATEWAY_CONFIG_ERROR_H
#define GATEWAY_CONFIG_ERROR_H

#include <stdbool.h>

#include "parsers/yaml_doc.h"
#include "parsers/buffer.h"

#define CONFIG_ERRORS_MAX 20

struct config_errors {
	const char *name; /* of the file */
	struct buffer *out;
	unsigned count;
};

/* `at` says where; NULL: the file as a whole.  Always false. */
bool config_error_add(struct config_errors *errors,
    const struct yaml_doc_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A line that says its place itself. */
bool config_error_add_err(struct config_errors *errors, const struct err *err);

#endif
