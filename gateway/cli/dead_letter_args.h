/*
 * dead_letter_args - the arguments of the command `dead-letter`.
 *
 *	list|show|replay|purge DIR [--table T] [--reason R] ...
 *
 * Each option is a row with the commands that it belongs to.  An unknown option
 * is refused: a typing error in a filter would otherwise mean all letters.
 *
 * Ownership	the values point into `words`.
 */
#ifndef GATEWAY_CLI_DEAD_LETTER_ARGS_H
#define GATEWAY_CLI_DEAD_LETTER_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "parsers/err.h"

enum dead_letter_command {
	DEAD_LETTER_LIST,
	DEAD_LETTER_SHOW,
	DEAD_LETTER_REPLAY,
	DEAD_LETTER_PURGE,
	DEAD_LETTER_COMMANDS,
};

struct dead_letter_args {
	enum dead_letter_command command;
	const char *directory; /* NULL: not given; so are the others */
	const char *table, *reason;
	const char *admin, *token_file;
	int64_t before_ms; /* INT64_MAX: not given */
	uint64_t limit;    /* UINT64_MAX: not given */
	bool all, json;
};

/* `wall_ms`: now, for --before with an age.  False and a text: wrong usage. */
bool dead_letter_args_read(struct dead_letter_args *out, char **words,
    size_t count, int64_t wall_ms, struct err *err);

/* Prints it on standard error; gives the program's exit code. */
int dead_letter_args_usage(const struct err *err);

void dead_letter_args_help(FILE *out);

#endif
