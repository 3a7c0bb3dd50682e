/*
 * tombstone - changes in place to a file of dead letters.
 *
 * A letter is removed by blanks over it: others stand behind it, and who reads
 * the file meanwhile finds each of them where it was.
 *
 *	{"at":...}\n		a letter
 *	 "at":...}\n		gone: its first byte decides
 *	           \n		and nothing of it can be read any more
 *
 * Units	bytes.
 * Ownership	borrows the descriptor, which must allow writing.
 * Threads	none inside; of those who change a file, one at a time.
 * Errors	the disk's: false, and errno.
 */
#ifndef GATEWAY_DEADLETTER_TOMBSTONE_H
#define GATEWAY_DEADLETTER_TOMBSTONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole line, or several that stand together, with the last line feed. */
struct deadletter_tombstone_place {
	uint64_t offset, len;
};

bool deadletter_tombstone_write(
    int fd, const char *at, uint64_t len, uint64_t offset);

/* Blanks but for the last line feed, and syncs. */
bool deadletter_tombstone_blank(
    int fd, struct deadletter_tombstone_place place);

/*
 * Blanks letters, each a line.  Their first bytes are synced before anything
 * else is touched: after a crash each letter is whole, or gone.
 */
bool deadletter_tombstone_remove(
    int fd, const struct deadletter_tombstone_place *places, size_t count);

/*
 * Mends what a crash left: a torn letter at the end is cut off, and lines that
 * a power cut left holes in, which read as zeros, are blanked.
 */
bool deadletter_tombstone_heal(int fd, uint64_t *size_out);

#endif
