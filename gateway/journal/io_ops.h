/*
 * io_ops - one directory, and the few things the spool does to it.
 *
 * Everything that can fail on a disk goes through this struct of operations,
 * so that a test can put a disk of its own in its place: one that fails at the
 * n-th call, or that loses at a power cut what was not synced.
 *
 * Names are relative to the directory and may lie one folder deep.
 *
 * Units	bytes.
 * Ownership	io_ops_open gives, io_ops_close takes; a file is closed by its
 *		opener.
 * Threads	any, on different files.
 * Errors	operations return -errno; io_ops_open says it in words.
 */
#ifndef GATEWAY_JOURNAL_IO_OPS_H
#define GATEWAY_JOURNAL_IO_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "parsers/err.h"

enum io_ops_open { IO_OPS_EXISTING, IO_OPS_NEW, IO_OPS_READ };

typedef void io_ops_seen(void *arg, const char *name, uint64_t size);

struct io_ops {
	/* A number for the file, from 0. */
	int (*open)(struct io_ops *io, const char *name, enum io_ops_open how);
	int (*close)(struct io_ops *io, int file);
	/* What was read may be shorter than `len` only at the file's end. */
	int64_t (*read)(
	    struct io_ops *io, int file, void *to, size_t len, uint64_t at);
	/* All of it, or -errno; `iov` is changed. */
	int (*write)(struct io_ops *io, int file, struct iovec *iov, int count,
	    uint64_t at);
	int (*sync)(struct io_ops *io, int file);
	int (*rename)(struct io_ops *io, const char *from, const char *to);
	int (*unlink)(struct io_ops *io, const char *name);
	int (*make_folder)(struct io_ops *io, const char *name);
	int (*sync_names)(struct io_ops *io); /* of the directory itself */
	/* Files of a folder in it; "." is itself. */
	int (*list)(struct io_ops *io, const char *folder, io_ops_seen *seen,
	    void *arg);
	void (*end)(struct io_ops *io);
};

/*
 * The directory `path`, made when it is missing.  With `lock`, fails with
 * ERR_BUSY when another process has it, and says which one.
 */
bool io_ops_open(
    struct io_ops **out, const char *path, bool lock, struct err *err);
void io_ops_close(struct io_ops **io);

/* One buffer instead of several. */
int io_ops_write(
    struct io_ops *io, int file, const void *bytes, size_t len, uint64_t at);

#endif
