/*
 * io_job - a piece of disk work that the commit path does not wait for.
 *
 * The committer owns all state and makes jobs; the io_thread's thread runs them
 * on what stands in the job alone, and gives them back.  So there is no lock
 * on the log's state, and a test runs a job wherever it likes.
 *
 * Units	bytes.
 * Ownership	io_job_new gives, io_job_free takes, with everything in it.
 * Threads	one owner at a time.
 * Errors	in the job: `ok` and `err`.
 */
#ifndef GATEWAY_JOURNAL_IO_JOB_H
#define GATEWAY_JOURNAL_IO_JOB_H

#include "gateway/journal/segment_contents.h"
#include "gateway/journal/io_ops.h"
#include "gateway/model/record.h"
#include "gateway/journal/record_ref.h"
#include "parsers/buffer.h"

enum io_job_kind {
	IO_JOB_CREATE, /* a new file of zeros */
	IO_JOB_SEAL,   /* write the footer */
	IO_JOB_ACKS,   /* what the segment's acks say */
	IO_JOB_LOAD,   /* what records there are */
	IO_JOB_VERIFY, /* read and check every frame */
	IO_JOB_READ,   /* some records */
	IO_JOB_ZERO,   /* read it, and write zeros behind what it holds */
	IO_JOB_REMOVE, /* a file that is not to be used again */
};

/* One record to read. */
struct io_job_item {
	uint32_t ordinal;
	uint32_t at8;
	struct record_ref *ref; /* for the pump; NULL: to be copied forward */
	struct record *record;  /* the result; NULL: damaged */
	uint64_t sequence;
};

struct io_job {
	struct io_job *next;
	enum io_job_kind kind;
	struct segment *segment;   /* not to be touched by who runs it */
	struct table_index *index; /* neither */
	uint64_t id, size, epoch;
	uint64_t limit; /* of what counts */
	int file;       /* IO_JOB_CREATE: the result */
	bool whole;     /* scan, also when there is a footer */
	bool forgiving; /* what cannot be read is damage; see scan.h */
	uint64_t quarantine_room, quarantined;
	struct buffer bytes; /* IO_JOB_SEAL */
	uint64_t at;
	struct segment_contents contents; /* the result of reading */
	struct io_job_item *items;
	uint32_t item_count;
	bool ok;
	struct err err;
};

struct io_job *io_job_new(enum io_job_kind kind, struct segment *segment);
void io_job_free(struct io_job *job, struct instant now);

/* Is it there to read? */
bool io_job_reads(enum io_job_kind kind);

void io_job_run(struct io_job *job, struct io_ops *io);

#endif
