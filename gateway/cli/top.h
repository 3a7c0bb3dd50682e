/*
 * top - the status of a gateway in a terminal, refreshed in place.
 *
 * Where standard output is no terminal, it is written once and plainly.
 *
 * Ownership	borrows its arguments.
 * Threads	main's; it takes SIGINT and SIGTERM to end.
 * Errors	a gateway that does not answer is told; in a terminal it is
 *		asked again each second.
 */
#ifndef GATEWAY_CLI_TOP_H
#define GATEWAY_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

struct top_options {
	const char *address, *token_file; /* NULL: not told */
};

/* What stands on the command line. */
bool top_words(struct top_options *options_out, char *const *words,
    size_t count, struct err *err);

/* False: there is nothing to show; it was said why. */
bool top_show(const char *address, const char *token);

#endif
