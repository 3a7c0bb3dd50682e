#include "gateway/admin/waiting.h"

#include <microhttpd.h>

#include "gateway/admin/desk.h"

void
waiting_init(struct waiting_counter *counter)
{
	pthread_mutex_init(&counter->lock, NULL);
	counter->errands = NULL;
}

void
waiting_fini(struct waiting_counter *counter)
{
	pthread_mutex_destroy(&counter->lock);
}

void
waiting_serve(struct waiting_counter *counter, struct errands *errands)
{
	pthread_mutex_lock(&counter->lock);
	counter->errands = errands;
	pthread_mutex_unlock(&counter->lock);
}

/* In the errand's thread; once it is resumed, the request is ours no more. */
static void
on_done(void *arg, struct errand_report *report)
{
	struct waiting *waiting = arg;

	waiting->report = *report;
	MHD_resume_connection(waiting->connection);
}

/* Suspended first: the errand may be done before we return. */
void
waiting_begin(struct waiting *waiting, struct waiting_counter *counter,
    const struct errand_order *order)
{
	waiting->asked = true;
	MHD_suspend_connection(waiting->connection);
	pthread_mutex_lock(&counter->lock);
	waiting->errand =
	    counter->errands == NULL
		? ERRAND_NOBODY
		: errand_start(counter->errands, order, on_done, waiting);
	pthread_mutex_unlock(&counter->lock);
	if (waiting->errand != ERRAND_STARTED)
		MHD_resume_connection(waiting->connection);
}

static const struct {
	unsigned status;
	const char *code, *message;
} refusals[] = {
	[ERRAND_BUSY] = { MHD_HTTP_CONFLICT, "ErrandRunning",
	    "another replay, purge or look at the dead letters is at work; "
	    "ask again when it is done" },
	[ERRAND_ENDING] = { MHD_HTTP_SERVICE_UNAVAILABLE, "Draining",
	    "the gateway is ending; ask again when it runs" },
	[ERRAND_NOBODY] = { MHD_HTTP_NOT_FOUND, "NoDeadLetters",
	    "this gateway keeps no dead letters (see dead_letters.directory), "
	    "or is just starting or ending" },
};

void
waiting_tell(const struct waiting *waiting, struct answer *answer)
{
	enum errand_answer no = waiting->errand;

	if (no != ERRAND_STARTED) {
		answer_refuse(answer, refusals[no].status, refusals[no].code,
		    refusals[no].message);
		return;
	}
	answer->type = "application/json";
	if (!waiting->report.ok)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (!desk_write(&waiting->report, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}
