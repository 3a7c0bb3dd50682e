/*
 * readiness - can events be kept now, and if not, why not?
 *
 * What a readiness probe is told, in one constant word, and what the log says
 * of it.
 *
 * Ownership	borrows the spool.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_READINESS_H
#define GATEWAY_READINESS_H

struct spool;

/* NULL: they can. */
const char *readiness_why_not(struct spool *spool);

/* In the log, that it has become so. */
void readiness_tell(const char *why_not);

#endif
