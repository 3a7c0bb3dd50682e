/*
 * store_rig - a folder of dead letters that lives as long as a test.
 *
 * Everything is static: each test file has its own.
 */
#ifndef TESTS_GATEWAY_DEADLETTER_STORE_RIG_H
#define TESTS_GATEWAY_DEADLETTER_STORE_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/deadletter/store.h"
#include "tests/support/scratch.h"

#define MAYBE __attribute__((unused)) static

#define FIRST  "letters-0000000000000001.ndjson"
#define SECOND "letters-0000000000000002.ndjson"
#define MIB    (1 << 20)

static char root[] = "/tmp/deadletter-XXXXXX";
static char folder[64];
static struct deadletter_store *letters;
MAYBE struct deadletter_store_ref place;

MAYBE void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(folder, sizeof folder, "%s/dead", root);
}

MAYBE void
end(void)
{
	deadletter_store_close(&letters);
	cr_assert(scratch_remove(root));
}

MAYBE void
start(uint64_t max_bytes)
{
	struct deadletter_store_options options = { .directory = folder,
		.max_bytes = max_bytes };
	struct err err = { 0 };

	cr_assert(
	    deadletter_store_open(&letters, &options, &err), "%s", err.text);
}

MAYBE enum deadletter_store_result
keep(const char *lines)
{
	struct err err = { 0 };

	return deadletter_store_append(letters, span_of(lines), &place, &err);
}

MAYBE bool
take_back(struct deadletter_store_ref at)
{
	struct err err = { 0 };

	return deadletter_store_take_back(letters, &at, &err);
}

/* A file of the folder as text; "" when it is not there. */
MAYBE const char *
text_of(const char *name)
{
	static char text[4096];
	char path[128];
	FILE *file;
	size_t len = 0;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file != NULL) {
		len = fread(text, 1, sizeof text - 1, file);
		fclose(file);
	}
	text[len] = '\0';
	return text;
}

MAYBE void
append_to(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

#endif
