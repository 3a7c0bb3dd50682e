/*
 * job - a piece of disk work that the commit path does not wait for.
 *
 * The committer owns all state and makes jobs; the keeper's thread runs them
 * on what stands in the job alone, and gives them back.  So there is no lock
 * on the log's state, and a test runs a job wherever it likes.
 *
 * Units	bytes.
 * Ownership	job_new gives, job_free takes, with everything in it.
 * Threads	one owner at a time.
 * Errors	in the job: `ok` and `err`.
 */
#ifndef GATEWAY_SPOOL_JOB_H
#define GATEWAY_SPOOL_JOB_H

#include "gateway/spool/contents.h"
#include "gateway/spool/disk.h"
#include "gateway/spool/record.h"
#include "gateway/spool/place.h"

enum job_kind {
	JOB_CREATE,  /* a new file of zeros */
	JOB_SEAL,    /* write the footer */
	JOB_SETTLED, /* what the segment's settlements say */
	JOB_LOAD,    /* what records there are */
	JOB_VERIFY,  /* read and check every frame */
	JOB_READ,    /* some records */
	JOB_WIPE,    /* read it, and write zeros behind what it holds */
	JOB_REMOVE,  /* a file that is not to be used again */
};

/* One record to read. */
struct job_item {
	uint32_t ordinal;
	uint32_t at8;
	struct place *place;   /* for the pump; NULL: to be copied forward */
	struct record *record; /* the result; NULL: damaged */
	uint64_t sequence;
};

struct job {
	struct job *next;
	enum job_kind kind;
	struct segment *segment; /* not to be touched by who runs it */
	struct shelf *shelf;     /* neither */
	uint64_t id, size, epoch;
	uint64_t limit; /* of what counts */
	int file;       /* JOB_CREATE: the result */
	bool whole;     /* scan, also when there is a footer */
	bool forgiving; /* what cannot be read is damage; see scan.h */
	uint64_t quarantine_room, quarantined;
	struct buffer bytes; /* JOB_SEAL */
	uint64_t at;
	struct contents contents; /* the result of reading */
	struct job_item *items;
	uint32_t item_count;
	bool ok;
	struct err err;
};

struct job *job_new(enum job_kind kind, struct segment *segment);
void job_free(struct job *job, struct instant now);

/* Is it there to read? */
bool job_reads(enum job_kind kind);

void job_run(struct job *job, struct disk *disk);

#endif
