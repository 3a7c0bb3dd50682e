#include "gateway/receive/skip_invalid.h"

#include "gateway/base/log.h"
#include "gateway/receive/conn.h"
#include "gateway/receive/request_stats.h"
#include "gateway/receive/receive_shared.h"
#include "gateway/receive/worker.h"

/*
 * A letter is longer than its event: escapes, and 150 bytes about it.  Eight
 * bodies hold the letters of one whose events are all bad and 25 bytes long.
 */
#define BODIES           8
#define SKIP_INVALID_MIN (64 << 10)

/* More than this is not kept for the next request. */
#define IDLE_MOST (1 << 20)

static struct receive_shared *
service_of(struct conn *conn)
{
	return conn->worker->service;
}

void
skip_invalid_init(struct worker *worker)
{
	buffer_init(&worker->letters,
	    SKIP_INVALID_MIN + BODIES * worker->service->options.max_body);
}

enum outcome
skip_invalid_choose(struct conn *conn)
{
	struct request *r = &conn->request;
	enum on_invalid mode = r->route.asks_on_invalid
				   ? r->route.on_invalid
				   : r->table->options.events.on_invalid;

	r->skips = mode == ON_INVALID_SKIP;
	if (!r->skips || service_of(conn)->letters != NULL)
		return OUTCOME_KEPT;
	return OUTCOME_SKIP_UNAVAILABLE;
}

const struct validate_body_skip *
skip_invalid_skip(struct conn *conn, struct validate_body_skip *place)
{
	if (!conn->request.skips)
		return NULL;
	buffer_reset(&conn->worker->letters);
	*place = (struct validate_body_skip){
		.letters = &conn->worker->letters,
		.producer = request_stats_producer(conn),
	};
	return place;
}

/* Once when it begins, and once when it is over. */
static void
tell_failing(struct receive_shared *service, const struct err *err)
{
	bool failing = err->kind != ERR_NONE;

	if (atomic_exchange(&service->letters_failing, failing) == failing)
		return;
	if (failing)
		log_event(LOG_ERROR, "dead_letters_failing",
		    LOG_STR("reason", err->text),
		    LOG_STR("advice",
			"requests with invalid events get 503 instead of "
			"having them skipped, until the disk takes them"));
	else
		log_event(LOG_INFO, "dead_letters_kept_again");
}

/* A spool that is full now will not take the events after the letters. */
static bool
has_room(struct spool *spool, uint64_t bytes)
{
	return bytes == 0 ||
	       spool_bytes(spool) + bytes <= spool_limit_bytes(spool);
}

static enum outcome
write_letters(struct conn *conn)
{
	struct receive_shared *service = service_of(conn);
	struct buffer *text = &conn->worker->letters;
	struct err err = { 0 };

	switch (deadletter_keep(service->letters,
	    (struct span){ text->at, text->len }, &conn->request.letters,
	    &err)) {
	case DEADLETTER_FULL:
		return OUTCOME_LETTERS_FULL;
	case DEADLETTER_FAILED:
		tell_failing(service, &err);
		return OUTCOME_LETTERS_FAILED;
	case DEADLETTER_KEPT:
		break;
	}
	if (atomic_load(&service->letters_failing))
		tell_failing(service, &err);
	return OUTCOME_KEPT;
}

enum outcome
skip_invalid_keep(struct conn *conn, const struct validate_body *found)
{
	struct request *r = &conn->request;
	struct buffer *text = &conn->worker->letters;
	enum outcome outcome = OUTCOME_KEPT;

	if (!r->skips)
		return OUTCOME_KEPT;
	r->accepted = found->events;
	r->rejected = found->bad;
	if (found->bad == 0)
		buffer_print(&r->detail, ",\"errors\":[]");
	if (found->bad > 0 && !r->route.dry_run)
		outcome = has_room(service_of(conn)->spool, found->bytes)
			      ? write_letters(conn)
			      : OUTCOME_SPOOL_FULL;
	if (text->room > IDLE_MOST)
		buffer_fini(text);
	return outcome;
}

static void
take_back(struct conn *conn)
{
	struct request *r = &conn->request;
	struct err err = { 0 };

	if (r->letters.len == 0 ||
	    deadletter_take_back(service_of(conn)->letters, &r->letters, &err))
		return;
	log_event(LOG_WARN, "dead_letters_stay", LOG_STR("reason", err.text),
	    LOG_STR("advice",
		"a request was refused after its invalid events had been "
		"written; they could not be taken back"));
	request_stats_skipped(conn);
}

/* They stay, and are counted. */
static void
leave(struct conn *conn)
{
	struct request *r = &conn->request;

	request_stats_skipped(conn);
	if (r->letters.len > 0)
		deadletter_leave(service_of(conn)->letters, &r->letters);
}

void
skip_invalid_end(struct conn *conn, enum outcome outcome)
{
	struct request *r = &conn->request;
	bool kept = outcome == OUTCOME_KEPT;

	/* Refused upstream: its other events were delivered. */
	if (!kept && outcome != OUTCOME_REFUSED_UPSTREAM && r->skips)
		buffer_reset(&r->detail); /* not skipped after all */
	if (kept || outcome == OUTCOME_REFUSED_UPSTREAM ||
	    outcome == OUTCOME_UNKNOWN)
		leave(conn);
	else
		take_back(conn);
	r->letters = (struct deadletter_place){ 0 };
}

void
skip_invalid_lost(struct conn *conn)
{
	enum completion_result result = conn->request.ticket.result;

	if (result == COMPLETION_WITHDRAWN || result == COMPLETION_REFUSED)
		take_back(conn);
	else
		leave(conn);
	conn->request.letters = (struct deadletter_place){ 0 };
}
