/*
 * readiness - can events be kept now, and if not, why not?
 *
 * One constant word, for the readiness probe and the log.
 *
 * Threads	any.
 */
#ifndef GATEWAY_READINESS_H
#define GATEWAY_READINESS_H

struct spool;

/* NULL: they can. */
const char *readiness_why_not(struct spool *spool);

/* Logs the change. */
void readiness_log(const char *why_not);

#endif
