/*
 * shim - what stands between a program and one directory, by LD_PRELOAD.
 *
 * Counts the calls that touch files below the directory, spoils those that a
 * plan names, and writes down what is changed and what is synced.  The plan
 * and the counts are words of a file that the program and whoever tests it
 * both have mapped: so a plan changes, and ends, while the program runs.
 *
 *	SHIM_DIR      the directory, as the program's configuration names it
 *	SHIM_CONTROL  the file of words
 *	SHIM_LOG      a file that grows by a struct shim_entry and its bytes
 *		      for each change; absent: nothing is written down, and
 *		      syncs are real.  With it they are not: what they promise
 *		      is the reader's to keep.
 *
 * The words and entries are read and written by shim.py and power.py too.
 *
 * Units	bytes, nanoseconds; times and numbers of calls count from 1.
 * Threads	one lock around each call, but for the syncing itself.
 */
#ifndef TESTS_FAULTS_SHIM_H
#define TESTS_FAULTS_SHIM_H

#include <stdint.h>

enum shim_kind {
	SHIM_OPEN,
	SHIM_READ,
	SHIM_WRITE,
	SHIM_SYNC,  /* of a file */
	SHIM_NAMES, /* the same of a directory */
	SHIM_RENAME,
	SHIM_UNLINK,
	SHIM_CLOSE,
	SHIM_CUT, /* ftruncate, fallocate */
	SHIM_FOLDER,
	SHIM_KINDS
};

enum shim_action {
	SHIM_FAIL,
	SHIM_SHORT, /* half of a write; other calls go on as ever */
	SHIM_TORN,  /* the same, and then it fails */
	SHIM_EXIT_BEFORE,
	SHIM_EXIT_AFTER,
};

enum shim_word {
	SHIM_WORD_READY, /* 1: mapped by a program */
	SHIM_WORD_ARMED, /* is there a plan? */
	SHIM_WORD_MASK,  /* of the kinds it is for, by bit */
	SHIM_WORD_AT,    /* the n-th of them since it was armed, */
	SHIM_WORD_TIMES, /* and so many in all; 0: without end */
	SHIM_WORD_ACTION,
	SHIM_WORD_ERRNO,
	SHIM_WORD_SEEN,   /* since it was armed */
	SHIM_WORD_STRUCK, /* of those */
	SHIM_WORD_SYNC_NS,
	SHIM_WORD_HOLD, /* syncs wait while it is not 0 */
	SHIM_WORD_HELD, /* so many of them */
	SHIM_WORD_ROOM, /* of all files; 0: as the disk has it */
	SHIM_WORD_USED,
	SHIM_WORD_HANDLES,
	SHIM_WORD_COUNTS, /* by kind, since the file was made */
	SHIM_WORDS = SHIM_WORD_COUNTS + SHIM_KINDS
};

enum shim_note {
	SHIM_NOTE_OPENED,  /* bytes: the name */
	SHIM_NOTE_CREATED, /* the same */
	SHIM_NOTE_WRITE,   /* bytes: what was written */
	SHIM_NOTE_ZEROS,   /* the same, of so many zeros; no bytes follow */
	SHIM_NOTE_CUT,     /* at: the new length */
	SHIM_NOTE_BEGUN,   /* a sync of the file; at: a number for it */
	SHIM_NOTE_SYNCED,  /* at: the same */
	SHIM_NOTE_FAILED,  /* at: the same */
	SHIM_NOTE_NAMES,   /* synced; bytes: the directory's name */
	SHIM_NOTE_RENAMED, /* bytes: old name, line feed, new name */
	SHIM_NOTE_UNLINKED /* bytes: the name */
};

struct shim_entry {
	uint64_t note;
	uint64_t handle; /* of the file; each open has its own, for ever */
	uint64_t at;
	uint64_t len; /* of the bytes behind it, or of the zeros */
};

#endif
