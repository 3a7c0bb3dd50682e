/*
 * scan - reads a segment from its first byte and finds every frame.
 *
 * A frame that is damaged does not hide the ones behind it: the scan goes on
 * at the next bytes that are a whole frame of the same epoch.  What lies
 * between is damage.  Behind the last frame there is no telling a torn commit
 * from the bytes of a former life, and neither was acknowledged: that is the
 * end, not damage.
 *
 * A disk may be unable to read some sectors ever again.  When `forgiving`,
 * those read as zeros, and so are damage, as long as others around them can be
 * read: a disk that reads nothing is away, and may come back.
 *
 * Units	bytes.
 * Ownership	the window's memory until scan_fini.
 * Errors	the disk's, or no memory: false and a text.
 */
#ifndef GATEWAY_JOURNAL_SCAN_H
#define GATEWAY_JOURNAL_SCAN_H

#include "gateway/journal/segment_contents.h"
#include "gateway/journal/io_ops.h"

/* A window into a file. */
struct scan {
	struct io_ops *io;
	int file;
	uint64_t size; /* of the file */
	bool forgiving;
	uint64_t unreadable; /* up to here at most; 0: nothing was */
	char *bytes;
	size_t room;
	uint64_t at; /* of the window in the file */
	size_t len;
};

void scan_init(struct scan *scan, struct io_ops *io, int file, uint64_t size);
void scan_fini(struct scan *scan);

/*
 * At least `len` bytes at `at`, fewer only at the file's end: *len_out says.
 * Valid until the next call.  NULL: failed.
 */
const char *scan_at(struct scan *scan, uint64_t at, size_t len, size_t *len_out,
    struct err *err);

/*
 * The frame at `at`, of this epoch; 0 any.  Its size, padded; 0: there is
 * none; -1: failed.
 */
int64_t scan_frame(struct scan *scan, uint64_t at, uint64_t epoch,
    struct frame *frame, struct err *err);

/*
 * Every frame of `epoch` from offset `from` on, up to where scan->size says
 * that the file ends.
 */
bool scan_segment(struct scan *scan, uint64_t epoch, uint64_t from,
    struct segment_contents *contents, struct err *err);

/*
 * The largest epoch of any whole frame in the file: what to make of a segment
 * whose header is damaged.  0: none.
 */
bool scan_epoch(struct scan *scan, uint64_t *epoch_out, struct err *err);

#endif
