/*
 * dir_lock - a lock on a folder: one process at a time.
 *
 * The lock is of the open file description, not of the process: the kernel
 * drops it however the process ends.  The text in the file is for people; it
 * is written after the lock was taken and means nothing without it.
 *
 * Ownership	the descriptor is the caller's; closing it releases the lock.
 * Threads	any.
 * Errors	ERR_BUSY when another process has the folder, and which;
 *		ERR_HOST when the file cannot be had.
 */
#ifndef GATEWAY_BASE_DIR_LOCK_H
#define GATEWAY_BASE_DIR_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "parsers/err.h"

#define DIR_LOCK_NAME "lock"

#define DIR_LOCK_TEXT 256 /* of who has it, and of where that one is asked */

/*
 * `folder` is the open folder, `path` its name for people, `mode` the file's.
 * *lock_out may be set, or -1, also where it fails.
 */
bool dir_lock_take(
    int folder, const char *path, mode_t mode, int *lock_out, struct err *err);

/* Adds under which address whoever has the lock can be asked; best effort. */
void dir_lock_note(int lock, const char *address);

/*
 * Does another one have it?  Then who, for people, and the address that it
 * noted, or "".  Changes nothing; what cannot be read counts as free.
 */
bool dir_lock_held(int folder, char holder_out[DIR_LOCK_TEXT],
    char address_out[DIR_LOCK_TEXT]);

#endif
