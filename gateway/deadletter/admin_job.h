/*
 * admin_job - what a running gateway does with its dead letters when asked.
 *
 * Each errand has a thread of its own, for it reads files and waits for the
 * disk: whoever asks goes on meanwhile, and is called when it is done.  Of
 * those that change the letters there is one at a time, of looks there may be
 * ADMIN_JOB_LOOKS.
 *
 *	start --> at work --> done(report)
 *	   \--> BUSY, ENDING
 *
 * Units	as in the parts of the report.
 * Ownership	admin_job_open gives, admin_job_close takes; a report is the called
 *		one's, who gives it to admin_job_forget.
 * Threads	admin_job_start from one; `done` is called in the errand's thread,
 *		and must be quick.
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

#define ADMIN_JOB_LOOKS 2
#define ADMIN_JOB_NAME  256 /* room of a name that is asked for */

enum admin_job_kind {
	ADMIN_JOB_LOOK,
	ADMIN_JOB_REPLAY,
	ADMIN_JOB_PURGE,
};

struct admin_job_order {
	enum admin_job_kind kind;
	char table[ADMIN_JOB_NAME], reason[ADMIN_JOB_NAME]; /* "": any */
	int64_t before_ms;                                  /* INT64_MAX: any */
	size_t limit;                                       /* of a look */
};

struct admin_job_report {
	enum admin_job_kind kind;
	bool ok;                       /* else: */
	struct err err;                /* why not */
	struct deadletter_query *look; /* the part of its kind */
	struct replay replay;
	struct deadletter_compaction purge;
	bool stopped; /* the gateway is ending: not all was done */
};

struct admin_job_uses {
	struct deadletter *letters;
	struct registry *registry;
	struct replay_uses replay; /* its block is made here */
};

struct errands;

bool admin_job_open(
    struct errands **out, const struct admin_job_uses *uses, struct err *err);

/* Those at work end soon, and none is begun any more. */
void admin_job_end(struct errands *errands);

/* Does that too, and waits for them. */
void admin_job_close(struct errands **errands);

enum admin_job_answer {
	ADMIN_JOB_STARTED,
	ADMIN_JOB_BUSY,   /* another one is at work */
	ADMIN_JOB_ENDING, /* or there is no thread to be had */
	ADMIN_JOB_NOBODY, /* for others to say: nobody does errands */
};

enum admin_job_answer admin_job_start(struct errands *errands,
    const struct admin_job_order *order,
    void (*done)(void *arg, struct admin_job_report *report), void *arg);

void admin_job_forget(struct admin_job_report *report);

#endif
