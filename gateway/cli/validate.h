/*
 * validate - checks the events in files as the gateway would check them now.
 *
 * For people who write producers: a check for their CI, without a network.
 * Each invalid event is reported with file, line, column and reason, and shown
 * with a caret under the place; or as one JSON object a line.  The rules are
 * those of a table in the gateway's configuration.
 *
 *	clicks.ndjson:2:11: time_too_old: "__time" is older than events.max_age
 *	    {"__time":"2001-01-01","page":"/"}
 *	              ^
 *	1 of 5 events is invalid
 *
 * Units	lines and columns from 1; a column is a byte.
 * Errors	a file that cannot be read: false, printed on standard error.
 */
#ifndef GATEWAY_CLI_VALIDATE_H
#define GATEWAY_CLI_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gateway/model/table.h"

struct validate {
	const struct table_options *table;
	int64_t wall_ms; /* "now", for the age of events */
	bool json;
	FILE *out;
	/* counted by validate_file */
	uint64_t events;
	uint64_t invalid;
};

/* The rules for `name`: its own where it is configured, else those of all. */
const struct table_options *validate_table(
    const struct tables_options *tables, const char *name);

/* `path` is a file's, or "-" for standard input. */
bool validate_file(struct validate *validate, const char *path);

void validate_summary(const struct validate *validate);

#endif
