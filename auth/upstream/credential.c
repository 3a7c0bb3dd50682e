#include "auth/upstream/credential.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/upstream/token_response.h"
#include "parsers/base64.h"
#include "parsers/form.h"

#define NS_PER_S        INT64_C(1000000000)
#define BACKOFF_MIN_NS  (NS_PER_S / 2)
#define BACKOFF_MAX_NS  (60 * NS_PER_S)
#define BACKOFF_DOUBLES 7 /* 0.5 s * 2^7 is past the maximum */

#define HEADER_BYTES_MAX (TOKEN_RESPONSE_BEARER_MAX + 16)
#define FORM_BYTES_MAX   65536

struct credential {
	const struct credential_options *options;
	struct secret *secret; /* NULL with NONE */
	struct buffer form;

	enum credential_state state;
	int64_t fetch_ns;  /* when the current fetch began */
	int64_t retry_ns;  /* no fetch before this time */
	unsigned failures; /* of fetches, in a row */
	unsigned refusals; /* 401 within a minute of the one before */
	int64_t refused_ns;

	/* The header that is sent, and the times of its token. */
	struct buffer header;
	uint64_t generation;
	int64_t renew_ns, end_ns;
	bool refetch;   /* the next token is fetched because of a 401 */
	bool refetched; /* this token was */
	bool accepted;
	bool refused_once; /* one table got a 401 for this token: */
	uint64_t refused_table;
};

/* clang-format off */
static const enum credential_state
    next[CREDENTIAL_STATES][CREDENTIAL_EVENTS] = {
	[CREDENTIAL_EMPTY] = {
		[CREDENTIAL_FETCH] = CREDENTIAL_FETCHING,
	},
	[CREDENTIAL_FETCHING] = {
		[CREDENTIAL_GOOD] = CREDENTIAL_FRESH,
		[CREDENTIAL_BAD] = CREDENTIAL_EMPTY,
	},
	[CREDENTIAL_FRESH] = {
		[CREDENTIAL_AGE] = CREDENTIAL_STALE,
		[CREDENTIAL_LOST] = CREDENTIAL_EMPTY,
	},
	[CREDENTIAL_STALE] = {
		[CREDENTIAL_FETCH] = CREDENTIAL_RENEWING,
		[CREDENTIAL_LOST] = CREDENTIAL_EMPTY,
	},
	[CREDENTIAL_RENEWING] = {
		[CREDENTIAL_GOOD] = CREDENTIAL_FRESH,
		[CREDENTIAL_BAD] = CREDENTIAL_STALE,
		[CREDENTIAL_LOST] = CREDENTIAL_FETCHING,
	},
};
/* clang-format on */

enum credential_state
credential_next(enum credential_state state, enum credential_event event)
{
	return next[state][event];
}

static void
wipe(struct buffer *b)
{
	if (b->at != NULL)
		explicit_bzero(b->at, b->room);
	buffer_reset(b);
}

static bool
has_token(const struct credential *c)
{
	return c->state == CREDENTIAL_FRESH || c->state == CREDENTIAL_STALE ||
	       c->state == CREDENTIAL_RENEWING;
}

/* Only this function changes the state. */
static void
transition(struct credential *c, enum credential_event event)
{
	enum credential_state state = credential_next(c->state, event);

	assert(state != CREDENTIAL_BUG);
	c->state = state;
	if (event == CREDENTIAL_LOST)
		wipe(&c->header);
}

/* Full jitter: a random time up to a limit that doubles with each attempt. */
static int64_t
backoff_ns(unsigned attempt, uint64_t random)
{
	unsigned doubles =
	    attempt < BACKOFF_DOUBLES ? attempt : BACKOFF_DOUBLES;
	int64_t limit = BACKOFF_MIN_NS << doubles;

	if (limit > BACKOFF_MAX_NS)
		limit = BACKOFF_MAX_NS;
	return (int64_t)((unsigned __int128)random * (uint64_t)limit >> 64) + 1;
}

/* Reserves first: realloc could leave a copy of the secret in freed memory. */
static bool
set_header(struct credential *c, const char *scheme, struct span value)
{
	wipe(&c->header);
	return buffer_reserve(&c->header, strlen(scheme) + value.len) &&
	       buffer_append(&c->header, scheme, strlen(scheme)) &&
	       buffer_append(&c->header, value.at, value.len);
}

static bool
set_api_key(struct credential *c)
{
	struct span key = secret_text(c->secret);
	struct buffer plain, coded;
	bool ok;

	c->generation++;
	if (key.len < 4 || memcmp(key.at, "pok_", 4) != 0)
		return set_header(c, "Basic ", key);
	buffer_init(&plain, SECRET_BYTES_MAX + 1);
	buffer_init(&coded, HEADER_BYTES_MAX);
	ok = buffer_reserve(&plain, key.len + 1) &&
	     buffer_append(&plain, key.at, key.len) &&
	     buffer_append(&plain, ":", 1) &&
	     base64_append(&coded, (struct span){ plain.at, plain.len }) &&
	     set_header(c, "Basic ", (struct span){ coded.at, coded.len });
	wipe(&plain);
	wipe(&coded);
	buffer_fini(&plain);
	buffer_fini(&coded);
	return ok;
}

static bool
open_secret(struct credential *c, const char *text, const char *path,
    const char *what, int64_t now_ns, struct err *err)
{
	if ((text == NULL) == (path == NULL))
		return err_set(err, ERR_INPUT, 0,
		    "exactly one of %s and %s_file is needed", what, what);
	return secret_open(&c->secret, text, path, now_ns, err);
}

static bool
open_kind(struct credential *c, int64_t now_ns, struct err *err)
{
	const struct credential_options *o = c->options;

	switch (o->kind) {
	case CREDENTIAL_NONE:
		return true;
	case CREDENTIAL_API_KEY:
		if (!open_secret(
			c, o->api_key, o->api_key_file, "api_key", now_ns, err))
			return false;
		return set_api_key(c) ||
		       err_set(err, ERR_HOST, 0, "out of memory");
	case CREDENTIAL_OAUTH2:
		c->state = CREDENTIAL_EMPTY;
		if (o->token_url == NULL || o->client_id == NULL)
			return err_set(err, ERR_INPUT, 0,
			    "token_url and client_id are needed");
		return open_secret(c, o->client_secret, o->client_secret_file,
		    "client_secret", now_ns, err);
	}
	return err_set(err, ERR_INPUT, 0, "unknown kind of credential");
}

bool
credential_open(struct credential **out,
    const struct credential_options *options, int64_t now_ns, struct err *err)
{
	struct credential *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	c->options = options;
	c->retry_ns = now_ns;
	buffer_init(&c->form, FORM_BYTES_MAX);
	buffer_init(&c->header, HEADER_BYTES_MAX);
	if (!open_kind(c, now_ns, err)) {
		credential_close(&c);
		return false;
	}
	*out = c;
	return true;
}

void
credential_close(struct credential **credential)
{
	struct credential *c = *credential;

	if (c == NULL)
		return;
	wipe(&c->form);
	wipe(&c->header);
	buffer_fini(&c->form);
	buffer_fini(&c->header);
	secret_close(&c->secret);
	free(c);
	*credential = NULL;
}

enum secret_news
credential_refresh(struct credential *c, int64_t now_ns, struct err *err)
{
	enum secret_news news;

	if (c->secret == NULL)
		return SECRET_SAME;
	news = secret_refresh(c->secret, now_ns, err);
	if (news != SECRET_CHANGED)
		return news;
	c->failures = 0;
	c->refusals = 0;
	c->retry_ns = now_ns;
	if (c->options->kind == CREDENTIAL_API_KEY && !set_api_key(c)) {
		err_set(err, ERR_HOST, 0, "out of memory");
		return SECRET_UNUSABLE;
	}
	return news;
}

bool
credential_step(struct credential *c, int64_t now_ns)
{
	if (has_token(c) && now_ns >= c->end_ns)
		transition(c, CREDENTIAL_LOST);
	if (c->state == CREDENTIAL_FRESH && now_ns >= c->renew_ns)
		transition(c, CREDENTIAL_AGE);
	if (c->state != CREDENTIAL_EMPTY && c->state != CREDENTIAL_STALE)
		return false;
	if (now_ns < c->retry_ns)
		return false;
	transition(c, CREDENTIAL_FETCH);
	c->fetch_ns = now_ns;
	return true;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
credential_due_ns(const struct credential *c)
{
	int64_t due = c->secret != NULL ? secret_next_ns(c->secret) : INT64_MAX;

	if (has_token(c))
		due = earlier(due, c->end_ns);
	if (c->state == CREDENTIAL_FRESH)
		due = earlier(due, c->renew_ns);
	if (c->state == CREDENTIAL_EMPTY || c->state == CREDENTIAL_STALE)
		due = earlier(due, c->retry_ns);
	return due;
}

struct span
credential_form(struct credential *c, struct err *err)
{
	const struct credential_options *o = c->options;
	struct span secret = secret_text(c->secret);
	struct span id = span_of(o->client_id), scope = span_of(o->scope);
	size_t most = 100 + 3 * (id.len + secret.len + scope.len);

	wipe(&c->form);
	if (buffer_reserve(&c->form, most) &&
	    form_append(&c->form, "grant_type", SPAN("client_credentials")) &&
	    form_append(&c->form, "client_id", id) &&
	    form_append(&c->form, "client_secret", secret) &&
	    (o->scope == NULL || form_append(&c->form, "scope", scope)))
		return (struct span){ c->form.at, c->form.len };
	err_set(err, ERR_LIMIT, 0, "no room for the form of a token request");
	return (struct span){ 0 };
}

/* The lifetime counts from the request: the token was issued later. */
static bool
store_token(struct credential *c, const struct token_response *token,
    int64_t now_ns, struct err *err)
{
	int64_t life_ns = token->life_s * NS_PER_S;

	if (c->fetch_ns + life_ns <= now_ns)
		return err_set(err, ERR_INPUT, 0,
		    "the answer took longer than the token's life");
	if (!set_header(
		c, "Bearer ", (struct span){ token->bearer, token->len }))
		return err_set(err, ERR_HOST, 0, "out of memory");
	c->generation++;
	c->end_ns = c->fetch_ns + life_ns;
	c->renew_ns = c->fetch_ns + life_ns / 4 * 3;
	c->retry_ns = now_ns;
	c->failures = 0;
	c->refetched = c->refetch;
	c->refetch = false;
	c->accepted = c->refused_once = false;
	transition(c, CREDENTIAL_GOOD);
	return true;
}

void
credential_failed(struct credential *c, int64_t now_ns, uint64_t random)
{
	wipe(&c->form);
	c->retry_ns = now_ns + backoff_ns(c->failures++, random);
	transition(c, CREDENTIAL_BAD);
}

bool
credential_answer(
    struct credential *c, const struct credential_reply *r, struct err *err)
{
	struct token_response token;
	bool ok =
	    token_response_read(r->status, r->body, r->wall_ms, &token, err) &&
	    store_token(c, &token, r->now_ns, err);

	explicit_bzero(&token, sizeof token);
	wipe(&c->form);
	if (!ok)
		credential_failed(c, r->now_ns, r->random);
	return ok;
}

bool
credential_usable(const struct credential *c, int64_t now_ns)
{
	if (c->options->kind != CREDENTIAL_OAUTH2)
		return true;
	return has_token(c) && now_ns < c->end_ns;
}

const char *
credential_header(const struct credential *c, int64_t now_ns)
{
	if (c->header.len == 0 || !credential_usable(c, now_ns))
		return NULL;
	return c->header.at;
}

uint64_t
credential_generation(const struct credential *c)
{
	return c->generation;
}

void
credential_accepted(struct credential *c, uint64_t generation)
{
	if (generation == c->generation)
		c->accepted = true;
}

/* Sets the time of the next fetch after a 401. */
static void
schedule_refetch(struct credential *c, int64_t now_ns, uint64_t random)
{
	c->refetch = true;
	if (now_ns - c->refused_ns > BACKOFF_MAX_NS)
		c->refusals = 0;
	if (c->refusals > 0)
		c->retry_ns = now_ns + backoff_ns(c->refusals - 1, random);
	else if (c->failures == 0)
		c->retry_ns = now_ns;
	c->refusals++;
	c->refused_ns = now_ns;
}

/* The first table to get a 401 starts a fetch; a second one drops the token. */
static void
note_refusal(
    struct credential *c, uint64_t table, int64_t now_ns, uint64_t random)
{
	if (c->refused_once && c->refused_table != table)
		transition(c, CREDENTIAL_LOST);
	if (c->refused_once)
		return;
	c->refused_once = true;
	c->refused_table = table;
	if (c->state == CREDENTIAL_FRESH)
		transition(c, CREDENTIAL_AGE);
	schedule_refetch(c, now_ns, random);
}

enum credential_verdict
credential_refused(struct credential *c, uint64_t generation, uint64_t table,
    int64_t now_ns, uint64_t random)
{
	if (generation != c->generation)
		return CREDENTIAL_RENEWS;
	if (c->options->kind != CREDENTIAL_OAUTH2)
		return CREDENTIAL_WRONG;
	if (has_token(c))
		note_refusal(c, table, now_ns, random);
	return c->refetched && !c->accepted ? CREDENTIAL_WRONG
					    : CREDENTIAL_RENEWS;
}

void
credential_mask(const struct credential *c, char *text, size_t len)
{
	const char *space = NULL;

	if (c->header.len > 0)
		space = strchr(c->header.at, ' ');
	if (space != NULL)
		secret_mask(text, len, span_of(space + 1));
	if (c->secret != NULL)
		secret_mask(text, len, secret_text(c->secret));
}

int64_t
credential_expires_s(const struct credential *c, int64_t now_ns)
{
	if (!has_token(c) || now_ns >= c->end_ns)
		return -1;
	return (c->end_ns - now_ns) / NS_PER_S;
}
