/*
 * disk - one directory, and the few things the spool does to it.
 *
 * Everything that can fail on a disk goes through this struct of operations,
 * so that a test can put a disk of its own in its place: one that fails at the
 * n-th call, or that loses at a power cut what was not synced.
 *
 * Names are relative to the directory and may lie one folder deep.
 *
 * Units	bytes.
 * Ownership	disk_open gives, disk_close takes; a file is closed by its
 *		opener.
 * Threads	any, on different files.
 * Errors	operations return -errno; disk_open says it in words.
 */
#ifndef GATEWAY_SPOOL_DISK_H
#define GATEWAY_SPOOL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "parsers/err.h"

enum disk_open { DISK_EXISTING, DISK_NEW, DISK_READ };

typedef void disk_seen(void *arg, const char *name, uint64_t size);

struct disk {
	/* A number for the file, from 0. */
	int (*open)(struct disk *disk, const char *name, enum disk_open how);
	int (*close)(struct disk *disk, int file);
	/* What was read may be shorter than `len` only at the file's end. */
	int64_t (*read)(
	    struct disk *disk, int file, void *to, size_t len, uint64_t at);
	/* All of it, or -errno; `parts` is spent. */
	int (*write)(struct disk *disk, int file, struct iovec *parts,
	    int count, uint64_t at);
	int (*sync)(struct disk *disk, int file);
	int (*rename)(struct disk *disk, const char *from, const char *to);
	int (*unlink)(struct disk *disk, const char *name);
	int (*make_folder)(struct disk *disk, const char *name);
	int (*sync_names)(struct disk *disk); /* of the directory itself */
	/* Files of a folder in it; "." is itself. */
	int (*list)(
	    struct disk *disk, const char *folder, disk_seen *seen, void *arg);
	void (*end)(struct disk *disk);
};

/*
 * The directory `path`, made when it is missing.  With `lock`, fails with
 * ERR_BUSY when another process has it, and says which one.
 */
bool disk_open(struct disk **out, const char *path, bool lock, struct err *err);
void disk_close(struct disk **disk);

/* One buffer instead of several. */
int disk_write(
    struct disk *disk, int file, const void *bytes, size_t len, uint64_t at);

#endif
