/*
 * producers - producers' names and numbers, as all threads know them.
 *
 * A name is born with its first kept event and keeps its number as long as
 * the process lives.  Each thread has a copy of the names of its own, where it
 * finds nearly all of them without a lock; whoever meets one that is not there
 * takes over all that the others have learned meanwhile.
 *
 * Units	names as label_table.h: at most a thousand, the rest is "other".
 * Ownership	plain values, large; a copy borrows its producers.
 * Threads	a producers by any, a copy by its own.
 * Errors	none: "other" is always to be had.
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

/* No control characters and no blanks: else it is nobody's name. */
bool producers_is_name(struct span name);

/* A name without bytes (at: NULL) is "unnamed".  `born`: it has events. */
uint16_t producers_number(
    struct producers_copy *copy, struct span name, bool born);

#endif
