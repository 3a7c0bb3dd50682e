/*
 * suspended_request - a request that is answered when its job is done.
 *
 * Its connection is suspended meanwhile, so that the daemon's one thread goes
 * on with the others; the job's thread resumes it.  Then the daemon calls
 * for the request once more, and suspended_request_tell has the answer.
 *
 * Ownership	borrows the connection and the jobs; the report is the
 *		waiting one's, for admin_job_report_fini.
 * Threads	suspended_request_serve from any; the rest from the daemon's.
 * Errors	that nobody, or somebody else, is served is an answer.
 */
#ifndef GATEWAY_ADMIN_SUSPENDED_REQUEST_H
#define GATEWAY_ADMIN_SUSPENDED_REQUEST_H

#include <pthread.h>
#include <stdbool.h>

#include "gateway/admin/admin_answer.h"
#include "gateway/deadletter/admin_job.h"

/* Where jobs are taken, or nobody is there to take them. */
struct suspended_request_counter {
	pthread_mutex_t lock;
	struct admin_jobs *jobs; /* NULL: nobody */
};

void suspended_request_init(struct suspended_request_counter *counter);
void suspended_request_fini(struct suspended_request_counter *counter);

/* When it returns, nothing is begun any more by those who were there before. */
void suspended_request_serve(
    struct suspended_request_counter *counter, struct admin_jobs *jobs);

struct suspended_request {
	struct MHD_Connection *connection;
	bool asked;
	enum admin_job_answer answer; /* was it begun? */
	struct admin_job_report report;
};

/* The request is called for again, whatever became of it. */
void suspended_request_begin(struct suspended_request *waiting,
    struct suspended_request_counter *counter,
    const struct admin_job_request *order);

void suspended_request_tell(
    const struct suspended_request *waiting, struct admin_answer *answer);

#endif
