/*
 * errand - what a running gateway does with its dead letters when asked.
 *
 * Each errand has a thread of its own, for it reads files and waits for the
 * disk: whoever asks goes on meanwhile, and is called when it is done.  Of
 * those that change the letters there is one at a time, of looks there may be
 * ERRAND_LOOKS.
 *
 *	start --> at work --> done(report)
 *	   \--> BUSY, ENDING
 *
 * Units	as in the parts of the report.
 * Ownership	errand_open gives, errand_close takes; a report is the called
 *		one's, who gives it to errand_forget.
 * Threads	errand_start from one; `done` is called in the errand's thread,
 *		and must be quick.
 * Errors	in the report.
 */
#ifndef GATEWAY_SPOOL_ERRAND_H
#define GATEWAY_SPOOL_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/account.h"
#include "gateway/spool/deadletter.h"
#include "gateway/spool/letterlook.h"
#include "gateway/spool/lettersweep.h"
#include "gateway/spool/replay.h"
#include "parsers/err.h"

#define ERRAND_LOOKS 2
#define ERRAND_NAME  256 /* room of a name that is asked for */

enum errand_kind {
	ERRAND_LOOK,
	ERRAND_REPLAY,
	ERRAND_PURGE,
};

struct errand_order {
	enum errand_kind kind;
	char table[ERRAND_NAME], reason[ERRAND_NAME]; /* "": any */
	int64_t before_ms;                            /* INT64_MAX: any */
	size_t limit;                                 /* of a look */
};

struct errand_report {
	enum errand_kind kind;
	bool ok;                 /* else: */
	struct err err;          /* why not */
	struct letterlook *look; /* the part of its kind */
	struct replay replay;
	struct lettersweep purge;
	bool stopped; /* the gateway is ending: not all was done */
};

struct errand_uses {
	struct deadletter *letters;
	struct account *account;
	struct replay_uses replay; /* its block is made here */
};

struct errands;

bool errand_open(
    struct errands **out, const struct errand_uses *uses, struct err *err);

/* Those at work end soon, and none is begun any more. */
void errand_end(struct errands *errands);

/* Does that too, and waits for them. */
void errand_close(struct errands **errands);

enum errand_answer {
	ERRAND_STARTED,
	ERRAND_BUSY,   /* another one is at work */
	ERRAND_ENDING, /* or there is no thread to be had */
	ERRAND_NOBODY, /* for others to say: nobody does errands */
};

enum errand_answer errand_start(struct errands *errands,
    const struct errand_order *order,
    void (*done)(void *arg, struct errand_report *report), void *arg);

void errand_forget(struct errand_report *report);

#endif
