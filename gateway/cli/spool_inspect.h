/*
 * spool_inspect - what stands in a spool's directory, for people.
 *
 * Reads only, and takes no lock: a gateway may be using the directory.  Then
 * the figures are of a moment that has passed, and the end of the youngest
 * segment may look torn.
 *
 * Units	bytes, events, milliseconds since 1970.
 * Ownership	borrows all.
 * Threads	none inside.
 * Errors	the directory cannot be read, or no memory: false and a text.
 *		Damage is not an error: it is what spool_inspect_verify is for.
 */
#ifndef GATEWAY_CLI_SPOOL_INSPECT_H
#define GATEWAY_CLI_SPOOL_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "parsers/err.h"

/* Segments, then tables: what waits in them, and since when. */
bool spool_inspect_stat(
    const char *directory, int64_t wall_ms, FILE *out, struct err *err);

/* Reads and checks every record.  *bad_out: places that are damaged. */
bool spool_inspect_verify(
    const char *directory, FILE *out, uint64_t *bad_out, struct err *err);

#endif
