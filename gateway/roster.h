/*
 * roster - producers' names and numbers, as all threads know them.
 *
 * A name is born with its first kept event and keeps its number as long as
 * the process lives.  Each thread has a copy of the names of its own, where it
 * finds nearly all of them without a lock; whoever meets one that is not there
 * takes over all that the others have learned meanwhile.
 *
 * Units	names as labels.h: at most a thousand, the rest is "other".
 * Ownership	plain values, large; a copy borrows its roster.
 * Threads	a roster by any, a copy by its own.
 * Errors	none: "other" is always to be had.
 */
#ifndef GATEWAY_ROSTER_H
#define GATEWAY_ROSTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/labels.h"
#include "parsers/text.h"

struct roster {
	pthread_mutex_t lock; /* all that follows */
	struct labels labels;
	_Atomic uint16_t count; /* of them; may be read without it */
};

struct roster_copy {
	struct roster *roster;
	struct labels labels; /* maybe old */
};

/* "unnamed" is always the first to have a number. */
void roster_init(struct roster *roster);
void roster_fini(struct roster *roster);
void roster_read(struct roster *roster, struct labels *out);

void roster_copy_init(struct roster_copy *copy, struct roster *roster);

/* No control characters and no blanks: else it is nobody's name. */
bool roster_is_name(struct span name);

/* A name without bytes (at: NULL) is "unnamed".  `born`: it has events. */
uint16_t roster_number(struct roster_copy *copy, struct span name, bool born);

#endif
