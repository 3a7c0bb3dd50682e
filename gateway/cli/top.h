/*
 * top - the status of a gateway in a terminal, refreshed every second.
 *
 * Where standard output is not a terminal, it is printed once, without colours.
 *
 * Threads	main's; SIGINT and SIGTERM end it.
 * Errors	a gateway that does not answer at the start ends it; later the
 *		error is shown and the request is repeated each second.
 */
#ifndef GATEWAY_CLI_TOP_H
#define GATEWAY_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

struct top_args {
	const char *address, *token_file; /* NULL: not given */
};

/* From the command line.  False and a text: wrong usage. */
bool top_args_read(
    struct top_args *out, char *const *words, size_t count, struct err *err);

/* False: no status; the error was printed. */
bool top_show(const char *address, const char *token);

#endif
