#include "gateway/transmit/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "gateway/clock.h"

#define CONNECTION_LIFE_S 120L  /* so that a moved name is followed */
#define READ_BUFFER_BYTES 8192L /* answers are small, transfers many */

struct wire {
	CURLM *multi;
	long connect_timeout_ms;
	const char *ca_file;
	CURL **idle; /* handles not under way; most of them */
	size_t idle_count, most;
};

struct wire_fields {
	unsigned users;
	struct curl_slist *list;
	char *authorization; /* the whole field; NULL: none */
};

/* What curl's codes mean. */
/* clang-format off */
static const struct {
	CURLcode code;
	const char *why;
} failures[] = {
	{ CURLE_OK,			"reset: closed amid the answer's head" },
	{ CURLE_COULDNT_RESOLVE_HOST,	"dns: the host's name has no address" },
	{ CURLE_COULDNT_RESOLVE_PROXY,	"dns: the proxy's name has no address" },
	{ CURLE_COULDNT_CONNECT,	"connect: refused, or no way there" },
	{ CURLE_OPERATION_TIMEDOUT,	"timeout: no answer in time" },
	{ CURLE_GOT_NOTHING,		"reset: closed without an answer" },
	{ CURLE_SEND_ERROR,		"reset: broken while sending" },
	{ CURLE_RECV_ERROR,		"reset: broken while waiting" },
	{ CURLE_ABORTED_BY_CALLBACK,	"reset: a kept connection died in use" },
	{ CURLE_SSL_CONNECT_ERROR,	"tls: the handshake failed" },
	{ CURLE_SSL_CACERT_BADFILE,	"tls: the CA file cannot be used" },
	{ CURLE_UNSUPPORTED_PROTOCOL,	"garbage: the answer is not HTTP" },
	{ CURLE_WEIRD_SERVER_REPLY,	"garbage: the answer is not HTTP" },
	{ CURLE_WRITE_ERROR,		"garbage: a head without end" },
	{ CURLE_OUT_OF_MEMORY,		"memory: no more, or a line too long" },
};

/*
 * OpenSSL's verdicts on a certificate (X509_V_ERR_*), but for 1: with that
 * curl begins, and it compares the host's name before it asks OpenSSL.
 */
static const struct {
	long result;
	const char *why;
} certificates[] = {
	{ 1,	"tls: the certificate is for another host" },
	{ 9,	"tls: the certificate is not valid yet" },
	{ 10,	"tls: the certificate has expired" },
	{ 18,	"tls: the certificate is self-signed" },
	{ 19,	"tls: the certificate's root is not trusted" },
	{ 20,	"tls: the certificate's issuer is not known" },
	{ 21,	"tls: the certificate's issuer is not known" },
};
/* clang-format on */

static const char *
why_certificate(CURL *easy)
{
	long result = -1;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++)
		if (certificates[i].result == result)
			return certificates[i].why;
	return "tls: the certificate does not verify";
}

const char *
wire_failure(int code)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == (CURLcode)code)
			return failures[i].why;
	return curl_easy_strerror((CURLcode)code);
}

static const char *
why_failed(const struct wire_post *post, CURLcode code)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return why_certificate(post->easy);
	if (code == CURLE_OPERATION_TIMEDOUT && !post->sent)
		return "timeout: no connection in time";
	return wire_failure((int)code);
}

static void
wipe_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
}

void
wire_fields_release(struct wire_fields *f)
{
	if (f == NULL || --f->users > 0)
		return;
	for (struct curl_slist *i = f->list; i != NULL; i = i->next)
		wipe_text(i->data);
	curl_slist_free_all(f->list);
	wipe_text(f->authorization);
	free(f->authorization);
	free(f);
}

struct wire_fields *
wire_fields_hold(struct wire_fields *f)
{
	f->users++;
	return f;
}

static bool
fields_add(struct wire_fields *f, const char *field)
{
	struct curl_slist *list = curl_slist_append(f->list, field);

	if (list != NULL)
		f->list = list;
	return list != NULL;
}

static bool
fields_authorize(struct wire_fields *f, const char *value)
{
	f->authorization = malloc(sizeof "Authorization: " + strlen(value));
	if (f->authorization == NULL)
		return false;
	stpcpy(stpcpy(f->authorization, "Authorization: "), value);
	return fields_add(f, f->authorization);
}

struct wire_fields *
wire_fields_make(const char *authorization, bool gzip)
{
	struct wire_fields *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->users = 1;
	/* An empty Expect keeps curl from waiting for a 100. */
	if (fields_add(f, "Content-Type: application/json") &&
	    fields_add(f, "Expect:") &&
	    (!gzip || fields_add(f, "Content-Encoding: gzip")) &&
	    (authorization == NULL || fields_authorize(f, authorization)))
		return f;
	wire_fields_release(f);
	return NULL;
}

struct span
wire_fields_secret(const struct wire_fields *f)
{
	if (f->authorization == NULL)
		return (struct span){ NULL, 0 };
	return span_of(strrchr(f->authorization, ' ') + 1);
}

static size_t
on_head(char *at, size_t one, size_t len, void *arg)
{
	struct wire_post *post = arg;
	struct span line = { at, len * one };

	return reply_head(&post->reply, line, clock_wall_ms()) ? line.len : 0;
}

static size_t
on_body(char *at, size_t one, size_t len, void *arg)
{
	struct wire_post *post = arg;
	struct span piece = { at, len * one };
	struct buffer *whole = post->whole;
	size_t taken = piece.len;

	if (whole != NULL && taken > whole->max - whole->len)
		taken = whole->max - whole->len;
	if (whole != NULL && !buffer_append(whole, piece.at, taken))
		return 0;
	return reply_body(&post->reply, piece) ? taken : 0;
}

/*
 * A request is about to leave.  When a kept connection turns out to be dead,
 * libcurl takes another and comes here a second time.
 */
static int
on_request(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct wire_post *post = arg;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (post->sent)
		return CURL_PREREQFUNC_ABORT;
	post->sent = true;
	return CURL_PREREQFUNC_OK;
}

/*
 * What holds for every request.  curl_easy_setopt wants longs, and answers 0
 * unless it has no memory or a feature was not built in.
 */
static bool
set_bounds(CURL *easy, const struct wire *wire)
{
	int bad = 0;

	bad |= curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, wire->connect_timeout_ms);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, READ_BUFFER_BYTES);
	bad |=
	    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_LIFE_S);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (wire->ca_file != NULL)
		bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, wire->ca_file);
	return bad == 0;
}

static bool
set_manners(CURL *easy)
{
	int bad = 0;

	bad |= curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	bad |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_USERAGENT, "polaris-gateway/" GATEWAY_VERSION);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	return bad == 0;
}

static CURL *
take_handle(struct wire *wire)
{
	CURL *easy;

	if (wire->idle_count > 0)
		return wire->idle[--wire->idle_count];
	easy = curl_easy_init();
	if (easy != NULL && set_bounds(easy, wire) && set_manners(easy))
		return easy;
	curl_easy_cleanup(easy);
	return NULL;
}

static void
put_handle(struct wire *wire, struct wire_post *post)
{
	assert(wire->idle_count < wire->most);
	wire->idle[wire->idle_count++] = post->easy;
	post->easy = NULL;
}

/* What differs from one request to the next. */
static bool
aim(CURL *easy, struct wire_post *post)
{
	bool plain = strncmp(post->url, "http:", 5) == 0;
	bool form = post->fields == NULL;
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_URL, post->url);
	bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.at);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_HTTPHEADER, form ? NULL : post->fields->list);
	bad |=
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)post->timeout_ms);
	/* The next form is minutes away: its connection is not worth keeping */
	bad |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)form);
	/* and a proxy of the environment gets only what it cannot read. */
	bad |= curl_easy_setopt(easy, CURLOPT_NOPROXY, plain ? "*" : NULL);
	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, post);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, post);
	return bad == 0;
}

bool
wire_start(struct wire *wire, struct wire_post *post)
{
	post->easy = take_handle(wire);
	if (post->easy == NULL)
		return false;
	reply_reset(&post->reply);
	post->sent = false;
	post->why = NULL;
	if (aim(post->easy, post) &&
	    curl_multi_add_handle(wire->multi, post->easy) == CURLM_OK)
		return true;
	put_handle(wire, post);
	return false;
}

void
wire_drop(struct wire *wire, struct wire_post *post)
{
	if (post->easy == NULL)
		return;
	curl_multi_remove_handle(wire->multi, post->easy);
	put_handle(wire, post);
}

void
wire_run(struct wire *wire)
{
	int running;

	curl_multi_perform(wire->multi, &running);
}

/* A 2xx to what did not leave to its end: nobody can have taken it. */
static bool
took_too_early(const struct wire_post *post)
{
	curl_off_t sent = 0;

	if (post->reply.status / 100 != 2)
		return false;
	curl_easy_getinfo(post->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return sent < (curl_off_t)post->body.len;
}

struct wire_post *
wire_take(struct wire *wire)
{
	struct wire_post *post;
	CURLMsg *message;
	CURLcode code;
	int left;

	message = curl_multi_info_read(wire->multi, &left);
	if (message == NULL)
		return NULL;
	code = message->data.result;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &post);
	if (!post->reply.whole)
		post->why = why_failed(post, code);
	else if (took_too_early(post))
		post->why = "garbage: taken before it was sent";
	wire_drop(wire, post);
	return post;
}

void
wire_wait(struct wire *wire, const int *fds, size_t count, int ms)
{
	struct curl_waitfd extra[WIRE_FDS_MAX];

	assert(count <= WIRE_FDS_MAX);
	for (size_t i = 0; i < count; i++)
		extra[i] = (struct curl_waitfd){ .fd = fds[i],
			.events = CURL_WAIT_POLLIN };
	curl_multi_poll(wire->multi, extra, (unsigned)count, ms, NULL);
}

static bool
check_file(const char *path, struct err *err)
{
	if (path == NULL || access(path, R_OK) == 0)
		return true;
	return err_set(
	    err, ERR_INPUT, 0, "ca_file %s: %s", path, strerror(errno));
}

bool
wire_open(struct wire **out, size_t most, uint64_t connect_timeout_ms,
    const char *ca_file, struct err *err)
{
	struct wire *wire;

	if (!check_file(ca_file, err))
		return false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_HOST, 0, "libcurl does not start");
	wire = calloc(1, sizeof *wire);
	if (wire == NULL) {
		curl_global_cleanup();
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	wire->connect_timeout_ms = (long)connect_timeout_ms;
	wire->ca_file = ca_file;
	wire->most = most;
	wire->multi = curl_multi_init();
	wire->idle = calloc(most, sizeof *wire->idle);
	if (wire->multi == NULL || wire->idle == NULL) {
		wire_close(&wire);
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, (long)most);
	*out = wire;
	return true;
}

void
wire_close(struct wire **wire)
{
	struct wire *w = *wire;

	if (w == NULL)
		return;
	while (w->idle_count > 0)
		curl_easy_cleanup(w->idle[--w->idle_count]);
	if (w->multi != NULL)
		curl_multi_cleanup(w->multi);
	free(w->idle);
	free(w);
	curl_global_cleanup();
	*wire = NULL;
}
