#include "gateway/client/http_upstream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/client/credential_log.h"
#include "gateway/client/endpoint.h"
#include "gateway/client/body_compress.h"
#include "gateway/base/rng.h"
#include "gateway/client/http_client.h"
#include "parsers/json/jdoc.h"

#define WAIT_MAX_NS      (60 * NS_PER_S)
#define TOKEN_TIMEOUT_MS 10000
#define TOKEN_BODY_MAX   (JDOC_BYTES_MAX + 1) /* the one shows "too large" */
#define NO_MEMORY        "memory: there is no more"

struct call {
	struct http_post post; /* first: http_client_take gives it */
	struct call *next;
	uint64_t generation; /* of the credential it carries */
	uint64_t table;
	bool expects_401;
	struct compressed_body *compressed; /* NULL: sent as it is */
	struct upstream_answer answer;
};

/*
 *	free ----submit----> in flight ----> answered ----answers----> handed out
 *	  ^                                                              |
 *	  +---------------------- the next answers() --------------------+
 */
struct http_upstream {
	struct upstream upstream; /* first: the pump's pointer is ours */
	const struct http_upstream_options *options;
	struct endpoint endpoint;
	char *url; /* endpoint.room bytes; of the call that starts */
	struct http_client *client;
	struct body_compress *compress; /* NULL: bodies are sent as they are */

	struct credential *credential;
	struct credential_log log;
	struct rng rng;
	struct http_post fetch;
	struct buffer token; /* the fetch's response body */
	struct http_headers
	    *headers[2];     /* without, with gzip; NULL: not made yet */
	uint64_t generation; /* of the credential in them */
	bool
	    fetched; /* a token since the last wait: ready() may have changed */

	/*
	 * Twice max_in_flight: while so many answers are handed out, as many
	 * calls may be in flight.
	 */
	struct call *calls;
	size_t count;
	struct call *free, *handed_out;
	struct call *answered, **answered_end;
};

static struct http_upstream *
http_upstream_of(struct upstream *upstream)
{
	return (struct http_upstream *)upstream;
}

static void
recycle(struct http_upstream *http, struct call *call)
{
	call->next = http->free;
	http->free = call;
}

static void
append_answered(struct http_upstream *http, struct call *call)
{
	call->next = NULL;
	*http->answered_end = call;
	http->answered_end = &call->next;
}

static void
drop_headers(struct http_upstream *http)
{
	for (size_t i = 0; i < 2; i++) {
		http_headers_release(http->headers[i]);
		http->headers[i] = NULL;
	}
}

/* The headers with the present credential; NULL: no memory. */
static struct http_headers *
current_headers(struct http_upstream *http, bool gzip, int64_t now_ns)
{
	uint64_t generation = credential_generation(http->credential);
	struct http_headers **headers = &http->headers[gzip];

	if (http->generation != generation)
		drop_headers(http);
	http->generation = generation;
	if (*headers == NULL)
		*headers = http_headers_make(
		    credential_header(http->credential, now_ns), gzip);
	return *headers;
}

static void
release_body(struct http_upstream *http, struct call *call)
{
	http_headers_release(call->post.headers);
	call->post.headers = NULL;
	body_compress_release(http->compress, &call->compressed);
}

/* NULL: it is in flight; else why not. */
static const char *
start(struct http_upstream *http, struct call *call,
    const struct upstream_call *wanted)
{
	struct http_post *post = &call->post;
	int64_t now_ns = clock_now().ns;
	struct http_headers *headers;

	/* It may have expired since ready() was asked. */
	if (!credential_usable(http->credential, now_ns))
		return "credential: none to send with";
	post->body = body_compress_gzip(http->compress,
	    (struct span){ wanted->body, wanted->bytes }, &call->compressed);
	headers = current_headers(http, call->compressed != NULL, now_ns);
	if (headers == NULL)
		return NO_MEMORY;
	endpoint_print(&http->endpoint, wanted->id, http->url);
	call->generation = http->generation;
	post->url = http->url;
	post->headers = http_headers_hold(headers);
	post->timeout_ms = http->options->timeout_ms;
	return http_client_start(http->client, post) ? NULL : NO_MEMORY;
}

static void
submit(struct upstream *upstream, const struct upstream_call *wanted)
{
	struct http_upstream *http = http_upstream_of(upstream);
	struct call *call = http->free;
	const char *why;

	assert(call != NULL);
	http->free = call->next;
	memset(call, 0, sizeof *call);
	call->answer.cookie = wanted->cookie;
	call->table = wanted->table;
	call->expects_401 = wanted->expects_401;
	why = start(http, call, wanted);
	if (why == NULL)
		return;
	release_body(http, call);
	call->answer.end = UPSTREAM_UNREACHED;
	call->answer.why = why;
	call->answer.retry_after_ms = -1;
	call->answer.reset_ms = -1;
	call->answer.remaining = -1;
	call->answer.date_ms = -1;
	append_answered(http, call);
}

/* What the answer says about the credential that the call carried. */
static void
note_credential(struct http_upstream *http, struct call *call)
{
	unsigned status = call->answer.status;

	if (status >= 200 && status <= 299)
		credential_accepted(http->credential, call->generation);
	if (status == 401 && !call->expects_401)
		call->answer.renewing =
		    credential_refused(http->credential, call->generation,
			call->table, clock_now().ns,
			rng_next(&http->rng)) == CREDENTIAL_RENEWS;
}

static void
read_response(struct http_upstream *http, struct call *call)
{
	struct upstream_response *response = &call->post.response;
	size_t len = upstream_response_text_len(response);

	/* The call's credential may be older than the current one. */
	secret_mask(response->text, len, call->post.headers->secret);
	credential_mask(http->credential, response->text, len);
	call->answer.text = (struct span){ response->text, len };
	call->answer.status = response->status;
	note_credential(http, call);
}

static void
call_ended(struct http_upstream *http, struct call *call)
{
	struct http_post *post = &call->post;

	call->answer.end = post->why == NULL ? UPSTREAM_ANSWERED
			   : post->sent      ? UPSTREAM_UNKNOWN
					     : UPSTREAM_UNREACHED;
	call->answer.why = post->why;
	call->answer.retry_after_ms = post->response.retry_after_ms;
	call->answer.reset_ms = post->response.reset_ms;
	call->answer.remaining = post->response.remaining;
	call->answer.date_ms = post->response.date_ms;
	if (post->why == NULL)
		read_response(http, call);
	release_body(http, call);
	append_answered(http, call);
}

static void
fetch_failed(struct http_upstream *http, const char *why)
{
	struct instant now = clock_now();

	credential_failed(http->credential, now.ns, rng_next(&http->rng));
	credential_log_failed(&http->log, why, now, clock_wall_ms());
}

static void
fetch_start(struct http_upstream *http)
{
	struct http_post *post = &http->fetch;
	struct err err;

	memset(post, 0, sizeof *post);
	buffer_reset(&http->token);
	post->url = http->options->credentials.token_url;
	post->body = credential_form(http->credential, &err);
	post->whole = &http->token;
	post->timeout_ms = http->options->timeout_ms;
	if (post->timeout_ms > TOKEN_TIMEOUT_MS)
		post->timeout_ms = TOKEN_TIMEOUT_MS;
	if (post->body.at == NULL)
		fetch_failed(http, err.text);
	else if (!http_client_start(http->client, post))
		fetch_failed(http, NO_MEMORY);
}

static void
fetch_answered(struct http_upstream *http)
{
	struct instant now = clock_now();
	struct credential_reply response = {
		.status = http->fetch.response.status,
		.body = { http->token.at, http->token.len },
		.now_ns = now.ns,
		.wall_ms = clock_wall_ms(),
		.random = rng_next(&http->rng),
	};
	struct err err;

	if (credential_answer(http->credential, &response, &err))
		credential_log_fetched(&http->log,
		    credential_expires_s(http->credential, now.ns),
		    response.wall_ms);
	else
		credential_log_failed(
		    &http->log, err.text, now, response.wall_ms);
}

static void
wipe_token(struct http_upstream *http)
{
	if (http->token.at != NULL)
		explicit_bzero(http->token.at, http->token.room);
	explicit_bzero(
	    http->fetch.response.text, sizeof http->fetch.response.text);
}

static void
fetch_ended(struct http_upstream *http)
{
	if (http->fetch.why != NULL)
		fetch_failed(http, http->fetch.why);
	else
		fetch_answered(http);
	http->fetched = true;
	wipe_token(http);
}

static void
renew_credential(struct http_upstream *http)
{
	int64_t now_ns = clock_now().ns;
	struct err err = { 0 };

	credential_log_secret(
	    credential_refresh(http->credential, now_ns, &err), err.text);
	if (credential_step(http->credential, now_ns))
		fetch_start(http);
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
	struct http_upstream *http = http_upstream_of(upstream);
	const struct credential_log *log = &http->log;

	out->kind = kinds[http->options->credentials.kind];
	out->ready = ready(upstream);
	out->expires_s = credential_expires_s(http->credential, clock_now().ns);
	out->renewed = log->good;
	out->failed = log->bad;
	out->renewed_ms = log->good_ms;
	out->failed_ms = log->bad_ms;
	memcpy(out->error, log->why, sizeof out->error);
}

static size_t
give(struct http_upstream *http, struct upstream_answer *out, size_t room)
{
	struct call *call;
	size_t count = 0;

	while (count < room && (call = http->answered) != NULL) {
		http->answered = call->next;
		if (http->answered == NULL)
			http->answered_end = &http->answered;
		out[count++] = call->answer;
		call->next = http->handed_out;
		http->handed_out = call;
	}
	return count;
}

static size_t
answers(struct upstream *upstream, struct upstream_answer *out, size_t room)
{
	struct http_upstream *http = http_upstream_of(upstream);
	struct http_post *post;
	struct call *call;

	while ((call = http->handed_out) != NULL) {
		http->handed_out = call->next;
		recycle(http, call);
	}
	http_client_run(http->client);
	while ((post = http_client_take(http->client)) != NULL) {
		if (post == &http->fetch)
			fetch_ended(http);
		else
			call_ended(http, (struct call *)post);
	}
	renew_credential(http);
	return give(http, out, room);
}

/* Rounded up: to wake a millisecond too early would be for nothing. */
static int
wait_ms(const struct http_upstream *http, struct instant deadline)
{
	int64_t until = credential_due_ns(http->credential);
	int64_t ns;

	if (http->answered != NULL || http->fetched)
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
	struct http_upstream *http = http_upstream_of(upstream);

	http_client_wait(http->client, fds, count, wait_ms(http, deadline));
	http->fetched = false;
}

static void
close_all(struct upstream *upstream)
{
	struct http_upstream *http = http_upstream_of(upstream);

	for (size_t i = 0; i < http->count; i++) {
		http_client_drop(http->client, &http->calls[i].post);
		release_body(http, &http->calls[i]);
	}
	http_client_drop(http->client, &http->fetch);
	drop_headers(http);
	http_client_close(&http->client);
	body_compress_close(&http->compress);
	credential_close(&http->credential);
	wipe_token(http);
	buffer_fini(&http->token);
	free(http->calls);
	free(http->url);
	free(http);
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
open_parts(struct http_upstream *http, struct err *err)
{
	const struct http_upstream_options *o = http->options;
	size_t most = o->max_in_flight;

	if (!endpoint_parse(o->url, &http->endpoint, err) ||
	    (o->compression == HTTP_COMPRESSION_GZIP &&
		!body_compress_open(&http->compress, err)) ||
	    !http_client_open(&http->client, most + 1, o->connect_timeout_ms,
		o->ca_file, err))
		return false;
	http->url = malloc(http->endpoint.room);
	http->calls = calloc(2 * most, sizeof *http->calls);
	if (http->url == NULL || http->calls == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	http->count = 2 * most;
	for (size_t i = 0; i < http->count; i++)
		recycle(http, &http->calls[i]);
	return credential_open(
	    &http->credential, &o->credentials, clock_now().ns, err);
}

bool
http_upstream_open(struct upstream **out,
    const struct http_upstream_options *options, struct err *err)
{
	struct http_upstream *http = calloc(1, sizeof *http);

	if (http == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	http->upstream.ops = &ops;
	http->options = options;
	http->answered_end = &http->answered;
	buffer_init(&http->token, TOKEN_BODY_MAX);
	http->rng = rng_seeded();
	if (!open_parts(http, err)) {
		close_all(&http->upstream);
		return false;
	}
	*out = &http->upstream;
	return true;
}
