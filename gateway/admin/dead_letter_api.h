/*
 * dead_letter_api - dead letters over HTTP: what is asked for, and the result.
 *
 *	GET  /dead-letters?table=&reason=&limit=	show them
 *	POST /dead-letters/replay {"table":,"reason":}	{} or nothing: all
 *	POST /dead-letters/purge  {"table":,"reason":,"before":} or {"all":true}
 *
 * An unknown name is refused, not ignored: a misspelt filter would mean all
 * dead letters.  The commands of the program print the same documents, so they
 * are made here alone.
 *
 * A job runs on a thread of its own.  The connection is suspended meanwhile,
 * so that the daemon's one thread serves the others; the job's thread resumes
 * it.  Then the daemon calls for the request once more, and the report is
 * there.
 *
 * Threads	dead_letter_api_set_jobs from any; the rest from the daemon's.
 * Errors	what is wrong with a request is a text for its client.
 */
#ifndef GATEWAY_ADMIN_DEAD_LETTER_API_H
#define GATEWAY_ADMIN_DEAD_LETTER_API_H

#include <pthread.h>
#include <stdbool.h>

#include "gateway/deadletter/admin_job.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define DEAD_LETTER_API_BODY    4096 /* no request is longer */
#define DEAD_LETTER_API_MESSAGE 160
#define DEAD_LETTER_API_LIMIT   20 /* are shown unless the query has a limit */

struct MHD_Connection;

/* ---- requests --------------------------------------------------------- */

/* A value that is not there is an empty span with a NULL. */
bool dead_letter_api_read_query(struct admin_job_request *out,
    struct span table, struct span reason, struct span limit,
    char message[DEAD_LETTER_API_MESSAGE]);

bool dead_letter_api_read_body(struct admin_job_request *out,
    enum admin_job_kind kind, struct span body,
    char message[DEAD_LETTER_API_MESSAGE]);

/* ---- jobs ------------------------------------------------------------- */

struct dead_letter_api {
	pthread_mutex_t lock;
	struct admin_jobs *jobs; /* NULL: jobs cannot be started */
};

void dead_letter_api_init(struct dead_letter_api *api);
void dead_letter_api_fini(struct dead_letter_api *api);

/* NULL: none any more.  The former ones get no new job once this returns. */
void dead_letter_api_set_jobs(
    struct dead_letter_api *api, struct admin_jobs *jobs);

/* One job, and the connection that waits for it (borrowed). */
struct dead_letter_request {
	struct MHD_Connection *connection;
	bool begun; /* suspended; called for again in any case */
	enum admin_job_answer started;
	struct admin_job_report report; /* for admin_job_report_fini */
};

void dead_letter_api_begin(struct dead_letter_api *api,
    const struct admin_job_request *order, struct dead_letter_request *request);

struct dead_letter_refusal {
	unsigned status;
	const char *code, *message;
};

/* Why no job was started; NULL: it was, and the report is there. */
const struct dead_letter_refusal *dead_letter_api_refusal(
    const struct dead_letter_request *request);

/* The result as a document; of a report that is not ok: why. */
bool dead_letter_api_write(
    const struct admin_job_report *report, struct buffer *out);

#endif
