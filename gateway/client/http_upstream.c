#include "gateway/client/http_upstream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "gateway/client/credential_log.h"
#include "gateway/client/endpoint.h"
#include "gateway/client/body_compress.h"
#include "gateway/client/http_client.h"
#include "parsers/json/jdoc.h"

#define WAIT_MAX_NS      (60 * NS_PER_S)
#define TOKEN_TIMEOUT_MS 10000
#define TOKEN_BODY_MAX   (JDOC_BYTES_MAX + 1) /* the one shows "too large" */
#define NO_MEMORY        "memory: there is no more"

struct call {
	struct http_client_post post; /* first: wire gives it back */
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
struct http_upstream {
	struct upstream upstream; /* first: the pump's pointer is ours */
	const struct http_upstream_options *options;
	struct endpoint endpoint;
	char *url; /* endpoint.room bytes, of the call that starts */
	struct http_client *wire;
	struct body_compress *parcels; /* NULL: bodies go as they are */

	struct credential *credential;
	struct credential_log notices;
	uint64_t random;
	struct http_client_post fetch;
	struct buffer token;            /* what the fetch brings */
	struct http_headers *fields[2]; /* plain, packed; NULL: not made yet */
	uint64_t generation;            /* of the credential in them */
	bool fetched; /* since the last wait: ready() may have changed */

	/* Twice max_in_flight: while as many answers are out, more may go. */
	struct call *calls;
	size_t count;
	struct call *free, *given;
	struct call *answered, **answered_end;
};

static struct http_upstream *
http_upstream_of(struct upstream *upstream)
{
	return (struct http_upstream *)upstream;
}

/* splitmix64, from a seed that nobody can foresee. */
static uint64_t
next_random(struct http_upstream *d)
{
	uint64_t z = d->random += 0x9E3779B97F4A7C15;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return z ^ (z >> 31);
}

static void
recycle(struct http_upstream *d, struct call *call)
{
	call->next = d->free;
	d->free = call;
}

static void
conclude(struct http_upstream *d, struct call *call)
{
	call->next = NULL;
	*d->answered_end = call;
	d->answered_end = &call->next;
}

static void
drop_fields(struct http_upstream *d)
{
	for (size_t i = 0; i < 2; i++) {
		http_headers_release(d->fields[i]);
		d->fields[i] = NULL;
	}
}

/* The fields with the credential as it is now; NULL: no memory. */
static struct http_headers *
current_fields(struct http_upstream *d, bool packed, int64_t now_ns)
{
	uint64_t generation = credential_generation(d->credential);
	struct http_headers **fields = &d->fields[packed];

	if (d->generation != generation)
		drop_fields(d);
	d->generation = generation;
	if (*fields == NULL)
		*fields = http_headers_make(
		    credential_header(d->credential, now_ns), packed);
	return *fields;
}

static void
unpack(struct http_upstream *d, struct call *call)
{
	http_headers_release(call->post.fields);
	call->post.fields = NULL;
	body_compress_return(d->parcels, &call->parcel);
}

/* NULL: it is under way; else why not. */
static const char *
start(struct http_upstream *d, struct call *call,
    const struct upstream_call *wanted)
{
	struct http_client_post *post = &call->post;
	int64_t now_ns = clock_now().ns;
	struct http_headers *fields;

	/* Its life may have ended since ready() was asked. */
	if (!credential_usable(d->credential, now_ns))
		return "credential: none to send with";
	post->body = body_compress_pack(d->parcels,
	    (struct span){ wanted->body, wanted->bytes }, &call->parcel);
	fields = current_fields(d, call->parcel != NULL, now_ns);
	if (fields == NULL)
		return NO_MEMORY;
	endpoint_print(&d->endpoint, wanted->id, d->url);
	call->generation = d->generation;
	post->url = d->url;
	post->fields = http_headers_hold(fields);
	post->timeout_ms = d->options->timeout_ms;
	return http_client_start(d->wire, post) ? NULL : NO_MEMORY;
}

static void
submit(struct upstream *upstream, const struct upstream_call *wanted)
{
	struct http_upstream *d = http_upstream_of(upstream);
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
heed_credential(struct http_upstream *d, struct call *call)
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
read_reply(struct http_upstream *d, struct call *call)
{
	struct upstream_response *reply = &call->post.reply;
	size_t len = upstream_response_text_len(reply);

	/* The call's credential may be older than the current one. */
	secret_mask(reply->text, len, call->post.fields->secret);
	credential_mask(d->credential, reply->text, len);
	call->answer.text = (struct span){ reply->text, len };
	call->answer.status = reply->status;
	heed_credential(d, call);
}

static void
call_ended(struct http_upstream *d, struct call *call)
{
	struct http_client_post *post = &call->post;

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
fetch_failed(struct http_upstream *d, const char *why)
{
	struct instant now = clock_now();

	credential_failed(d->credential, now.ns, next_random(d));
	credential_log_failed(&d->notices, why, now, clock_wall_ms());
}

static void
fetch_start(struct http_upstream *d)
{
	struct http_client_post *post = &d->fetch;
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
	else if (!http_client_start(d->wire, post))
		fetch_failed(d, NO_MEMORY);
}

static void
fetch_answered(struct http_upstream *d)
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
		credential_log_fetched(&d->notices,
		    credential_expires_s(d->credential, now.ns), reply.wall_ms);
	else
		credential_log_failed(
		    &d->notices, err.text, now, reply.wall_ms);
}

static void
wipe_token(struct http_upstream *d)
{
	if (d->token.at != NULL)
		explicit_bzero(d->token.at, d->token.room);
	explicit_bzero(d->fetch.reply.text, sizeof d->fetch.reply.text);
}

static void
fetch_ended(struct http_upstream *d)
{
	if (d->fetch.why != NULL)
		fetch_failed(d, d->fetch.why);
	else
		fetch_answered(d);
	d->fetched = true;
	wipe_token(d);
}

static void
tend_credential(struct http_upstream *d)
{
	int64_t now_ns = clock_now().ns;
	struct err err = { 0 };

	credential_log_secret(
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
	    http_upstream_of(upstream)->credential, clock_now().ns);
}

static void
show_credential(
    struct upstream *upstream, struct upstream_stats_credential *out)
{
	static const char *const kinds[] = {
		[CREDENTIAL_NONE] = "none",
		[CREDENTIAL_OAUTH2] = "oauth2",
		[CREDENTIAL_API_KEY] = "api_key",
	};
	struct http_upstream *d = http_upstream_of(upstream);
	const struct credential_log *notices = &d->notices;

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
give(struct http_upstream *d, struct upstream_answer *out, size_t room)
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
	struct http_upstream *d = http_upstream_of(upstream);
	struct http_client_post *post;
	struct call *call;

	while ((call = d->given) != NULL) {
		d->given = call->next;
		recycle(d, call);
	}
	http_client_run(d->wire);
	while ((post = http_client_take(d->wire)) != NULL) {
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
wait_ms(const struct http_upstream *d, struct instant deadline)
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
	struct http_upstream *d = http_upstream_of(upstream);

	http_client_wait(d->wire, fds, count, wait_ms(d, deadline));
	d->fetched = false;
}

static void
close_all(struct upstream *upstream)
{
	struct http_upstream *d = http_upstream_of(upstream);

	for (size_t i = 0; i < d->count; i++) {
		http_client_drop(d->wire, &d->calls[i].post);
		unpack(d, &d->calls[i]);
	}
	http_client_drop(d->wire, &d->fetch);
	drop_fields(d);
	http_client_close(&d->wire);
	body_compress_close(&d->parcels);
	credential_close(&d->credential);
	wipe_token(d);
	buffer_fini(&d->token);
	free(d->calls);
	free(d->url);
	free(d);
}

static const struct upstream_ops ops = {
	.now = now,
	.wall_ms = wall_ms,
	.ready = ready,
	.credential = show_credential,
	.submit = submit,
	.answers = answers,
	.wait = wait_for,
	.close = close_all,
};

static bool
open_parts(struct http_upstream *d, struct err *err)
{
	const struct http_upstream_options *o = d->options;
	size_t most = o->max_in_flight;

	if (!endpoint_parse(o->url, &d->endpoint, err) ||
	    (o->compression == HTTP_COMPRESSION_GZIP &&
		!body_compress_open(&d->parcels, err)) ||
	    !http_client_open(
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
http_upstream_open(struct upstream **out,
    const struct http_upstream_options *options, struct err *err)
{
	struct http_upstream *d = calloc(1, sizeof *d);

	if (d == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	d->upstream.ops = &ops;
	d->options = options;
	d->answered_end = &d->answered;
	buffer_init(&d->token, TOKEN_BODY_MAX);
	if (getrandom(&d->random, sizeof d->random, 0) != sizeof d->random)
		d->random = (uint64_t)clock_now().ns;
	if (!open_parts(d, err)) {
		close_all(&d->upstream);
		return false;
	}
	*out = &d->upstream;
	return true;
}
