/*
 * answer - what a call is told, when, and in which bad manner.
 *
 * A plain description.  The desk fills it, faults spoil it, the connection
 * carries it out; so that a fault is some fields and not another code path.
 *
 * Units	milliseconds, bytes.
 * Ownership	owns its two buffers until answer_fini.
 * Threads	none inside.
 * Errors	out of memory leaves a shorter answer, which a client notices.
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include <stdint.h>

#include "parsers/buffer.h"

enum answer_reset {
	RESET_NEVER,
	RESET_BEFORE, /* the head was read, none of the body was */
	RESET_DURING, /* in the midst of the body */
	RESET_AFTER,  /* the events were taken, nothing is said */
	RESET_ANSWER, /* half of the answer was sent */
};

struct answer {
	int status;            /* 0: not decided yet */
	struct buffer headers; /* "Name: value\r\n"... */
	struct buffer body;
	const char *type; /* of a body that is not empty */
	int64_t delay_ms;
	int64_t drip_ms; /* between one byte and the next; 0: at once */
	int64_t filler;  /* bytes of 'x' that follow the body */
	enum answer_reset reset;
	bool early;  /* do not wait for the body */
	bool hangup; /* close behind it, without a Connection header */
	bool raw;    /* the body is all that is sent, then close */
};

void answer_init(struct answer *a);
void answer_fini(struct answer *a);
void answer_reset(struct answer *a); /* for the next call; memory stays */

/* Replaces what was decided before; headers stay. */
void answer_set(struct answer *a, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* {"message":…} in the words that Polaris' own gateway uses. */
void answer_usual(struct answer *a, int status);

void answer_header(struct answer *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the bytes for the wire, without the filler. */
void answer_render(const struct answer *a, const char *date, bool keep_alive,
    struct buffer *out);

#endif
