#include "gateway/receive/skip_invalid.h"

#include "gateway/base/log.h"
#include "gateway/receive/request_stats.h"

/*
 * A dead letter is longer than its event, by escapes and about 150 bytes.
 * Eight times max_body is enough for a body whose events are all invalid and
 * 25 bytes long.
 */
#define BODIES   8
#define ROOM_MIN (64 << 10)

/* A larger buffer is freed rather than kept for the next request. */
#define KEPT_MAX (1 << 20)

static struct receive_shared *
shared_of(struct conn *conn)
{
	return conn->worker->shared;
}

void
skip_invalid_init(struct worker *worker)
{
	buffer_init(&worker->dead_letters,
	    ROOM_MIN + BODIES * worker->shared->options.max_body);
}

enum outcome
skip_invalid_choose(struct conn *conn)
{
	struct request *r = &conn->request;
	enum on_invalid mode = r->route.has_on_invalid
				   ? r->route.on_invalid
				   : r->table->options.events.on_invalid;

	r->skips = mode == ON_INVALID_SKIP;
	if (!r->skips || shared_of(conn)->dead_letters != NULL)
		return OUTCOME_KEPT;
	return OUTCOME_SKIP_UNAVAILABLE;
}

const struct validate_body_skip *
skip_invalid_begin(struct conn *conn, struct validate_body_skip *skip)
{
	if (!conn->request.skips)
		return NULL;
	buffer_reset(&conn->worker->dead_letters);
	*skip = (struct validate_body_skip){
		.dead_letters = &conn->worker->dead_letters,
		.producer = request_stats_producer(conn),
	};
	return skip;
}

/* Write no dead letters if the spool cannot take the other events. */
static bool
has_room(struct spool *spool, uint64_t bytes)
{
	return bytes == 0 ||
	       spool_bytes(spool) + bytes <= spool_limit_bytes(spool);
}

static enum outcome
write_dead_letters(struct conn *conn)
{
	struct receive_shared *shared = shared_of(conn);
	struct buffer *text = &conn->worker->dead_letters;
	struct err err = { 0 };

	switch (deadletter_store_append(shared->dead_letters,
	    (struct span){ text->at, text->len }, &conn->request.dead_letters,
	    &err)) {
	case DEADLETTER_STORE_FULL:
		return OUTCOME_LETTERS_FULL;
	case DEADLETTER_STORE_FAILED:
		deadletter_store_alarm_raise(&shared->dead_letters_alarm,
		    err.text,
		    "requests with invalid events get 503 instead of having "
		    "them skipped; check the disk of dead_letters.directory");
		return OUTCOME_LETTERS_FAILED;
	case DEADLETTER_STORE_KEPT:
		break;
	}
	deadletter_store_alarm_clear(&shared->dead_letters_alarm);
	return OUTCOME_KEPT;
}

enum outcome
skip_invalid_write(struct conn *conn, const struct validate_body *found)
{
	struct request *r = &conn->request;
	struct buffer *text = &conn->worker->dead_letters;
	enum outcome outcome = OUTCOME_KEPT;

	if (!r->skips)
		return OUTCOME_KEPT;
	r->accepted = found->events;
	r->rejected = found->invalid;
	if (found->invalid == 0)
		buffer_print(&r->detail, ",\"errors\":[]");
	if (found->invalid > 0 && !r->route.dry_run)
		outcome = has_room(shared_of(conn)->spool, found->bytes)
			      ? write_dead_letters(conn)
			      : OUTCOME_SPOOL_FULL;
	if (text->room > KEPT_MAX)
		buffer_fini(text);
	return outcome;
}

static void
withdraw(struct conn *conn)
{
	struct request *r = &conn->request;
	struct err err = { 0 };

	if (r->dead_letters.len == 0 ||
	    deadletter_store_take_back(
		shared_of(conn)->dead_letters, &r->dead_letters, &err))
		return;
	log_event(LOG_WARN, "dead_letters_stay", LOG_STR("reason", err.text),
	    LOG_STR("advice",
		"a request was refused after its invalid events had been "
		"written; they could not be taken back"));
	request_stats_skipped(conn);
}

/* The dead letters stay, and are counted. */
static void
keep(struct conn *conn)
{
	struct request *r = &conn->request;

	request_stats_skipped(conn);
	if (r->dead_letters.len > 0)
		deadletter_store_release(
		    shared_of(conn)->dead_letters, &r->dead_letters);
}

void
skip_invalid_end(struct conn *conn, enum outcome outcome)
{
	struct request *r = &conn->request;
	bool kept = outcome == OUTCOME_KEPT;

	/* If upstream refused some, the other events were delivered. */
	if (!kept && outcome != OUTCOME_REFUSED_UPSTREAM && r->skips)
		buffer_reset(
		    &r->detail); /* it lists skipped events: none was */
	if (kept || outcome == OUTCOME_REFUSED_UPSTREAM ||
	    outcome == OUTCOME_UNKNOWN)
		keep(conn);
	else
		withdraw(conn);
	r->dead_letters = (struct deadletter_store_ref){ 0 };
}

void
skip_invalid_abandoned(struct conn *conn)
{
	enum completion_result result = conn->request.completion.result;

	if (result == COMPLETION_WITHDRAWN || result == COMPLETION_SPOOL_FULL)
		withdraw(conn);
	else
		keep(conn);
	conn->request.dead_letters = (struct deadletter_store_ref){ 0 };
}
