/*
 * digest - refusals for the log: the first at once, the others summed.
 *
 * A producer with a bug sends bad events all night.  The log shall say so when
 * it begins, and then once a minute how many there were, with where the last
 * one stood; not once an event.
 *
 * Units	instants.
 * Ownership	a plain value; zeroed is new.
 * Threads	one.
 * Errors	none.
 */
#ifndef GATEWAY_DIGEST_H
#define GATEWAY_DIGEST_H

#include "gateway/account.h"
#include "gateway/clock.h"

struct digest {
	uint64_t told[ACCOUNT_REASONS]; /* up to this count */
	int64_t last_ns[ACCOUNT_REASONS];
	bool ever[ACCOUNT_REASONS];
};

/* Of this reason, so many since so long: to be told now. */
struct digest_line {
	uint64_t count;
	int64_t seconds; /* 0: the first */
};

/* False: nothing new, or not yet; `end`: the last chance. */
bool digest_due(struct digest *digest, unsigned reason, uint64_t count,
    struct instant now, bool end, struct digest_line *line_out);

/* Looks at the accounts and logs what is due. */
void digest_tell(struct digest *digest, struct account *account,
    struct instant now, bool end);

#endif
