/*
 * upstream - what the pump needs of the world: time, somebody who sends, and
 * somebody who wakes it.
 *
 * The pump never touches a socket or a clock.  It is given this struct: in the
 * program curl and the real clocks stand behind it (http_upstream.h), in tests a
 * scripted server and a clock that jumps, so that ten minutes take
 * milliseconds.  The pump's whole life is
 *
 *	for (;;) { wait(fds, deadline); take records; answers(); submit()... }
 *
 * Bargain	Every submit is answered exactly once, by answers(), never
 *		from inside submit(); also when nothing could be sent at all.
 *		One submit is at most one request on the wire: whatever makes a
 *		request be sent again (a 401, a kept connection that died)
 *		comes back as an answer, because the pump must pay for each.
 * Credentials	are the implementer's: fetched, renewed before they end, one
 *		fetch at a time, put on each call.  ready() is false while
 *		there is none to send with; the pump then submits nothing.
 *		A 401 for a call that carried a credential which is no longer
 *		the current one, or for one that had not been refused before,
 *		starts (or has seen) a renewal and is answered with
 *		renewing = true: the pump sends that batch again, first, paid
 *		anew, after a short wait.  A 401 for a credential that was
 *		itself fetched because of a 401 and never saw a 2xx, or for one
 *		that cannot be renewed (API key, none), has renewing = false:
 *		the credential is bad, or not good for that table.  The pump
 *		holds that table, and once several were refused pauses all
 *		sending for 30 s to 10 min and tries with one call; the
 *		implementer uses that time to read the secret again and fetch
 *		another token.
 * Units	bytes, milliseconds, nanoseconds where the name says so.
 * Ownership	a call's body and id are borrowed from submit to its answer;
 *		an answer's text is good until the next call of answers().
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
	const char *id; /* the table's, upstream: what replaces {table} */
	uint64_t table; /* its serial */
	bool apart;     /* a 401 is expected: it says nothing of the token */
	const char *body;
	size_t bytes;
	uint32_t events;
	void *cookie; /* comes back with the answer */
};

enum upstream_end {
	UPSTREAM_ANSWERED,  /* a whole answer head: `status` counts */
	UPSTREAM_UNREACHED, /* no byte of the request left this host */
	UPSTREAM_UNKNOWN,   /* sent or partly sent, and no answer: it may have
			       arrived; time-outs and broken connections */
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
	const char *why;        /* for a log, when not ANSWERED: a constant such
				   as curl_easy_strerror's; never NULL then */
	struct span text;       /* how the answer's body begins, our credential
				   masked: for dead letters, not for a log */
};

/* Implementers embed this first; client/http_upstream.h is the real one. */
struct upstream {
	const struct upstream_ops *ops;
};

struct upstream_ops {
	struct instant (*now)(struct upstream *);
	int64_t (*wall_ms)(struct upstream *);

	/* May a call be submitted: is there a credential to send it with? */
	bool (*ready)(struct upstream *);

	/* What is known of the credential, without it; NULL: nothing is. */
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
