/*
 * credential - who we are to the upstream, and when that must be renewed.
 *
 * A state machine that sends nothing and reads no clock: it says when a token
 * must be fetched and with which form, and is told what the answer was and
 * what the upstream thought of the token.  The sending is transmit's.
 *
 * The life of a token is drawn in credential_state.h.  A failed fetch is tried again
 * after a backoff with full jitter, 0.5 s to 60 s.  A first 401 fetches at
 * once; further ones within a minute wait for a backoff of their own, so that
 * an upstream which likes no token of ours costs a fetch a step and not a
 * fetch a call.
 *
 * Each token, and each API key, has a generation.  A 401 for an older one than
 * the current says nothing about the current.  One for a token that was itself
 * fetched because of a 401, and never accepted, says that renewing is in vain.
 *
 * A 401 may concern one table alone.  So while a single table says it another
 * token is fetched, and this one serves the others; when a second table says
 * it too, this one is given up.
 *
 * Units	monotonic nanoseconds, wall milliseconds; `random` is 64 bits
 *		that nobody can foresee.
 * Ownership	credential_open gives, credential_close wipes and takes.
 * Threads	none inside: one thread.
 * Errors	a text that holds neither a secret nor what a server sent.
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

struct credential;

/* Borrows the options until the close. */
bool credential_open(struct credential **out,
    const struct credential_options *options, int64_t now_ns, struct err *err);
void credential_close(struct credential **credential);

/* Reads a changed secret file; a new secret ends every backoff. */
enum secret_news credential_refresh(
    struct credential *credential, int64_t now_ns, struct err *err);

/*
 * Moves with time; true: send credential_form to the token URL now, and tell
 * the outcome by credential_answer or credential_failed.
 */
bool credential_step(struct credential *credential, int64_t now_ns);

/* When to call step and refresh again; INT64_MAX: no need. */
int64_t credential_due_ns(const struct credential *credential);

/* Of type application/x-www-form-urlencoded; wiped by the answer. */
struct span credential_form(struct credential *credential, struct err *err);

/* What the token endpoint answered; false: refused, and *err says why. */
struct credential_reply {
	unsigned status;
	struct span body;
	int64_t now_ns;
	int64_t wall_ms;
	uint64_t random;
};

bool credential_answer(struct credential *credential,
    const struct credential_reply *reply, struct err *err);

/* It answered nothing at all. */
void credential_failed(
    struct credential *credential, int64_t now_ns, uint64_t random);

/* Is there something to send with?  Always with API_KEY and NONE. */
bool credential_usable(const struct credential *credential, int64_t now_ns);

/* The Authorization value; NULL when not usable, or none is sent. */
const char *credential_header(
    const struct credential *credential, int64_t now_ns);

/* Which one that is; it grows with each new token or key. */
uint64_t credential_generation(const struct credential *credential);

/* The upstream answered 2xx to it. */
void credential_accepted(struct credential *credential, uint64_t generation);

enum credential_verdict {
	CREDENTIAL_RENEWS, /* a newer one is there, or comes */
	CREDENTIAL_WRONG,  /* not renewable, or renewed in vain: see above */
};

/* The upstream answered 401 to it, for this table. */
enum credential_verdict credential_refused(struct credential *credential,
    uint64_t generation, uint64_t table, int64_t now_ns, uint64_t random);

/* Overwrites it and its secret where the text repeats them. */
void credential_mask(
    const struct credential *credential, char *text, size_t len);

/* For metrics: the seconds the token still lives; -1: none. */
int64_t credential_expires_s(
    const struct credential *credential, int64_t now_ns);

#endif
