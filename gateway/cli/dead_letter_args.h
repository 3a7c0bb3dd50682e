/*
 * dead_letter_args - what the command `dead-letter` is told, as values.
 *
 *	list|show|replay|purge DIR [--table T] [--reason R] ...
 *
 * Options are rows, each with the commands that know it: one that is not known
 * is refused, for a slip in a filter would mean all letters.
 *
 * Units	milliseconds since 1970.
 * Ownership	borrows the words.
 * Threads	none inside.
 * Errors	false and a text.
 */
#ifndef GATEWAY_CLI_DEAD_LETTER_ARGS_H
#define GATEWAY_CLI_DEAD_LETTER_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "parsers/err.h"

enum dead_command {
	DEAD_LIST,
	DEAD_SHOW,
	DEAD_REPLAY,
	DEAD_PURGE,
	DEAD_COMMANDS,
};

struct dead_letter_args {
	enum dead_command command;
	const char *directory; /* NULL: not told, as all others */
	const char *table, *reason;
	const char *admin, *token_file;
	int64_t before_ms; /* INT64_MAX: not told */
	uint64_t limit;    /* UINT64_MAX: not told */
	bool all, json;
};

/* `wall_ms`: now, for --before with an age. */
bool dead_letter_args_read(struct dead_letter_args *out, char **words,
    size_t count, int64_t wall_ms, struct err *err);

/* Tells it on standard error; the program's exit code. */
int dead_letter_args_usage(const struct err *err);

/* For people: commands, options, examples. */
void dead_letter_args_help(FILE *out);

#endif
