#include "gateway/admin/suspended_request.h"

#include <microhttpd.h>

#include "gateway/admin/dead_letter_api.h"

void
suspended_request_init(struct suspended_request_counter *counter)
{
	pthread_mutex_init(&counter->lock, NULL);
	counter->jobs = NULL;
}

void
suspended_request_fini(struct suspended_request_counter *counter)
{
	pthread_mutex_destroy(&counter->lock);
}

void
suspended_request_serve(
    struct suspended_request_counter *counter, struct admin_jobs *jobs)
{
	pthread_mutex_lock(&counter->lock);
	counter->jobs = jobs;
	pthread_mutex_unlock(&counter->lock);
}

/* In the job's thread; once it is resumed, the request is ours no more. */
static void
on_done(void *arg, struct admin_job_report *report)
{
	struct suspended_request *waiting = arg;

	waiting->report = *report;
	MHD_resume_connection(waiting->connection);
}

/* Suspended first: the job may be done before we return. */
void
suspended_request_begin(struct suspended_request *waiting,
    struct suspended_request_counter *counter,
    const struct admin_job_request *order)
{
	waiting->asked = true;
	MHD_suspend_connection(waiting->connection);
	pthread_mutex_lock(&counter->lock);
	waiting->answer = counter->jobs == NULL ? ADMIN_JOB_UNAVAILABLE
						: admin_job_start(counter->jobs,
						      order, on_done, waiting);
	pthread_mutex_unlock(&counter->lock);
	if (waiting->answer != ADMIN_JOB_STARTED)
		MHD_resume_connection(waiting->connection);
}

static const struct {
	unsigned status;
	const char *code, *message;
} refusals[] = {
	[ADMIN_JOB_BUSY] = { MHD_HTTP_CONFLICT, "ErrandRunning",
	    "another replay, purge or look at the dead letters is at work; "
	    "ask again when it is done" },
	[ADMIN_JOB_STOPPING] = { MHD_HTTP_SERVICE_UNAVAILABLE, "Draining",
	    "the gateway is ending; ask again when it runs" },
	[ADMIN_JOB_UNAVAILABLE] = { MHD_HTTP_NOT_FOUND, "NoDeadLetters",
	    "this gateway keeps no dead letters (see dead_letters.directory), "
	    "or is just starting or ending" },
};

void
suspended_request_tell(
    const struct suspended_request *waiting, struct admin_answer *answer)
{
	enum admin_job_answer no = waiting->answer;

	if (no != ADMIN_JOB_STARTED) {
		admin_answer_refuse(answer, refusals[no].status,
		    refusals[no].code, refusals[no].message);
		return;
	}
	answer->type = "application/json";
	if (!waiting->report.ok)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (!dead_letter_api_write(&waiting->report, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}
