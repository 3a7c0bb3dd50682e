/*
 * recovery - from the files that are there to the state of the log.
 *
 *	open     headers are read, segments put in order: ready for new events
 *	SETTLED  from the youngest to the oldest: what is acked
 *	LOAD     from the oldest to the youngest: what is there, and waits
 *	VERIFY   every frame is read and checked, when nothing else is due
 *
 * Acks first, so that a record that is done is never given to the
 * pump; youngest first, so that a record known to be done needs no memory for
 * its parts.
 *
 * Units	bytes.
 * Errors	only what an operator can mend keeps us from starting; a file
 *		that makes no sense is put aside and counted.
 */
#ifndef GATEWAY_JOURNAL_RECOVERY_H
#define GATEWAY_JOURNAL_RECOVERY_H

#include "gateway/journal/journal_state.h"

/* Finds the segments; every one that may hold something is in `used`. */
bool recovery_open(struct journal *journal, struct err *err);
void recovery_fini(struct journal *journal);

void recovery_step(struct journal *journal);
void recovery_done(struct journal *journal, struct io_job *job);

#endif
