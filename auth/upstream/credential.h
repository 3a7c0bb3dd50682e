/*
 * credential - what we send to the upstream as Authorization, and its renewal.
 *
 * A state machine that sends nothing and reads no clock: the client sends the
 * form when told to, and reports each answer.
 *
 *	          +--------- bad ---------+
 *	          v                       |
 *	        EMPTY ------ fetch ---> FETCHING		no token
 *	        ^   ^                   |      ^
 *	      lost  |                 good     |
 *	        |   |                   |      |
 *	        |   +--lost-- FRESH <---+     lost
 *	        |              | ^             |
 *	        |             age +--good--+   |		a token
 *	        |              v           |   |
 *	        +---lost---- STALE -fetch-> RENEWING
 *	                       ^               |
 *	                       +----- bad -----+
 *
 *	age   75 % of the token's life is over, or a table got a 401: fetch
 *	      another, use this one
 *	lost  the token's life is over, or two tables got a 401
 *
 * One fetch is under way in FETCHING and RENEWING, none elsewhere.
 *
 * A failed fetch is tried again after a backoff with full jitter, 0.5 s to
 * 60 s.  The first 401 fetches at once; further ones within a minute wait for
 * a backoff of their own, so that an upstream which accepts no token costs one
 * fetch a backoff and not one a call.  A 401 may concern one table alone: the
 * token still serves the other tables until a second table gets a 401 too.
 *
 * Each token, and each API key, has a generation.  A 401 for an older one says
 * nothing about the current one.  A 401 for a token that was itself fetched
 * because of a 401, and was never accepted, means that renewing is in vain.
 *
 * Units	`random` is 64 unpredictable bits.
 * Errors	a text without secrets and without what a server sent.
 * Source	RFC 6749 sections 4.4 and 5.
 */
#ifndef AUTH_UPSTREAM_CREDENTIAL_H
#define AUTH_UPSTREAM_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/secret.h"
#include "parsers/err.h"
#include "parsers/span.h"

enum credential_kind {
	CREDENTIAL_NONE,
	CREDENTIAL_OAUTH2,  /* client credentials grant, RFC 6749 section 4.4 */
	CREDENTIAL_API_KEY, /* Basic; a key that starts pok_ is base64(key:) */
};

/* Strings are the configuration's; NULL where a key was absent. */
struct credential_options {
	enum credential_kind kind;
	char *token_url;
	char *client_id;
	char *client_secret; /* exactly one of these two with OAUTH2 */
	char *client_secret_file;
	char *scope;
	char *api_key; /* exactly one of these two with API_KEY */
	char *api_key_file;
};

/* clang-format off */
enum credential_state {
	CREDENTIAL_BUG = 0, /* an empty cell of the table: it cannot happen */
	CREDENTIAL_EMPTY, CREDENTIAL_FETCHING,
	CREDENTIAL_FRESH, CREDENTIAL_STALE, CREDENTIAL_RENEWING,
	CREDENTIAL_STATES
};

enum credential_event { /* good and bad: the end of a fetch */
	CREDENTIAL_FETCH, CREDENTIAL_GOOD, CREDENTIAL_BAD,
	CREDENTIAL_AGE, CREDENTIAL_LOST,
	CREDENTIAL_EVENTS
};
/* clang-format on */

/* The table of the drawing; for credential.c and its test. */
enum credential_state credential_next(
    enum credential_state state, enum credential_event event);

struct credential;

/* Borrows the options until the close. */
bool credential_open(struct credential **out,
    const struct credential_options *options, int64_t now_ns, struct err *err);
void credential_close(struct credential **credential);

/* Reads a changed secret file; a new secret ends every backoff. */
enum secret_news credential_refresh(
    struct credential *c, int64_t now_ns, struct err *err);

/*
 * Moves with time; true: send credential_form to the token URL now, and tell
 * the outcome by credential_answer or credential_failed.
 */
bool credential_step(struct credential *c, int64_t now_ns);

/* When to call step and refresh again; INT64_MAX: no need. */
int64_t credential_due_ns(const struct credential *c);

/* Of type application/x-www-form-urlencoded; wiped by the answer. */
struct span credential_form(struct credential *c, struct err *err);

/* What the token endpoint answered; false: refused, and *err says why. */
struct credential_reply {
	unsigned status;
	struct span body;
	int64_t now_ns, wall_ms;
	uint64_t random;
};

bool credential_answer(struct credential *c,
    const struct credential_reply *reply, struct err *err);

/* It answered nothing at all. */
void credential_failed(struct credential *c, int64_t now_ns, uint64_t random);

/* Always with API_KEY and NONE. */
bool credential_usable(const struct credential *c, int64_t now_ns);

/* The Authorization value; NULL when not usable, or none is sent. */
const char *credential_header(const struct credential *c, int64_t now_ns);

/* Which one that is; it grows with each new token or key. */
uint64_t credential_generation(const struct credential *c);

/* The upstream answered 2xx to it. */
void credential_accepted(struct credential *c, uint64_t generation);

enum credential_verdict {
	CREDENTIAL_RENEWS, /* a newer one is there, or comes */
	CREDENTIAL_WRONG,  /* not renewable, or renewed in vain: see above */
};

/* The upstream answered 401 to it, for this table. */
enum credential_verdict credential_refused(struct credential *c,
    uint64_t generation, uint64_t table, int64_t now_ns, uint64_t random);

/* Overwrites it and its secret where the text repeats them. */
void credential_mask(const struct credential *c, char *text, size_t len);

/* For metrics: the seconds the token still lives; -1: none. */
int64_t credential_expires_s(const struct credential *c, int64_t now_ns);

#endif
