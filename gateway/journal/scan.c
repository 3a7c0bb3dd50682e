#include "gateway/journal/scan.h"

#include <stdlib.h>
#include <string.h>

/* Read at once; large enough that a disk runs at its speed. */
#define CHUNK (1024 * 1024)

#define PIECE 4096

/* No frame is larger: a footer of a whole segment of tiny records. */
#define FRAME_MOST (256 * 1024 * 1024)

void
scan_init(struct scan *scan, struct io_ops *io, int file, uint64_t size)
{
	*scan = (struct scan){ .io = io, .file = file, .size = size };
}

void
scan_fini(struct scan *scan)
{
	free(scan->bytes);
	scan->bytes = NULL;
	scan->room = scan->len = 0;
}

static bool
make_room(struct scan *scan, size_t room, struct err *err)
{
	char *bytes;

	if (room <= scan->room)
		return true;
	bytes = realloc(scan->bytes, room);
	if (bytes == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	scan->bytes = bytes;
	scan->room = room;
	return true;
}

/* Is it the sector, or the disk? */
static bool
reads_elsewhere(struct scan *scan)
{
	char byte;

	return scan->io->read(scan->io, scan->file, &byte, 1, 0) == 1 ||
	       scan->io->read(scan->io, scan->file, &byte, 1, scan->size / 2) ==
		   1;
}

/* Again, sector by sector: zeros for those that cannot be read. */
static int64_t
read_pieces(struct scan *scan, size_t len, uint64_t at)
{
	int64_t n, failed = 0;
	size_t piece;
	bool any = false;

	for (size_t done = 0; done < len; done += piece) {
		piece = PIECE - (at + done) % PIECE;
		if (piece > len - done)
			piece = len - done;
		n = scan->io->read(
		    scan->io, scan->file, scan->bytes + done, piece, at + done);
		failed = n < 0 ? n : failed;
		if (n == (int64_t)piece) {
			any = true;
			continue;
		}
		memset(scan->bytes + done, 0, piece);
		scan->unreadable = at + done + piece;
	}
	return any || reads_elsewhere(scan) ? (int64_t)len : failed;
}

const char *
scan_at(struct scan *scan, uint64_t at, size_t len, size_t *len_out,
    struct err *err)
{
	uint64_t rest = at < scan->size ? scan->size - at : 0;
	size_t want;
	int64_t n;

	if (len > rest)
		len = rest;
	if (at >= scan->at && at + len <= scan->at + scan->len) {
		*len_out = (size_t)(scan->at + scan->len - at);
		return scan->bytes + (at - scan->at);
	}
	want = len > CHUNK ? len : CHUNK;
	if (want > rest)
		want = rest;
	if (!make_room(scan, want + 1, err))
		return NULL;
	scan->len = 0;
	n = scan->io->read(scan->io, scan->file, scan->bytes, want, at);
	if (n < 0 && scan->forgiving)
		n = read_pieces(scan, want, at);
	if (n < 0) {
		err_set(err, ERR_HOST, at, "read: %s", strerror((int)-n));
		return NULL;
	}
	scan->at = at;
	scan->len = (size_t)n;
	*len_out = (size_t)n;
	return scan->bytes;
}

int64_t
scan_frame(struct scan *scan, uint64_t at, uint64_t epoch, struct frame *frame,
    struct err *err)
{
	const char *bytes;
	size_t len, size;

	bytes = scan_at(scan, at, FRAME_HEADER, &len, err);
	if (bytes == NULL)
		return -1;
	if (len < FRAME_HEADER)
		return 0;
	size = frame_peek(bytes, epoch != 0 ? epoch : frame_peek_epoch(bytes));
	if (size == 0 || size > FRAME_MOST || size > scan->size - at)
		return 0;
	bytes = scan_at(scan, at, size, &len, err);
	if (bytes == NULL)
		return -1;
	return frame_get(frame, bytes, len < size ? len : size) ? (int64_t)size
								: 0;
}

/*
 * Behind a frame that is none: the next offset where one is, or the end.
 * Most offsets fall by the magic alone.
 */
static bool
find_next(struct scan *scan, uint64_t *at, uint64_t epoch, struct frame *frame,
    int64_t *size, struct err *err)
{
	for (*size = 0; *size == 0 && *at + FRAME_HEADER <= scan->size;) {
		*size = scan_frame(scan, *at, epoch, frame, err);
		if (*size == 0)
			*at += FRAME_ALIGN;
	}
	return *size >= 0;
}

/* What could not be read behind it may have been more than a torn commit. */
static bool
tell_end(struct scan *scan, struct segment_contents *contents, uint64_t at,
    struct err *err)
{
	if (scan->unreadable <= at ||
	    segment_contents_add_damage(contents, at, PIECE))
		return true;
	return err_set(err, ERR_HOST, 0, "no memory");
}

bool
scan_segment(struct scan *scan, uint64_t epoch, uint64_t from,
    struct segment_contents *contents, struct err *err)
{
	struct frame frame = { 0 };
	uint64_t at = from, next;
	int64_t size;

	contents->tail = from;
	for (;;) {
		next = at;
		if (!find_next(scan, &next, epoch, &frame, &size, err))
			return false;
		if (size == 0)
			return tell_end(scan, contents, at, err);
		if (next > at &&
		    !segment_contents_add_damage(contents, at, next - at))
			return err_set(err, ERR_HOST, 0, "no memory");
		if (!segment_contents_add_frame(contents, &frame, next))
			return err_set(err, ERR_HOST, 0, "no memory");
		at = next + (uint64_t)size;
		if (frame.kind == FRAME_FOOTER)
			return true;
		contents->tail = at;
	}
}

bool
scan_epoch(struct scan *scan, uint64_t *epoch_out, struct err *err)
{
	struct frame frame = { 0 };
	uint64_t at = SEGMENT_HEADER, most = 0;
	int64_t size;

	for (;; at += (uint64_t)size) {
		if (!find_next(scan, &at, 0, &frame, &size, err))
			return false;
		if (size == 0)
			break;
		if (frame.epoch > most)
			most = frame.epoch;
	}
	*epoch_out = most;
	return true;
}
