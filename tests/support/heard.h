/*
 * heard - captures what a function writes to standard error.
 *
 * "Heard" is the captured text.  The test framework writes its messages there
 * too, but only after the function has returned.
 *
 * Errors	abort.
 */
#ifndef TESTS_SUPPORT_HEARD_H
#define TESTS_SUPPORT_HEARD_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEARD_MAX (1 << 20)

/* Good until the next call; ends with a NUL that *len_out does not count. */
static inline char *
heard(void (*say)(void *arg), void *arg, size_t *len_out)
{
	static char text[HEARD_MAX];
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	size_t len;

	if (kept == -1 || file == NULL ||
	    dup2(fileno(file), STDERR_FILENO) == -1)
		abort();
	say(arg);
	if (dup2(kept, STDERR_FILENO) == -1)
		abort();
	close(kept);
	rewind(file);
	len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[len] = '\0';
	if (len_out != NULL)
		*len_out = len;
	return text;
}

#endif
