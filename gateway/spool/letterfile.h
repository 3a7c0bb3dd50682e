/*
 * letterfile - one file of dead letters, read line by line.
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
 * Ownership	letterfile_open gives, letterfile_close takes.
 * Threads	none inside.
 * Errors	a line too long to be ours, or without an end, is a value; a
 *		file that cannot be read is told by `failed`, an errno.
 */
#ifndef GATEWAY_SPOOL_LETTERFILE_H
#define GATEWAY_SPOOL_LETTERFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/text.h"

#define LETTERFILE_NAME 40         /* room of a file's name */
#define LETTERFILE_LINE (32 << 20) /* no letter of ours is longer */

void letterfile_name(char name[LETTERFILE_NAME], uint64_t number);

/* False: this is no file of letters. */
bool letterfile_number(const char *name, uint64_t *number_out);

/* A new form of a file, until it takes the old one's place: see lettersweep.h
 */
#define LETTERFILE_FRESH ".new"

/* Is it one that a crash has left? */
bool letterfile_is_fresh(const char *name);

/* What stands in a folder. */
struct letterfile_list {
	uint64_t *numbers; /* ascending */
	size_t count;
	size_t foreign; /* what is neither a file of letters nor its lock */
};

/* Gives the numbers: free them.  False: errno. */
bool letterfile_list(int folder, struct letterfile_list *out);

enum letterfile_kind {
	LETTERFILE_LETTER, /* as far as its first byte tells */
	LETTERFILE_BLANK,
	LETTERFILE_LONG, /* over LETTERFILE_LINE; its text is not given */
	LETTERFILE_TORN, /* the file's end came before the line's */
};

struct letterfile_line {
	enum letterfile_kind kind;
	uint64_t offset, len; /* with its line feed */
	struct span text;     /* without; until the next is asked for */
};

struct letterfile {
	uint64_t number;
	int fd;
	int failed; /* 0: not */
	/* private */
	uint64_t offset;
	struct buffer bytes;
	size_t from;
	bool end;
};

bool letterfile_open(struct letterfile *file, int folder, uint64_t number);
bool letterfile_next(struct letterfile *file, struct letterfile_line *out);
void letterfile_close(struct letterfile *file);

#endif
