/*
 * shared - test data that is larger than the repository should be.
 *
 * It is looked for in the directory named by SHARED_DATA, else beside the
 * source tree.  A test that needs it and finds it absent says so and goes on:
 * its own table must cover the essentials.
 *
 * Ownership	shared_read gives; free() takes.
 * Errors	absent: NULL, and a line on stderr.
 */
#ifndef TESTS_SUPPORT_SHARED_H
#define TESTS_SUPPORT_SHARED_H

#include <stdio.h>
#include <stdlib.h>

static inline const char *
shared_directory(void)
{
	const char *named = getenv("SHARED_DATA");

	return named != NULL ? named : SHARED_DATA;
}

/* The whole file, with a NUL behind it. */
static inline char *
shared_read(const char *name, size_t *len_out)
{
	char path[1024];
	FILE *file;
	char *bytes = NULL;
	long len = -1;

	snprintf(path, sizeof path, "%s/%s", shared_directory(), name);
	file = fopen(path, "rb");
	if (file == NULL) {
		fprintf(stderr, "SKIPPED, no such data: %s (set SHARED_DATA)\n",
		    path);
		return NULL;
	}
	if (fseek(file, 0, SEEK_END) == 0)
		len = ftell(file);
	rewind(file);
	if (len >= 0)
		bytes = malloc((size_t)len + 1);
	if (bytes != NULL) {
		*len_out = fread(bytes, 1, (size_t)len, file);
		bytes[*len_out] = '\0';
	}
	fclose(file);
	return bytes;
}

#endif
