/*
 * waiting - a request that is answered when its errand is done.
 *
 * Its connection is suspended meanwhile, so that the daemon's one thread goes
 * on with the others; the errand's thread resumes it.  Then the daemon calls
 * for the request once more, and waiting_tell has the answer.
 *
 * Ownership	borrows the connection and the errands; the report is the
 *		waiting one's, for errand_forget.
 * Threads	waiting_serve from any; the rest from the daemon's.
 * Errors	that nobody, or somebody else, is served is an answer.
 */
#ifndef GATEWAY_ADMIN_WAITING_H
#define GATEWAY_ADMIN_WAITING_H

#include <pthread.h>
#include <stdbool.h>

#include "gateway/admin/answer.h"
#include "gateway/spool/errand.h"

/* Where errands are taken, or nobody is there to take them. */
struct waiting_counter {
	pthread_mutex_t lock;
	struct errands *errands; /* NULL: nobody */
};

void waiting_init(struct waiting_counter *counter);
void waiting_fini(struct waiting_counter *counter);

/* When it returns, nothing is begun any more by those who were there before. */
void waiting_serve(struct waiting_counter *counter, struct errands *errands);

struct waiting {
	struct MHD_Connection *connection;
	bool asked;
	enum errand_answer errand; /* was it begun? */
	struct errand_report report;
};

/* The request is called for again, whatever became of it. */
void waiting_begin(struct waiting *waiting, struct waiting_counter *counter,
    const struct errand_order *order);

void waiting_tell(const struct waiting *waiting, struct answer *answer);

#endif
