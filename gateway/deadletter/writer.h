/*
 * writer - who keeps the dead letters of the sending side: their files.
 *
 * Letters are synced before their events leave the spool, so that a crash
 * between the two leaves an event in both and never in neither.
 *
 * Ownership	borrows the files; they live longer.
 * Threads	the pump's; it waits while the disk syncs.
 * Errors	told in the log once when keeping begins to fail, and once when
 *		it works again; meanwhile the lane that asked holds.
 */
#ifndef GATEWAY_DEADLETTER_WRITER_H
#define GATEWAY_DEADLETTER_WRITER_H

#include <stdbool.h>

#include "gateway/deadletter/store.h"
#include "gateway/deadletter/sink.h"

struct letter_undertaker {
	struct undertaker undertaker;
	struct deadletter *letters;
	bool failing; /* and it was told */
};

void deadletter_writer_init(
    struct letter_undertaker *undertaker, struct deadletter *letters);

#endif
