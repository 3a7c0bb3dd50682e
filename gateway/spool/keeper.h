/*
 * keeper - the thread that runs jobs, so that no commit waits for them.
 *
 *	committer --give--> queue --> keeper --> done --take--> committer
 *
 * Units	none.
 * Ownership	a job given is the keeper's until it is taken back.  What is
 *		left when it ends is freed.
 * Threads	give and take from the committer's alone.
 * Errors	no thread: false and a text.
 */
#ifndef GATEWAY_SPOOL_KEEPER_H
#define GATEWAY_SPOOL_KEEPER_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/spool/job.h"

struct keeper {
	struct disk *disk;
	int bell; /* rung when a job is done */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t there;
	struct job *jobs, **link;
	bool stop;
	_Atomic(struct job *) done; /* newest first */
};

void keeper_init(struct keeper *keeper, struct disk *disk, int bell);
bool keeper_start(struct keeper *keeper, struct err *err);
void keeper_stop(struct keeper *keeper); /* after the job under way */
void keeper_fini(struct keeper *keeper, struct instant now);

void keeper_give(struct keeper *keeper, struct job *job);

/* Those done, in the order in which they were. */
struct job *keeper_take(struct keeper *keeper);

/* Runs the next job: its thread, or whoever does without.  False: none. */
bool keeper_run_one(struct keeper *keeper);

#endif
