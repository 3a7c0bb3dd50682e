/*
 * dead_letter - the command `dead-letter`: what to do with them, for people.
 *
 * Reading needs nobody's leave.  What changes the files is asked of the
 * gateway that has the folder, at the address that its lock notes; where
 * nobody has it, purge takes the lock itself, and replay says that a gateway
 * must run, for only that one has a spool to replay into.
 *
 * Ownership	borrows all.
 * Threads	none inside.
 * Errors	told on standard error; the result is the program's exit code.
 */
#ifndef GATEWAY_CLI_DEAD_LETTER_H
#define GATEWAY_CLI_DEAD_LETTER_H

#include <stdio.h>

#include "gateway/cli/dead_letter_args.h"

enum dead_letter_end {
	DEAD_LETTER_DONE = 0,
	DEAD_LETTER_NOT_ALL = 1, /* some stay, or nobody could be asked */
	DEAD_LETTER_USAGE = 2,
	DEAD_LETTER_FAILED = 3, /* the folder cannot be read or changed */
};

enum dead_letter_end dead_letter_act(
    const struct dead_letter_args *words, FILE *out);

#endif
