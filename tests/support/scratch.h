/*
 * scratch - the end of a folder that a test made for itself.
 *
 * Units	a path without blanks, as mkdtemp makes it.
 * Ownership	none.
 * Threads	any.
 * Errors	false: it is not all gone.
 */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* With all that is in it; it must be there. */
static inline bool
scratch_remove(const char *path)
{
	char command[128];
	int len = snprintf(command, sizeof command, "rm -r %s", path);

	return len < (int)sizeof command && system(command) == 0;
}

#endif
