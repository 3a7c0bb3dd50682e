/*
 * credential - the Authorization header that we send upstream, and its renewal.
 *
 * It is a state machine without sockets, threads or a clock: the client sends
 * the token request when credential_step says so, and reports each answer.
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
 *	age   75 % of the token's lifetime is over, or a table got a 401: fetch
 *	      another token, and use this one until then
 *	lost  the token has expired, or two tables got a 401
 *
 * One fetch is running in FETCHING and RENEWING, none in the other states.
 *
 * A failed fetch is repeated after a backoff with full jitter, 0.5 s to 60 s.
 * The first 401 starts a fetch at once.  Further ones within a minute wait for
 * a backoff of their own: an upstream that accepts no token causes one fetch a
 * backoff, not one a request.  A 401 may concern one table only, so the token
 * still serves the other tables until a second table gets a 401.
 *
 * Each token and each API key has a generation.  A 401 for an older generation
 * says nothing about the current one.  If a token was fetched because of a 401
 * and gets a 401 before it was ever accepted, fetching does not help.
 *
 * Errors	the text holds no secret and nothing that a server sent.
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

/* Strings are from the configuration; NULL where a key was absent. */
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
	CREDENTIAL_BUG = 0, /* no such transition */
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

/* The drawing as a table; for credential.c and its test. */
enum credential_state credential_next(
    enum credential_state state, enum credential_event event);

struct credential;

/* Borrows the options until the close. */
bool credential_open(struct credential **out,
    const struct credential_options *options, int64_t now_ns, struct err *err);
void credential_close(struct credential **credential);

/* Reads the secret file if it changed; a new secret ends every backoff. */
enum secret_news credential_refresh(
    struct credential *c, int64_t now_ns, struct err *err);

/*
 * Applies the events that are due.  True: send credential_form to the token URL
 * now, then call credential_answer or credential_failed.
 */
bool credential_step(struct credential *c, int64_t now_ns);

/* When to call step and refresh again; INT64_MAX: never. */
int64_t credential_due_ns(const struct credential *c);

/* application/x-www-form-urlencoded; valid until the answer or failure. */
struct span credential_form(struct credential *c, struct err *err);

struct credential_reply {
	unsigned status;
	struct span body;
	int64_t now_ns, wall_ms;
	uint64_t random; /* 64 unpredictable bits, here and below */
};

/* The token endpoint answered; false: no token in it, and *err says why. */
bool credential_answer(struct credential *c,
    const struct credential_reply *reply, struct err *err);

/* The token endpoint did not answer. */
void credential_failed(struct credential *c, int64_t now_ns, uint64_t random);

/* Always with API_KEY and NONE. */
bool credential_usable(const struct credential *c, int64_t now_ns);

/* The Authorization value and its generation; NULL: not usable, or NONE. */
const char *credential_header(const struct credential *c, int64_t now_ns);
uint64_t credential_generation(const struct credential *c);

/* The upstream answered 2xx. */
void credential_accepted(struct credential *c, uint64_t generation);

enum credential_verdict {
	CREDENTIAL_RENEWS, /* a newer one exists or is being fetched */
	CREDENTIAL_WRONG,  /* fetching another is impossible or does not help */
};

/* The upstream answered 401 to a request for this table. */
enum credential_verdict credential_refused(struct credential *c,
    uint64_t generation, uint64_t table, int64_t now_ns, uint64_t random);

/* Overwrites the header's value and the secret where the text repeats them. */
void credential_mask(const struct credential *c, char *text, size_t len);

/* For metrics: the seconds until the token expires; -1: no token. */
int64_t credential_expires_s(const struct credential *c, int64_t now_ns);

#endif
