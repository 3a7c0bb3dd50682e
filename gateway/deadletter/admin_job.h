/*
 * admin_job - what a running gateway does with its dead letters on request.
 *
 * A job has a thread of its own, because it reads files and waits for the disk;
 * the caller goes on, and `done` is called at the end.  One job at a time may
 * change letters (replay, purge), and ADMIN_JOB_QUERIES may read them.
 *
 *	             +--> BUSY, STOPPING
 *	             |
 *	start --> STARTED --> running --> done(report)
 *	                         ^
 *	admin_job_stop ----------+  the job ends early: report->stopped
 *
 * A replay or purge first rotates the store's files, and waits until no letter
 * in the files before can be taken back: see store.h.
 *
 * Ownership	admin_job_open allocates, admin_job_close frees; the report
 *		goes to `done`, which must call admin_job_report_fini later.
 * Threads	admin_job_start from one thread; `done` runs in the job's thread
 *		and must not block.
 * Errors	in the report.
 */
#ifndef GATEWAY_DEADLETTER_ADMIN_JOB_H
#define GATEWAY_DEADLETTER_ADMIN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"
#include "gateway/deadletter/store.h"
#include "gateway/deadletter/query.h"
#include "gateway/deadletter/compaction.h"
#include "gateway/deadletter/replay.h"
#include "parsers/err.h"

#define ADMIN_JOB_QUERIES 2
#define ADMIN_JOB_NAME    256 /* room of a name in a request */

enum admin_job_kind {
	ADMIN_JOB_QUERY,
	ADMIN_JOB_REPLAY,
	ADMIN_JOB_PURGE,
};

struct admin_job_request {
	enum admin_job_kind kind;
	char table[ADMIN_JOB_NAME], reason[ADMIN_JOB_NAME]; /* "": any */
	int64_t before_ms;                                  /* INT64_MAX: any */
	size_t limit;                                       /* of a query */
};

struct admin_job_report {
	enum admin_job_kind kind;
	bool ok; /* else: */
	struct err err;
	struct deadletter_query *query; /* one of three, by kind */
	struct replay replay;
	struct deadletter_compaction purge;
	bool stopped; /* the gateway is stopping: not all was done */
};

struct admin_job_uses {
	struct deadletter_store *letters;
	struct registry *registry;
	struct replay_uses replay; /* its block is created here */
};

struct admin_jobs;

bool admin_job_open(struct admin_jobs **out, const struct admin_job_uses *uses,
    struct err *err);

/* Running jobs end soon, and none is started any more. */
void admin_job_stop(struct admin_jobs *jobs);

/* Stops them, and waits until they have ended. */
void admin_job_close(struct admin_jobs **jobs);

enum admin_job_answer {
	ADMIN_JOB_STARTED,
	ADMIN_JOB_BUSY,        /* too many of this kind are running */
	ADMIN_JOB_STOPPING,    /* or no thread could be created */
	ADMIN_JOB_UNAVAILABLE, /* never from here: there are no dead letters */
};

enum admin_job_answer admin_job_start(struct admin_jobs *jobs,
    const struct admin_job_request *request,
    void (*done)(void *arg, struct admin_job_report *report), void *arg);

void admin_job_report_fini(struct admin_job_report *report);

#endif
