#include "gateway/receive/ingest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/log.h"
#include "gateway/receive/body.h"
#include "gateway/receive/http_reply.h"
#include "gateway/receive/request_stats.h"
#include "gateway/receive/skip_invalid.h"
#include "gateway/receive/validate_body.h"

static struct receive_shared *
shared_of(struct conn *conn)
{
	return conn->worker->shared;
}

static void
move(struct request *request, enum request_event event)
{
	request->state = request_state_next(request->state, event);
	assert(request->state != REQUEST_BUG);
}

static void
set_outcome(struct conn *conn, enum outcome outcome)
{
	conn->request.outcome = outcome;
	request_stats_request(conn, outcome);
	if (outcome == OUTCOME_KEPT)
		return;
	log_event(LOG_DEBUG, "refused",
	    LOG_STR("reason", outcome_rows[outcome].word));
}

/* ---------------------------------------------------------------- head -- */

/* Each step returns KEPT to go on, or what the request is refused with. */
static enum outcome
check_head(struct conn *conn)
{
	struct request *r = &conn->request;
	enum http_request_fault fault = r->head.fault;

	if (fault == HTTP_REQUEST_FINE)
		return OUTCOME_KEPT;
	r->message = http_request_fault_text(fault);
	r->close = true;
	return fault == HTTP_REQUEST_LENGTH_MISSING ? OUTCOME_NO_LENGTH
						    : OUTCOME_BAD_HEAD;
}

static enum outcome
find_route(struct conn *conn)
{
	struct request *r = &conn->request;

	if (r->route.found == OUTCOME_BAD_HEAD) {
		r->message = "the request target is malformed";
		r->close = true;
	}
	return r->route.found;
}

static enum outcome
check_method(struct conn *conn)
{
	return conn->request.head.post ? OUTCOME_KEPT : OUTCOME_NO_METHOD;
}

static enum outcome
check_draining(struct conn *conn)
{
	if (!atomic_load_explicit(
		&shared_of(conn)->draining, memory_order_relaxed))
		return OUTCOME_KEPT;
	conn->request.close = true;
	return OUTCOME_DRAINING;
}

static enum outcome
check_query(struct conn *conn)
{
	struct request *r = &conn->request;

	r->message = r->route.query_message;
	return r->route.query;
}

static enum outcome
choose_level(struct conn *conn)
{
	struct request *r = &conn->request;
	struct span asked = r->head.values[HTTP_REQUEST_NAME_GATEWAY_ACK];

	r->level = shared_of(conn)->options.acknowledge;
	if (asked.at != NULL) {
		unsigned level = 0;

		while (level < ACK_LEVELS &&
		       !span_equal_nocase(
			   asked, span_of(http_reply_level_name(level))))
			level++;
		if (level == ACK_LEVELS) {
			r->message =
			    "Gateway-Ack may be received, durable or delivered";
			return OUTCOME_BAD_PARAMETER;
		}
		r->level = level;
	}
	if (r->level == ACK_DURABLE &&
	    !spool_is_durable(shared_of(conn)->spool))
		return OUTCOME_ACK_UNAVAILABLE;
	return OUTCOME_KEPT;
}

static enum outcome
check_size(struct conn *conn)
{
	return conn->request.head.length > shared_of(conn)->options.max_body
		   ? OUTCOME_TOO_LARGE
		   : OUTCOME_KEPT;
}

static enum outcome
check_encoding(struct conn *conn)
{
	struct request *r = &conn->request;
	struct span name = r->head.values[HTTP_REQUEST_NAME_CONTENT_ENCODING];

	r->gzipped = span_equal_nocase(name, SPAN("gzip")) ||
		     span_equal_nocase(name, SPAN("x-gzip"));
	if (r->gzipped || name.len == 0 ||
	    span_equal_nocase(name, SPAN("identity")))
		return OUTCOME_KEPT;
	return OUTCOME_BAD_ENCODING;
}

static enum outcome
find_table(struct conn *conn)
{
	struct request *r = &conn->request;
	struct span name = { r->route.table, r->route.table_len };

	switch (tables_find(
	    shared_of(conn)->tables, name, conn->worker->now, &r->table)) {
	case TABLE_UNKNOWN:
		return OUTCOME_NO_TABLE;
	case TABLE_TOO_MANY:
		return OUTCOME_TOO_MANY_TABLES;
	case TABLE_ABSENT:
		return OUTCOME_TABLE_ABSENT;
	case TABLE_FOUND:
		break;
	}
	if (!r->route.dry_run &&
	    spool_crowded_by(shared_of(conn)->spool, r->table,
		tables_known(shared_of(conn)->tables)))
		return OUTCOME_TABLE_BACKLOG;
	return OUTCOME_KEPT;
}

static enum outcome (*const head_steps[])(struct conn *) = {
	check_head,
	find_route,
	check_method,
	check_draining,
	check_query,
	choose_level,
	check_size,
	check_encoding,
	find_table,
	skip_invalid_choose,
	body_reserve,
};

void
ingest_begin(struct conn *conn, struct span target)
{
	struct request *r = &conn->request;

	memset(r, 0, sizeof *r);
	buffer_init(&r->detail, VALIDATE_BODY_DETAIL_MAX);
	r->state = conn->discarding ? REQUEST_DISCARD : REQUEST_HEAD;
	r->counted = conn->discarding;
	route_find(&r->route, target, shared_of(conn)->options.project);
	conn_start_head(conn);
}

void
ingest_head(struct conn *conn)
{
	struct request *r = &conn->request;
	enum outcome outcome = OUTCOME_KEPT;

	request_stats_set_producer(conn, r->head.found);

	for (size_t i = 0; outcome == OUTCOME_KEPT &&
			   i < sizeof head_steps / sizeof head_steps[0];
	     i++)
		outcome = head_steps[i](conn);
	if (outcome != OUTCOME_KEPT)
		set_outcome(conn, outcome);
	move(r,
	    outcome == OUTCOME_KEPT ? REQUEST_EVENT_OK : REQUEST_EVENT_REFUSE);
	if (r->state == REQUEST_BODY && http_request_has_body(&r->head))
		conn_start_body(conn);
	else
		conn_processing(conn);
}

/* -------------------------------------------------- past the library -- */

void
ingest_reject(struct conn *conn, enum outcome outcome)
{
	struct worker *w = conn->worker;
	struct http_reply reply = { .outcome = outcome };

	if (conn->discarding)
		return;
	request_stats_rejected(conn, outcome);
	http_reply_raw(
	    &w->replies, &reply, w->shared->spool, w->wall_ms, conn->fd);
	conn_discard(conn);
}

void
ingest_timeout(struct conn *conn, enum outcome outcome)
{
	if (conn->request.state != REQUEST_DONE)
		move(&conn->request, REQUEST_EVENT_TIMEOUT);
	ingest_reject(conn, outcome);
}

/* ---------------------------------------------------------------- body -- */

void
ingest_data(struct conn *conn, const char *bytes, size_t len)
{
	struct request *r = &conn->request;
	enum outcome outcome = body_append(conn, bytes, len);

	if (outcome != OUTCOME_KEPT) {
		set_outcome(conn, outcome);
		move(r, REQUEST_EVENT_REFUSE);
		ingest_reject(conn, outcome);
		return;
	}
	conn->timeouts.bytes += len;
	move(r, REQUEST_EVENT_DATA);
}

/* -------------------------------------------------------------- events -- */

static enum outcome
validate(struct conn *conn, char *body, size_t len, struct validate_body *found)
{
	struct request *r = &conn->request;
	struct validate_body_skip skip;
	enum outcome outcome = validate_body(found, body, len,
	    &r->table->options, conn->worker->wall_ms,
	    skip_invalid_begin(conn, &skip), &r->detail);

	if (outcome == OUTCOME_BAD_EVENTS) {
		snprintf(r->own_message, sizeof r->own_message, "%s",
		    found->message);
		r->message = r->own_message;
	}
	if (found->invalid > 0 && !r->route.dry_run)
		request_stats_faults(conn, found);
	return outcome;
}

static enum outcome
gunzip_and_validate(struct conn *conn, struct validate_body *found)
{
	struct worker *w = conn->worker;
	struct request *r = &conn->request;
	enum outcome outcome;
	size_t len;

	switch (gzip_unpack(w->gzip, r->record->lines, r->record->bytes,
	    w->scratch, w->shared->options.max_body, &len)) {
	case GZIP_TOO_LARGE:
		return OUTCOME_TOO_LARGE;
	case GZIP_MALFORMED:
		return OUTCOME_BAD_GZIP;
	case GZIP_DONE:
		break;
	}
	outcome = validate(conn, w->scratch, len, found);
	if (outcome != OUTCOME_KEPT)
		return outcome;
	return body_replace(conn, w->scratch, found->bytes);
}

static enum outcome
read_events(struct conn *conn, struct validate_body *found)
{
	struct request *r = &conn->request;

	if (r->record->bytes == 0)
		return OUTCOME_KEPT;
	if (r->gzipped)
		return gunzip_and_validate(conn, found);
	return validate(conn, r->record->lines, r->record->bytes, found);
}

static void
fill_record(struct conn *conn, const struct validate_body *found)
{
	struct request *r = &conn->request;
	struct record *record;

	body_trim(conn, (uint32_t)found->bytes);
	record = r->record;
	record->events = found->events;
	record->bytes = (uint32_t)found->bytes;
	record->earliest_ms = found->earliest_ms;
	record->accepted = conn->worker->now;
	record->accepted_ms = conn->worker->wall_ms;
	request_stats_accepted(conn, record);
	record->table = r->table; /* with its reference */
	r->table = NULL;
}

static bool
append(struct conn *conn)
{
	struct request *r = &conn->request;
	struct record *record = r->record;

	r->record = NULL; /* it may be freed before spool_put returns */
	if (spool_put(
		shared_of(conn)->spool, record, &conn->worker->wake_spool)) {
		conn->worker->records_put++;
		return true;
	}
	r->record = record;
	return false;
}

static void
finish(struct conn *conn, enum outcome outcome)
{
	skip_invalid_end(conn, outcome);
	set_outcome(conn, outcome);
	move(&conn->request,
	    outcome == OUTCOME_KEPT ? REQUEST_EVENT_OK : REQUEST_EVENT_REFUSE);
}

/*
 * The order matters: once the spool has the record, another thread may send
 * the completion before the next line is reached.
 */
static void
keep_and_wait(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct request *r = &conn->request;
	uint64_t ack_ns =
	    w->shared->options.ack_timeout_ms * (uint64_t)NS_PER_MS;

	r->completion.box = &w->completions;
	r->completion.until = r->level == ACK_DURABLE
				  ? COMPLETION_UNTIL_DURABLE
				  : COMPLETION_UNTIL_DELIVERED;
	r->completion.deadline =
	    (struct instant){ w->now.ns + (int64_t)ack_ns };
	r->record->completion = &r->completion;
	move(r, REQUEST_EVENT_WAIT);
	if (r->level == ACK_DURABLE)
		conn_hold(conn);
	else
		conn_suspend(conn);
	conn_lend_completion(conn);
	if (append(conn))
		return;
	conn_return_completion(conn);
	r->record->completion = NULL;
	conn_resume(conn);
	finish(conn, OUTCOME_SPOOL_FULL);
}

static void
keep(struct conn *conn)
{
	if (conn->request.level == ACK_RECEIVED)
		finish(conn, append(conn) ? OUTCOME_KEPT : OUTCOME_SPOOL_FULL);
	else if (conn->worker->closing)
		finish(conn, OUTCOME_DRAINING);
	else
		keep_and_wait(conn);
}

void
ingest_body_end(struct conn *conn)
{
	struct request *r = &conn->request;
	struct validate_body found = { 0 };
	enum outcome outcome;

	move(r, REQUEST_EVENT_OK);
	r->received_at = conn->worker->now;
	conn_processing(conn);
	outcome = read_events(conn, &found);
	if (outcome == OUTCOME_KEPT)
		outcome = skip_invalid_write(conn, &found);
	if (outcome != OUTCOME_KEPT || found.events == 0 || r->route.dry_run) {
		finish(conn, outcome);
		return;
	}
	r->gaps = found.gaps;
	fill_record(conn, &found);
	keep(conn);
}

/* ----------------------------------------------------------------- end -- */

void
ingest_completed(struct conn *conn)
{
	static const enum outcome outcomes[] = {
		[COMPLETION_DELIVERED] = OUTCOME_KEPT,
		[COMPLETION_DURABLE] = OUTCOME_KEPT,
		[COMPLETION_WITHDRAWN] = OUTCOME_NOT_DELIVERED,
		[COMPLETION_DISK_FAILED] = OUTCOME_UNKNOWN,
		[COMPLETION_SPOOL_FULL] = OUTCOME_SPOOL_FULL,
		[COMPLETION_PARTLY_REFUSED] = OUTCOME_REFUSED_UPSTREAM,
	};

	struct request *r = &conn->request;

	if (r->completion.result == COMPLETION_PARTLY_REFUSED) {
		buffer_reset(&r->detail);
		http_reply_refused(&r->detail, &r->completion, r->gaps);
	}
	finish(conn, outcomes[r->completion.result]);
}

void
ingest_abandon(struct conn *conn)
{
	finish(conn, OUTCOME_NOT_DELIVERED);
}

void
ingest_end(struct conn *conn)
{
	struct request *r = &conn->request;

	if (!r->counted)
		set_outcome(conn, OUTCOME_GONE);
	body_release(conn);
	if (r->table != NULL)
		table_release(r->table, conn->worker->now);
	r->table = NULL;
	buffer_fini(&r->detail);
	r->state = REQUEST_DONE;
}
