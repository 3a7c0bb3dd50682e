/*
 * producers - producers' names and their numbers, the same for all threads.
 *
 * A name gets a number with its first kept event and keeps it as long as the
 * process runs.  Each thread has a copy of the names, where it finds nearly
 * all of them without a lock.  For a name that is not there it takes the lock
 * and copies what the other threads have added.
 *
 * Units	at most a thousand names (label_table.h), the rest is "other".
 * Ownership	plain values, large; a copy borrows its original.
 * Threads	struct producers by any, a copy by its own.
 */
#ifndef GATEWAY_METRICS_PRODUCERS_H
#define GATEWAY_METRICS_PRODUCERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/label_table.h"
#include "parsers/span.h"

struct producers {
	pthread_mutex_t lock; /* all that follows */
	struct label_table labels;
	_Atomic uint16_t count; /* of them; may be read without it */
};

struct producers_copy {
	struct producers *producers;
	struct label_table labels; /* maybe old */
};

/* "unnamed" is always the first to have a number. */
void producers_init(struct producers *producers);
void producers_fini(struct producers *producers);
void producers_read(struct producers *producers, struct label_table *out);

void producers_copy_init(
    struct producers_copy *copy, struct producers *producers);

/* A name has no control characters and no blanks. */
bool producers_is_name(struct span name);

/* A name without bytes (at: NULL) is "unnamed".  `add`: it has events, so a
 * new name gets a number. */
uint16_t producers_number(
    struct producers_copy *copy, struct span name, bool add);

#endif
