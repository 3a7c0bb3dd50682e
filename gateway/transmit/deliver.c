#include "gateway/transmit/deliver.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "gateway/transmit/notices.h"
#include "gateway/transmit/endpoint.h"
#include "gateway/transmit/parcels.h"
#include "gateway/transmit/wire.h"
#include "parsers/jdoc.h"

#define WAIT_MAX_NS      (60 * NS_PER_S)
#define TOKEN_TIMEOUT_MS 10000
#define TOKEN_BODY_MAX   (JDOC_BYTES_MAX + 1) /* the one shows "too large" */
#define NO_MEMORY        "memory: there is no more"

struct call {
	struct wire_post post; /* first: wire gives it back */
	struct call *next;
	uint64_t generation; /* of the credential it carries */
	uint64_t table;
	bool apart;
	struct parcel *parcel; /* the packed body; NULL: it goes as it is */
	struct upstream_answer answer;
};

/*
 *	free ----submit----> under way ----> answered ----answers----> given
 *	  ^                                                              |
 *	  +------------------------ the next answers --------------------+
 */
struct deliver {
	struct upstream upstream; /* first: the pump's pointer is ours */
	const struct upstream_options *options;
	struct endpoint endpoint;
	char *url; /* endpoint.room bytes, of the call that starts */
	struct wire *wire;
	struct parcels *parcels; /* NULL: bodies go as they are */

	struct credential *credential;
	struct notices notices;
	uint64_t random;
	struct wire_post fetch;
	struct buffer token;           /* what the fetch brings */
	struct wire_fields *fields[2]; /* plain, packed; NULL: not made yet */
	uint64_t generation;           /* of the credential in them */
	bool fetched; /* since the last wait: ready() may have changed */

	/* Twice max_in_flight: while as many answers are out, more may go. */
	struct call *calls;
	size_t count;
	struct call *free, *given;
	struct call *answered, **answered_end;
};

static struct deliver *
deliver_of(struct upstream *upstream)
{
	return (struct deliver *)upstream;
}

/* splitmix64, from a seed that nobody can foresee. */
static uint64_t
next_random(struct deliver *d)
{
	uint64_t z = d->random += 0x9E3779B97F4A7C15;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return z ^ (z >> 31);
}

static void
recycle(struct deliver *d, struct call *call)
{
	call->next = d->free;
	d->free = call;
}

static void
conclude(struct deliver *d, struct call *call)
{
	call->next = NULL;
	*d->answered_end = call;
	d->answered_end = &call->next;
}

static void
drop_fields(struct deliver *d)
{
	for (size_t i = 0; i < 2; i++) {
		wire_fields_release(d->fields[i]);
		d->fields[i] = NULL;
	}
}

/* The fields with the credential as it is now; NULL: no memory. */
static struct wire_fields *
current_fields(struct deliver *d, bool packed, int64_t now_ns)
{
	uint64_t generation = credential_generation(d->credential);
	struct wire_fields **fields = &d->fields[packed];

	if (d->generation != generation)
		drop_fields(d);
	d->generation = generation;
	if (*fields == NULL)
		*fields = wire_fields_make(
		    credential_header(d->credential, now_ns), packed);
	return *fields;
}

static void
unpack(struct deliver *d, struct call *call)
{
	wire_fields_release(call->post.fields);
	call->post.fields = NULL;
	parcels_return(d->parcels, &call->parcel);
}

/* NULL: it is under way; else why not. */
static const char *
start(struct deliver *d, struct call *call, const struct upstream_call *wanted)
{
	struct wire_post *post = &call->post;
	int64_t now_ns = clock_now().ns;
	struct wire_fields *fields;

	/* Its life may have ended since ready() was asked. */
	if (!credential_usable(d->credential, now_ns))
		return "credential: none to send with";
	post->body = parcels_pack(d->parcels,
	    (struct span){ wanted->body, wanted->bytes }, &call->parcel);
	fields = current_fields(d, call->parcel != NULL, now_ns);
	if (fields == NULL)
		return NO_MEMORY;
	endpoint_print(&d->endpoint, wanted->id, d->url);
	call->generation = d->generation;
	post->url = d->url;
	post->fields = wire_fields_hold(fields);
	post->timeout_ms = d->options->timeout_ms;
	return wire_start(d->wire, post) ? NULL : NO_MEMORY;
}

static void
submit(struct upstream *upstream, const struct upstream_call *wanted)
{
	struct deliver *d = deliver_of(upstream);
	struct call *call = d->free;
	const char *why;

	assert(call != NULL);
	d->free = call->next;
	memset(call, 0, sizeof *call);
	call->answer.cookie = wanted->cookie;
	call->table = wanted->table;
	call->apart = wanted->apart;
	why = start(d, call, wanted);
	if (why == NULL)
		return;
	unpack(d, call);
	call->answer.end = UPSTREAM_UNREACHED;
	call->answer.why = why;
	call->answer.retry_after_ms = -1;
	call->answer.reset_ms = -1;
	call->answer.remaining = -1;
	call->answer.date_ms = -1;
	conclude(d, call);
}

/* What the answer says about the credential that the call carried. */
static void
heed_credential(struct deliver *d, struct call *call)
{
	unsigned status = call->answer.status;

	if (status >= 200 && status <= 299)
		credential_accepted(d->credential, call->generation);
	if (status == 401 && !call->apart)
		call->answer.renewing =
		    credential_refused(d->credential, call->generation,
			call->table, clock_now().ns,
			next_random(d)) == CREDENTIAL_RENEWS;
}

static void
read_reply(struct deliver *d, struct call *call)
{
	struct reply *reply = &call->post.reply;
	size_t len = reply_text_len(reply);

	/* The call's credential may be older than the current one. */
	secret_mask(reply->text, len, call->post.fields->secret);
	credential_mask(d->credential, reply->text, len);
	call->answer.text = (struct span){ reply->text, len };
	call->answer.status = reply->status;
	heed_credential(d, call);
}

static void
call_ended(struct deliver *d, struct call *call)
{
	struct wire_post *post = &call->post;

	call->answer.end = post->why == NULL ? UPSTREAM_ANSWERED
			   : post->sent      ? UPSTREAM_UNKNOWN
					     : UPSTREAM_UNREACHED;
	call->answer.why = post->why;
	call->answer.retry_after_ms = post->reply.retry_after_ms;
	call->answer.reset_ms = post->reply.reset_ms;
	call->answer.remaining = post->reply.remaining;
	call->answer.date_ms = post->reply.date_ms;
	if (post->why == NULL)
		read_reply(d, call);
	unpack(d, call);
	conclude(d, call);
}

static void
fetch_failed(struct deliver *d, const char *why)
{
	struct instant now = clock_now();

	credential_failed(d->credential, now.ns, next_random(d));
	notices_failed(&d->notices, why, now, clock_wall_ms());
}

static void
fetch_start(struct deliver *d)
{
	struct wire_post *post = &d->fetch;
	struct err err;

	memset(post, 0, sizeof *post);
	buffer_reset(&d->token);
	post->url = d->options->credentials.token_url;
	post->body = credential_form(d->credential, &err);
	post->whole = &d->token;
	post->timeout_ms = d->options->timeout_ms;
	if (post->timeout_ms > TOKEN_TIMEOUT_MS)
		post->timeout_ms = TOKEN_TIMEOUT_MS;
	if (post->body.at == NULL)
		fetch_failed(d, err.text);
	else if (!wire_start(d->wire, post))
		fetch_failed(d, NO_MEMORY);
}

static void
fetch_answered(struct deliver *d)
{
	struct instant now = clock_now();
	struct credential_reply reply = {
		.status = d->fetch.reply.status,
		.body = { d->token.at, d->token.len },
		.now_ns = now.ns,
		.wall_ms = clock_wall_ms(),
		.random = next_random(d),
	};
	struct err err;

	if (credential_answer(d->credential, &reply, &err))
		notices_fetched(&d->notices,
		    credential_expires_s(d->credential, now.ns), reply.wall_ms);
	else
		notices_failed(&d->notices, err.text, now, reply.wall_ms);
}

static void
wipe_token(struct deliver *d)
{
	if (d->token.at != NULL)
		explicit_bzero(d->token.at, d->token.room);
	explicit_bzero(d->fetch.reply.text, sizeof d->fetch.reply.text);
}

static void
fetch_ended(struct deliver *d)
{
	if (d->fetch.why != NULL)
		fetch_failed(d, d->fetch.why);
	else
		fetch_answered(d);
	d->fetched = true;
	wipe_token(d);
}

static void
tend_credential(struct deliver *d)
{
	int64_t now_ns = clock_now().ns;
	struct err err = { 0 };

	notices_secret(
	    credential_refresh(d->credential, now_ns, &err), err.text);
	if (credential_step(d->credential, now_ns))
		fetch_start(d);
}

static struct instant
now(struct upstream *upstream)
{
	(void)upstream;
	return clock_now();
}

static int64_t
wall_ms(struct upstream *upstream)
{
	(void)upstream;
	return clock_wall_ms();
}

static bool
ready(struct upstream *upstream)
{
	return credential_usable(
	    deliver_of(upstream)->credential, clock_now().ns);
}

static void
show_credential(struct upstream *upstream, struct books_credential *out)
{
	static const char *const kinds[] = {
		[CREDENTIAL_NONE] = "none",
		[CREDENTIAL_OAUTH2] = "oauth2",
		[CREDENTIAL_API_KEY] = "api_key",
	};
	struct deliver *d = deliver_of(upstream);
	const struct notices *notices = &d->notices;

	out->kind = kinds[d->options->credentials.kind];
	out->ready = ready(upstream);
	out->expires_s = credential_expires_s(d->credential, clock_now().ns);
	out->renewed = notices->good;
	out->failed = notices->bad;
	out->renewed_ms = notices->good_ms;
	out->failed_ms = notices->bad_ms;
	memcpy(out->error, notices->why, sizeof out->error);
}

static size_t
give(struct deliver *d, struct upstream_answer *out, size_t room)
{
	struct call *call;
	size_t count = 0;

	while (count < room && (call = d->answered) != NULL) {
		d->answered = call->next;
		if (d->answered == NULL)
			d->answered_end = &d->answered;
		out[count++] = call->answer;
		call->next = d->given;
		d->given = call;
	}
	return count;
}

static size_t
answers(struct upstream *upstream, struct upstream_answer *out, size_t room)
{
	struct deliver *d = deliver_of(upstream);
	struct wire_post *post;
	struct call *call;

	while ((call = d->given) != NULL) {
		d->given = call->next;
		recycle(d, call);
	}
	wire_run(d->wire);
	while ((post = wire_take(d->wire)) != NULL) {
		if (post == &d->fetch)
			fetch_ended(d);
		else
			call_ended(d, (struct call *)post);
	}
	tend_credential(d);
	return give(d, out, room);
}

/* Rounded up: a millisecond too early would be a turn for nothing. */
static int
wait_ms(const struct deliver *d, struct instant deadline)
{
	int64_t until = credential_due_ns(d->credential);
	int64_t ns;

	if (d->answered != NULL || d->fetched)
		return 0;
	if (deadline.ns < until)
		until = deadline.ns;
	ns = until - clock_now().ns;
	if (ns <= 0)
		return 0;
	return ns > WAIT_MAX_NS ? (int)(WAIT_MAX_NS / NS_PER_MS)
				: (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void
wait_for(struct upstream *upstream, const int *fds, size_t count,
    struct instant deadline)
{
	struct deliver *d = deliver_of(upstream);

	wire_wait(d->wire, fds, count, wait_ms(d, deadline));
	d->fetched = false;
}

static const struct upstream_ops ops = {
	.now = now,
	.wall_ms = wall_ms,
	.ready = ready,
	.credential = show_credential,
	.submit = submit,
	.answers = answers,
	.wait = wait_for,
};

static bool
open_parts(struct deliver *d, struct err *err)
{
	const struct upstream_options *o = d->options;
	size_t most = o->max_in_flight;

	if (!endpoint_parse(o->url, &d->endpoint, err) ||
	    (o->compression == UPSTREAM_GZIP &&
		!parcels_open(&d->parcels, err)) ||
	    !wire_open(
		&d->wire, most + 1, o->connect_timeout_ms, o->ca_file, err))
		return false;
	d->url = malloc(d->endpoint.room);
	d->calls = calloc(2 * most, sizeof *d->calls);
	if (d->url == NULL || d->calls == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	d->count = 2 * most;
	for (size_t i = 0; i < d->count; i++)
		recycle(d, &d->calls[i]);
	return credential_open(
	    &d->credential, &o->credentials, clock_now().ns, err);
}

bool
deliver_open(struct deliver **out, const struct upstream_options *options,
    struct err *err)
{
	struct deliver *d = calloc(1, sizeof *d);

	if (d == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	d->upstream.ops = &ops;
	d->options = options;
	d->answered_end = &d->answered;
	buffer_init(&d->token, TOKEN_BODY_MAX);
	if (getrandom(&d->random, sizeof d->random, 0) != sizeof d->random)
		d->random = (uint64_t)clock_now().ns;
	if (!open_parts(d, err)) {
		deliver_close(&d);
		return false;
	}
	*out = d;
	return true;
}

struct upstream *
deliver_upstream(struct deliver *deliver)
{
	return &deliver->upstream;
}

void
deliver_close(struct deliver **deliver)
{
	struct deliver *d = *deliver;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++) {
		wire_drop(d->wire, &d->calls[i].post);
		unpack(d, &d->calls[i]);
	}
	wire_drop(d->wire, &d->fetch);
	drop_fields(d);
	wire_close(&d->wire);
	parcels_close(&d->parcels);
	credential_close(&d->credential);
	wipe_token(d);
	buffer_fini(&d->token);
	free(d->calls);
	free(d->url);
	free(d);
	*deliver = NULL;
}
