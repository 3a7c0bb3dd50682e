/*
 * file - one file of dead letters: read line by line, and changed in place.
 *
 *	letters-0000000000000001.ndjson		number 1
 *
 * A reader needs no lock.  A file grows at its end, or lines in it become
 * blank, or it is replaced as a whole by a shorter one, which a reader that has
 * the old one open does not see.  So the gateway may be writing to it.
 *
 * A letter is removed by writing blanks over it; the letters behind it stay
 * where they are.  The first byte alone decides, so that a crash in the middle
 * leaves each letter whole or removed:
 *
 *	{"at":...}\n		a letter
 *	 "at":...}\n		removed
 *	           \n		removed, and nothing of it is left to read
 *
 * Ownership	deadletter_file_open allocates, deadletter_file_close frees; the
 *		functions that change a file borrow a descriptor that can write.
 * Threads	one at a time for those who change a file.
 * Errors	a line that is too long, or has no end, is a value.  `failed` is
 *		the errno of a file that cannot be read.  Those who change a
 *		file give false and errno.
 */
#ifndef GATEWAY_DEADLETTER_FILE_H
#define GATEWAY_DEADLETTER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

/* -------------------------------------------------------------- folder -- */

#define DEADLETTER_FILE_NAME 40         /* room of a file's name */
#define DEADLETTER_FILE_LINE (32 << 20) /* we write no longer line */

void deadletter_file_name(char name[DEADLETTER_FILE_NAME], uint64_t number);

/* False: this is no file of dead letters. */
bool deadletter_file_number(const char *name, uint64_t *number_out);

/* Ends the name of a rewritten file until it is renamed: see compaction.h. */
#define DEADLETTER_FILE_NEW ".new"

/* A rewritten file that a crash left? */
bool deadletter_file_is_temporary(const char *name);

struct deadletter_file_list {
	uint64_t *numbers; /* ascending */
	size_t count;
	size_t foreign; /* files that are neither ours nor the lock */
	uint32_t room;  /* private */
};

/* The caller frees the numbers.  False: errno. */
bool deadletter_file_list(int folder, struct deadletter_file_list *out);

/* ---------------------------------------------------------------- read -- */

enum deadletter_file_kind {
	DEADLETTER_FILE_LETTER, /* as far as its first byte tells */
	DEADLETTER_FILE_BLANK,
	DEADLETTER_FILE_LONG, /* over DEADLETTER_FILE_LINE; has no text */
	DEADLETTER_FILE_TORN, /* the file ends before the line does */
};

struct deadletter_file_line {
	enum deadletter_file_kind kind;
	uint64_t offset, len; /* with its line feed */
	struct span text;     /* without; valid until the next call */
};

struct deadletter_file {
	uint64_t number;
	int fd;
	int failed; /* errno; 0: none */
	/* private */
	uint64_t offset;
	struct buffer bytes;
	size_t from;
	bool end;
};

bool deadletter_file_open(
    struct deadletter_file *file, int folder, uint64_t number);
bool deadletter_file_next(
    struct deadletter_file *file, struct deadletter_file_line *out);
void deadletter_file_close(struct deadletter_file *file);

/* -------------------------------------------------------------- change -- */

/* A whole line, or several in a row, with the last line feed. */
struct deadletter_file_range {
	uint64_t offset, len;
};

bool deadletter_file_write(
    int fd, const char *at, uint64_t len, uint64_t offset);

/* Blanks all but the last line feed, and syncs. */
bool deadletter_file_blank(int fd, struct deadletter_file_range range);

/*
 * Removes letters, each range one line.  Their first bytes are synced before
 * anything else is written: after a crash each letter is whole or removed.
 */
bool deadletter_file_remove(
    int fd, const struct deadletter_file_range *ranges, size_t count);

/*
 * Repairs what a crash left: cuts off a torn line at the end, and blanks lines
 * with zeros in them, which are blocks that a power cut lost.
 */
bool deadletter_file_repair(int fd, uint64_t *size_out);

#endif
