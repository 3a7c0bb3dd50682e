/*
 * options - the command line, one row an option.
 *
 * The row is parser, check, default and help at once, so that they cannot
 * disagree.
 *
 * Ownership	texts borrow argv or are literals.
 * Threads	none inside.
 * Errors	ERR_INPUT in words for the person at the terminal.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "parsers/err.h"

struct options {
	const char *listen;
	const char *client_id;
	const char *client_secret;
	const char *api_key;
	const char *org;     /* NULL: any */
	const char *project; /* NULL: any */
	const char *tables;  /* NULL: any */
	const char *record;  /* NULL: none */
	int64_t token_ttl_s;
	int64_t calls_per_minute;
	int64_t max_body;
	int64_t latency_ms;
	int64_t keep_bytes;
	bool strict;
	bool detect_duplicates;
	bool help, version;
};

#define OPTION_CLIENT_ID     "polaris-sim"
#define OPTION_CLIENT_SECRET "polaris-sim-secret"
#define OPTION_API_KEY       "pok_polaris-sim"

bool options_read(struct options *o, int argc, char **argv, struct err *err);
void options_help(FILE *out);

/* Is the name in a list "a,b"?  NULL: every name is. */
bool options_lists(const char *list, const char *name);

#endif
