#include "gateway/journal/io_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/journal/segment_footer.h"
#include "gateway/journal/scan.h"

#define CHUNK      (1024 * 1024)
#define PAGE       4096
#define PIECE      CHUNK /* of zeros, between two syncs */
#define QUARANTINE "quarantine"

struct io_job *
io_job_new(enum io_job_kind kind, struct segment *segment)
{
	struct io_job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	job->kind = kind;
	job->segment = segment;
	if (segment != NULL) {
		job->id = segment->id;
		job->size = segment->size;
		job->epoch = segment->epoch;
		job->limit = segment->limit;
		job->file = segment->file;
	}
	return job;
}

void
io_job_free(struct io_job *job, struct instant now)
{
	if (job == NULL)
		return;
	for (uint32_t i = 0; i < job->item_count; i++)
		record_free(job->items[i].record, now);
	free(job->items);
	segment_contents_fini(&job->contents);
	buffer_fini(&job->bytes);
	free(job);
}

static bool
fail(struct io_job *job, const char *what, int result)
{
	return err_set(&job->err, ERR_HOST, 0, "segment %" PRIx64 ": %s: %s",
	    job->id, what, strerror(-result));
}

/* Piece by piece: commits that come meanwhile wait behind one piece at most. */
static bool
fill_with_zeros(struct io_job *job, struct io_ops *io, int file, uint64_t at)
{
	char *zeros = calloc(1, CHUNK);
	uint64_t len;
	int result = zeros == NULL ? -ENOMEM : 0;

	for (; result == 0 && at < job->size; at += len) {
		len = job->size - at < CHUNK ? job->size - at : CHUNK;
		result = io_ops_write(io, file, zeros, len, at);
		if (result == 0 && (at + len) % PIECE == 0 &&
		    at + len < job->size)
			result = io->sync(io, file);
	}
	free(zeros);
	if (result == 0)
		result = io->sync(io, file);
	return result == 0 || fail(job, "fill", result);
}

/*
 * Under another name until it is whole: a file with a segment's name has a
 * segment's length.
 */
static bool
run_create(struct io_job *job, struct io_ops *io)
{
	char name[SEGMENT_NAME], fresh[SEGMENT_NAME + 4];
	int file, result;
	bool ok = false;

	segment_name(name, job->id);
	snprintf(fresh, sizeof fresh, "%s.new", name);
	(void)io->unlink(io, fresh);
	file = io->open(io, fresh, IO_OPS_NEW);
	if (file < 0)
		return fail(job, "create", file);
	if (!fill_with_zeros(job, io, file, 0))
		goto out;
	result = io->rename(io, fresh, name);
	if (result != 0) {
		fail(job, "rename", result);
		goto out;
	}
	result = io->sync_names(io);
	if (result != 0) {
		fail(job, "sync the directory", result);
		(void)io->unlink(io, name);
		goto out;
	}
	job->file = file;
	file = -1;
	ok = true;
out:
	if (file >= 0) {
		io->close(io, file);
		(void)io->unlink(io, fresh);
	}
	return ok;
}

/* First the footer, then the trailer that points to it. */
static bool
run_seal(struct io_job *job, struct io_ops *io)
{
	char trailer[SEGMENT_TRAILER];
	int result;

	result =
	    io_ops_write(io, job->file, job->bytes.at, job->bytes.len, job->at);
	if (result == 0) {
		segment_footer_trailer_put(trailer, job->epoch, job->at);
		result = io_ops_write(io, job->file, trailer, sizeof trailer,
		    job->size - SEGMENT_TRAILER);
	}
	if (result == 0)
		result = io->sync(io, job->file);
	return result == 0 || fail(job, "write the footer", result);
}

/* What could not be read is kept for whoever wants to look at it. */
static void
quarantine(struct io_job *job, struct io_ops *io, struct scan *scan)
{
	const struct segment_contents_damage *damage = job->contents.damage;
	struct err err = { 0 };
	char name[64];
	const char *bytes;
	size_t len;
	int file;

	for (uint32_t i = 0; i < job->contents.damage_count; i++, damage++) {
		if (job->quarantined + damage->len > job->quarantine_room)
			continue;
		snprintf(name, sizeof name,
		    QUARANTINE "/%016" PRIx64 "-%016" PRIx64, job->epoch,
		    damage->at);
		file = io->open(io, name, IO_OPS_NEW);
		if (file < 0)
			continue; /* it is there already, or cannot be made; it is counted */
		bytes = scan_at(scan, damage->at, damage->len, &len, &err);
		if (bytes != NULL &&
		    io_ops_write(io, file, bytes,
			len < damage->len ? len : damage->len, 0) == 0)
			job->quarantined += damage->len;
		io->close(io, file);
	}
}

static bool
scan_whole(struct io_job *job, struct io_ops *io, struct scan *scan)
{
	segment_contents_fini(&job->contents);
	if (!scan_segment(
		scan, job->epoch, SEGMENT_HEADER, &job->contents, &job->err))
		return false;
	if (job->quarantine_room > 0 && job->contents.damage_count > 0)
		quarantine(job, io, scan);
	return true;
}

static int64_t
rewrite(struct io_job *job, struct io_ops *io, char *bytes, uint64_t at,
    uint64_t len)
{
	int64_t n = io->read(io, job->file, bytes, len, at);

	return n < 0 ? n : io_ops_write(io, job->file, bytes, (size_t)n, at);
}

/* By pieces; what cannot be read is not touched. */
static int64_t
rewrite_around(struct io_job *job, struct io_ops *io, char *bytes, uint64_t at,
    uint64_t len)
{
	uint64_t end = at + len;
	int64_t n = 0;

	for (; n >= 0 && at < end; at += PAGE) {
		len = end - at < PAGE ? end - at : PAGE;
		n = io->read(io, job->file, bytes, len, at);
		n = n < 0 ? 0
			  : io_ops_write(io, job->file, bytes, (size_t)n, at);
	}
	return n;
}

/*
 * What was found without a footer may be in the page cache alone: the process
 * before us was killed, perhaps after a sync that failed and marked the pages
 * clean. It is written again and synced before anything is overwritten that it
 * replaces.
 */
static bool
make_durable(struct io_job *job, struct io_ops *io)
{
	char *bytes = malloc(CHUNK);
	uint64_t at = 0, len;
	int64_t n = bytes == NULL ? -ENOMEM : 0;

	for (; n >= 0 && at < job->contents.tail; at += len) {
		len = job->contents.tail - at < CHUNK ? job->contents.tail - at
						      : CHUNK;
		n = (job->forgiving ? rewrite_around : rewrite)(
		    job, io, bytes, at, len);
	}
	free(bytes);
	if (n >= 0)
		n = io->sync(io, job->file);
	return n >= 0 || fail(job, "write again", (int)n);
}

static bool
run_reading(struct io_job *job, struct io_ops *io)
{
	enum segment_footer_answer answer = SEGMENT_FOOTER_NONE;
	struct scan scan;
	bool ok = true, acks = job->kind == IO_JOB_ACKS;

	scan_init(&scan, io, job->file,
	    job->limit < job->size ? job->limit : job->size);
	scan.forgiving = job->forgiving;
	if (job->limit >= job->size && !job->whole)
		answer = segment_footer_read(
		    &scan, job->epoch, &job->contents, &job->err);
	if (answer == SEGMENT_FOOTER_READ && acks &&
	    !segment_footer_read_acks(
		&scan, job->epoch, &job->contents, &job->err))
		answer = job->err.kind == ERR_INPUT ? SEGMENT_FOOTER_NONE
						    : SEGMENT_FOOTER_FAILED;
	if (answer == SEGMENT_FOOTER_FAILED)
		ok = false;
	else if (answer == SEGMENT_FOOTER_NONE)
		ok = scan_whole(job, io, &scan);
	if (ok && acks && answer == SEGMENT_FOOTER_NONE)
		ok = make_durable(job, io);
	scan_fini(&scan);
	return ok;
}

static struct record *
record_of(const struct frame *frame)
{
	struct record *record = record_new((uint32_t)frame->body.len);

	if (record == NULL)
		return NULL;
	memcpy(record->lines, frame->body.at, frame->body.len);
	record->bytes = (uint32_t)frame->body.len;
	record->events = frame->events;
	record->accepted_ms = frame->accepted_ms;
	record->earliest_ms = frame->earliest_ms;
	record->sequence = frame->sequence;
	if (frame->producer.len > 0) {
		record->producer =
		    strndup(frame->producer.at, frame->producer.len);
		if (record->producer == NULL) {
			record_free(record, (struct instant){ 0 });
			return NULL;
		}
	}
	return record;
}

static bool
run_read(struct io_job *job, struct io_ops *io)
{
	struct frame frame = { 0 };
	struct io_job_item *item = job->items;
	struct scan scan;
	int64_t size;
	bool ok = true;

	scan_init(&scan, io, job->file, job->size);
	scan.forgiving = job->forgiving;
	for (uint32_t i = 0; ok && i < job->item_count; i++, item++) {
		size = scan_frame(&scan, (uint64_t)item->at8 * FRAME_ALIGN,
		    job->epoch, &frame, &job->err);
		if (size < 0) {
			ok = false;
		} else if (size > 0 && frame.kind == FRAME_EVENTS &&
			   frame.ordinal == item->ordinal) {
			item->record = record_of(&frame);
			ok = item->record != NULL ||
			     err_set(&job->err, ERR_HOST, 0, "no memory");
		}
	}
	scan_fini(&scan);
	return ok;
}

static bool
run_zero(struct io_job *job, struct io_ops *io)
{
	return run_reading(job, io) &&
	       fill_with_zeros(job, io, job->file, job->contents.tail);
}

static bool
run_remove(struct io_job *job, struct io_ops *io)
{
	char name[SEGMENT_NAME];
	int result;

	segment_name(name, job->id);
	io->close(io, job->file);
	result = io->unlink(io, name);
	if (result == 0)
		result = io->sync_names(io);
	return result == 0 || fail(job, "remove", result);
}

bool
io_job_reads(enum io_job_kind kind)
{
	return kind == IO_JOB_ACKS || kind == IO_JOB_LOAD ||
	       kind == IO_JOB_VERIFY || kind == IO_JOB_READ;
}

void
io_job_run(struct io_job *job, struct io_ops *io)
{
	static bool (*const run[])(struct io_job *, struct io_ops *) = {
		[IO_JOB_CREATE] = run_create,
		[IO_JOB_SEAL] = run_seal,
		[IO_JOB_ACKS] = run_reading,
		[IO_JOB_LOAD] = run_reading,
		[IO_JOB_VERIFY] = run_reading,
		[IO_JOB_READ] = run_read,
		[IO_JOB_ZERO] = run_zero,
		[IO_JOB_REMOVE] = run_remove,
	};

	job->ok = run[job->kind](job, io);
}
