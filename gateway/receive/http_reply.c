#include "gateway/receive/http_reply.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RENEW_NS (100 * NS_PER_MS)

/* A refusal with 20 errors of at most 400 bytes each. */
#define BODY_MAX (16 << 10)

/* Where nobody can tell how long the cause will last; it may be short. */
#define RETRY_SOON_S 1
/* After a restart, or at once at another instance. */
#define RETRY_DRAINED_S 5

#define FIELDS_MAX 10

struct fields {
	unsigned count;
	struct {
		const char *name;
		char value[32];
	} rows[FIELDS_MAX];
};

static const char *const levels[ACK_LEVELS] = {
	[ACK_RECEIVED] = "received",
	[ACK_DURABLE] = "durable",
	[ACK_DELIVERED] = "delivered",
};

const char *
http_reply_level_name(enum acknowledge level)
{
	return levels[level];
}

static void
add_text(struct fields *fields, const char *name, const char *value)
{
	unsigned i = fields->count++;

	fields->rows[i].name = name;
	snprintf(
	    fields->rows[i].value, sizeof fields->rows[i].value, "%s", value);
}

static void
add_number(struct fields *fields, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	add_text(fields, name, text);
}

/* Under both names that Polaris uses. */
static void
add_rate(struct fields *fields, const struct budget_view *view)
{
	add_number(fields, "RateLimit-Limit", view->limit);
	add_number(fields, "RateLimit-Remaining", view->remaining);
	add_number(fields, "RateLimit-Reset", view->reset_s);
	add_number(fields, "X-RateLimit-Limit-Minute", view->limit);
	add_number(fields, "X-RateLimit-Remaining-Minute", view->remaining);
}

static uint32_t
retry_after_s(
    enum outcome outcome, const struct spool *spool, struct instant now)
{
	switch (outcome) {
	case OUTCOME_SPOOL_FULL:
		return spool_retry_after_s(spool, now);
	case OUTCOME_DRAINING:
		return RETRY_DRAINED_S;
	default:
		return RETRY_SOON_S;
	}
}

static void
add_all(struct fields *fields, const struct http_reply *reply,
    const struct http_reply_cache *cache, const struct spool *spool)
{
	const struct outcome_row *row = &outcome_rows[reply->outcome];

	add_rate(fields, &cache->view);
	if (reply->outcome == OUTCOME_KEPT)
		add_text(fields, "Gateway-Ack", levels[reply->level]);
	if (reply->outcome != OUTCOME_KEPT || reply->counts)
		add_text(fields, "Content-Type", "application/json");
	if (row->retry)
		add_number(fields, "Retry-After",
		    retry_after_s(reply->outcome, spool, cache->renewed));
	if (reply->outcome == OUTCOME_NO_METHOD)
		add_text(fields, "Allow", "POST");
	if (reply->close)
		add_text(fields, "Connection", "close");
}

/* Codes, messages and details are ours and need no escaping. */
static bool
begin_body(struct buffer *body, const struct http_reply *reply)
{
	const struct outcome_row *row = &outcome_rows[reply->outcome];

	if (reply->outcome == OUTCOME_KEPT)
		return buffer_print(body,
		    "{\"accepted\":%" PRIu32 ",\"rejected\":%" PRIu32,
		    reply->accepted, reply->rejected);
	return buffer_print(body, "{\"code\":\"%s\",\"message\":\"%s\"",
	    row->code, reply->message != NULL ? reply->message : row->message);
}

static bool
write_body(struct buffer *body, const struct http_reply *reply)
{
	if (reply->outcome == OUTCOME_KEPT && !reply->counts)
		return true;
	return begin_body(body, reply) &&
	       buffer_append(body, reply->detail.at, reply->detail.len) &&
	       buffer_append(body, "}", 1);
}

static struct MHD_Response *
make(const struct http_reply *reply, const struct http_reply_cache *cache,
    const struct spool *spool)
{
	struct fields fields = { 0 };
	struct MHD_Response *made = NULL;
	struct buffer body;

	buffer_init(&body, BODY_MAX);
	if (!write_body(&body, reply))
		goto out;
	/* Copied: the library sends it after we have returned. */
	made = MHD_create_response_from_buffer(
	    body.len, body.at, MHD_RESPMEM_MUST_COPY);
	if (made == NULL)
		goto out;
	add_all(&fields, reply, cache, spool);
	for (unsigned i = 0; i < fields.count; i++)
		MHD_add_response_header(
		    made, fields.rows[i].name, fields.rows[i].value);
out:
	buffer_fini(&body);
	return made;
}

static void
drop_answers(struct http_reply_cache *cache)
{
	for (int i = 0; i < ACK_LEVELS; i++) {
		if (cache->success[i] != NULL)
			MHD_destroy_response(cache->success[i]);
		cache->success[i] = NULL;
	}
}

void
http_reply_cache_fini(struct http_reply_cache *cache)
{
	drop_answers(cache);
}

void
http_reply_cache_renew(struct http_reply_cache *cache,
    const struct budget *budget, struct instant now, int64_t wall_ms)
{
	struct budget_view view;

	if (cache->renewed.ns != 0 && now.ns - cache->renewed.ns < RENEW_NS)
		return;
	cache->renewed = now;
	view = budget_view(budget, wall_ms);
	if (view.limit == cache->view.limit &&
	    view.remaining == cache->view.remaining &&
	    view.reset_s == cache->view.reset_s)
		return;
	cache->view = view;
	drop_answers(cache);
}

bool
http_reply_queue(struct http_reply_cache *cache, const struct http_reply *reply,
    const struct spool *spool, struct MHD_Connection *connection)
{
	bool ready =
	    reply->outcome == OUTCOME_KEPT && !reply->close && !reply->counts;
	struct MHD_Response *made = ready ? cache->success[reply->level] : NULL;
	enum MHD_Result queued;

	if (made == NULL)
		made = make(reply, cache, spool);
	if (made == NULL)
		return false;
	queued = MHD_queue_response(
	    connection, outcome_rows[reply->outcome].http, made);
	if (ready)
		cache->success[reply->level] = made;
	else
		MHD_destroy_response(made);
	return queued == MHD_YES;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
http_reply_refused(
    struct buffer *detail, const struct completion *completion, bool gaps)
{
	uint32_t numbers[COMPLETION_REFUSED_MAX];
	uint32_t count = completion->refused < COMPLETION_REFUSED_MAX
			     ? completion->refused
			     : COMPLETION_REFUSED_MAX;

	memcpy(numbers, completion->refused_events, count * sizeof numbers[0]);
	qsort(numbers, count, sizeof numbers[0], compare_numbers);
	buffer_print(detail, ",\"errors\":[");
	for (uint32_t i = 0; i < count; i++)
		buffer_print(detail,
		    "%s{\"%s\":%" PRIu32 ",\"reason\":\"refused_upstream\","
		    "\"message\":\"the upstream refuses this event\"}",
		    i == 0 ? "" : ",", gaps ? "event" : "line", numbers[i] + 1);
	buffer_print(
	    detail, "],\"more\":%" PRIu32, completion->refused - count);
}

static void
write_head(struct buffer *text, const struct http_reply *reply,
    const struct fields *fields, int64_t wall_ms, size_t body_len)
{
	unsigned http = outcome_rows[reply->outcome].http;
	time_t seconds = wall_ms / 1000;
	struct tm utc;
	char date[40];

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
	buffer_print(text, "HTTP/1.1 %u %s\r\nDate: %s\r\n", http,
	    MHD_get_reason_phrase_for(http), date);
	for (unsigned i = 0; i < fields->count; i++)
		buffer_print(text, "%s: %s\r\n", fields->rows[i].name,
		    fields->rows[i].value);
	buffer_print(text, "Content-Length: %zu\r\n\r\n", body_len);
}

void
http_reply_raw(struct http_reply_cache *cache, const struct http_reply *reply,
    const struct spool *spool, int64_t wall_ms, int fd)
{
	struct http_reply closing = *reply;
	struct fields fields = { 0 };
	struct buffer body, text;

	closing.close = true;
	buffer_init(&body, BODY_MAX);
	buffer_init(&text, BODY_MAX);
	add_all(&fields, &closing, cache, spool);
	if (write_body(&body, &closing)) {
		write_head(&text, &closing, &fields, wall_ms, body.len);
		if (buffer_append(&text, body.at, body.len))
			(void)send(
			    fd, text.at, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	buffer_fini(&body);
	buffer_fini(&text);
}
