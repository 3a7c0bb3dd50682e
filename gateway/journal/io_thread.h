/*
 * io_thread - the thread that runs jobs, so that no commit waits for them.
 *
 *	committer --give--> queue --> io_thread --> done --take--> committer
 *
 * Ownership	a job given is the io_thread's until it is taken back.  What is
 *		left when it ends is freed.
 * Threads	give and take from the committer's alone.
 * Errors	no thread: false and a text.
 */
#ifndef GATEWAY_JOURNAL_IO_THREAD_H
#define GATEWAY_JOURNAL_IO_THREAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/journal/io_job.h"

struct io_thread {
	struct io_ops *io;
	int wakeup_fd; /* written when a job is done */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t there;
	struct io_job *jobs, **link;
	bool stop;
	_Atomic(struct io_job *) done; /* newest first */
};

void io_thread_init(
    struct io_thread *io_thread, struct io_ops *io, int wakeup_fd);
bool io_thread_start(struct io_thread *io_thread, struct err *err);
void io_thread_stop(struct io_thread *io_thread); /* after the job under way */
void io_thread_fini(struct io_thread *io_thread, struct instant now);

void io_thread_give(struct io_thread *io_thread, struct io_job *job);

/* Those done, in the order in which they were. */
struct io_job *io_thread_take(struct io_thread *io_thread);

/* Runs the next job, in the thread or in a test.  False: there is none. */
bool io_thread_run_one(struct io_thread *io_thread);

#endif
