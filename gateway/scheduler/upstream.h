/*
 * upstream - what the pump needs from outside: time, a client that sends, and a
 * wait that wakes it.
 *
 * The pump never touches a socket or a clock.  It is given this struct: in the
 * program libcurl and the real clocks are behind it (http_upstream.h), in tests
 * a scripted server and a clock that jumps, so that ten minutes take
 * milliseconds.  The pump's loop is
 *
 *	for (;;) { wait(fds, deadline); take records; answers(); submit()... }
 *
 * Calls	Every submit gets exactly one answer, from answers() and never
 *		from inside submit(), also when nothing could be sent at all.
 *		One submit is at most one request on the wire.  If a request has
 *		to be sent again (after a 401, after a kept connection died),
 *		that comes back as an answer, because the pump must pay for each.
 * Credentials	are the implementer's: it fetches them, renews them before they
 *		expire, one fetch at a time, and adds them to each call.  ready()
 *		is false while there is none to send with; the pump then submits
 *		nothing.  A 401 is answered with
 *		renewing = true, if the call carried a credential that is no
 *		longer the current one, or one that had not been refused before:
 *		a renewal has begun.  The pump sends that batch again, first,
 *		paid for again, after a short wait.
 *		renewing = false, if the credential was itself fetched because
 *		of a 401 and never got a 2xx, or cannot be renewed (API key,
 *		none): it is bad, or not good for that table.  The pump holds
 *		that table.  Once several were refused it stops all sending for
 *		30 s to 10 min and tries again with one call; the implementer
 *		uses that time to read the secret again and fetch another token.
 * Ownership	a call's body and id are borrowed from submit to its answer; an
 *		answer's text is valid until the next call of answers().
 * Threads	all from the pump's thread.
 * Errors	are answers.
 */
#ifndef GATEWAY_SCHEDULER_UPSTREAM_H
#define GATEWAY_SCHEDULER_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"
#include "parsers/span.h"

struct upstream_call {
	const char *id;   /* the table's id upstream: replaces {table} */
	uint64_t table;   /* its serial number */
	bool expects_401; /* a 401 says nothing about the token */
	const char *body;
	size_t bytes;
	uint32_t events;
	void *cookie; /* comes back in the answer */
};

enum upstream_end {
	UPSTREAM_ANSWERED,  /* with a whole head: `status` counts */
	UPSTREAM_UNREACHED, /* no byte of the request left this host */
	UPSTREAM_UNKNOWN,   /* sent, at least in part, and no answer: it may
			       have arrived (timeout, broken connection) */
};

struct upstream_answer {
	void *cookie;
	enum upstream_end end;
	unsigned status;        /* 100..599 */
	bool renewing;          /* see Credentials; only with 401 */
	int64_t retry_after_ms; /* Retry-After, seconds or date; -1: none */
	int64_t reset_ms;       /* RateLimit-Reset; -1: none */
	int64_t remaining;      /* RateLimit-Remaining; -1: none */
	int64_t date_ms;        /* Date, as wall time; -1: none */
	const char *why;  /* when not ANSWERED, never NULL then: a constant
				   text for the log, as of transport_error.h */
	struct span text; /* the beginning of the response's body, our
				   credential masked: for dead letters only */
};

/* Implementers embed this as their first member. */
struct upstream {
	const struct upstream_ops *ops;
};

struct upstream_ops {
	struct instant (*now)(struct upstream *);
	int64_t (*wall_ms)(struct upstream *);

	/* May a call be submitted: is there a credential to send it with? */
	bool (*ready)(struct upstream *);

	/* Describes the credential, without the secret; may be NULL. */
	void (*credential)(
	    struct upstream *, struct upstream_stats_credential *out);

	/* At most max_in_flight calls are unanswered at any time. */
	void (*submit)(struct upstream *, const struct upstream_call *);

	/*
	 * Does what is due without blocking (transfers, token fetches) and
	 * gives up to `room` answers; fewer than `room`: there are no more.
	 */
	size_t (*answers)(
	    struct upstream *, struct upstream_answer *out, size_t room);

	/*
	 * Blocks until one of the fds is readable, answers() has something to
	 * do or to give, ready() may have changed, or it is `deadline`
	 * (INSTANT_NEVER: none).  May return early; does not read the fds.
	 */
	void (*wait)(struct upstream *, const int *fds, size_t count,
	    struct instant deadline);

	/* Drops what is in flight without an answer, and frees itself. */
	void (*close)(struct upstream *);
};

#endif
