/*
 * file - one file of dead letters, read line by line.
 *
 * A reader needs no lock: a file only grows at its end, or becomes blank in
 * places, or is replaced as a whole by a shorter one that it does not see.  So
 * the gateway may be writing to it.
 *
 *	letters-0000000000000001.ndjson		number 1
 *
 * A line that begins with a blank was a letter once: it was taken back, or
 * went its way.  Its first byte decides, so that a crash in the middle of
 * blanking a line leaves nothing in doubt.
 *
 * Units	bytes.
 * Ownership	deadletter_file_open gives, deadletter_file_close takes.
 * Threads	none inside.
 * Errors	a line too long to be ours, or without an end, is a value; a
 *		file that cannot be read is told by `failed`, an errno.
 */
#ifndef GATEWAY_DEADLETTER_FILE_H
#define GATEWAY_DEADLETTER_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

#define DEADLETTER_FILE_NAME 40         /* room of a file's name */
#define DEADLETTER_FILE_LINE (32 << 20) /* no letter of ours is longer */

void deadletter_file_name(char name[DEADLETTER_FILE_NAME], uint64_t number);

/* False: this is no file of letters. */
bool deadletter_file_number(const char *name, uint64_t *number_out);

/* A new form of a file, until it takes the old one's place: see compaction.h
 */
#define DEADLETTER_FILE_FRESH ".new"

/* Is it one that a crash has left? */
bool deadletter_file_is_fresh(const char *name);

/* What stands in a folder. */
struct deadletter_file_list {
	uint64_t *numbers; /* ascending */
	size_t count;
	size_t foreign; /* what is neither a file of letters nor its lock */
};

/* Gives the numbers: free them.  False: errno. */
bool deadletter_file_list(int folder, struct deadletter_file_list *out);

enum deadletter_file_kind {
	DEADLETTER_FILE_LETTER, /* as far as its first byte tells */
	DEADLETTER_FILE_BLANK,
	DEADLETTER_FILE_LONG, /* over DEADLETTER_FILE_LINE; its text is not given */
	DEADLETTER_FILE_TORN, /* the file's end came before the line's */
};

struct deadletter_file_line {
	enum deadletter_file_kind kind;
	uint64_t offset, len; /* with its line feed */
	struct span text;     /* without; until the next is asked for */
};

struct deadletter_file {
	uint64_t number;
	int fd;
	int failed; /* 0: not */
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

#endif
