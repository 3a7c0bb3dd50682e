/*
 * dead_letter - the command `dead-letter`: list, show, replay, purge.
 *
 * list and show read the files, also while a gateway uses them.  replay and
 * purge change files, so the gateway that has the folder is asked to, at the
 * admin address in its lock file.  Without a gateway, purge takes the lock
 * itself; replay needs a gateway, because it needs a spool.
 *
 *		a gateway has the folder	none has it
 *	list	reads the files			reads the files
 *	show	reads the files			reads the files
 *	replay	POST to the gateway		refused
 *	purge	POST to the gateway		locks and changes files
 *
 * Errors	on standard error; the result is the program's exit code.
 */
#ifndef GATEWAY_CLI_DEAD_LETTER_H
#define GATEWAY_CLI_DEAD_LETTER_H

#include <stdio.h>

#include "gateway/cli/dead_letter_args.h"

enum dead_letter_end {
	DEAD_LETTER_DONE = 0,
	DEAD_LETTER_NOT_ALL = 1, /* some stay, or no gateway answered */
	DEAD_LETTER_USAGE = 2,
	DEAD_LETTER_FAILED = 3, /* the folder cannot be read or changed */
};

enum dead_letter_end dead_letter_run(
    const struct dead_letter_args *args, FILE *out);

#endif
