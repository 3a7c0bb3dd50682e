#include "gateway/receive/ingest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/log.h"
#include "gateway/receive/body.h"
#include "gateway/receive/validate_body.h"
#include "gateway/receive/conn.h"
#include "gateway/receive/request_stats.h"
#include "gateway/receive/skip_invalid.h"
#include "gateway/receive/listen.h"
#include "gateway/receive/refused.h"
#include "gateway/receive/receive_shared.h"
#include "gateway/receive/worker.h"

static struct receive_shared *
service_of(struct conn *conn)
{
	return conn->worker->service;
}

static void
move(struct request *request, enum request_event event)
{
	request->state = request_state_next(request->state, event);
	assert(request->state != REQUEST_BUG);
}

/* The end that the request comes to. */
static void
choose(struct conn *conn, enum outcome outcome)
{
	conn->request.outcome = outcome;
	request_stats_request(conn, outcome);
	if (outcome == OUTCOME_KEPT)
		return;
	log_event(LOG_DEBUG, "refused",
	    LOG_STR("reason", outcome_rows[outcome].word));
}

/* ---------------------------------------------------------------- head -- */

/*
 * Each step says KEPT, which is "go on", or with what the request is refused.
 */
static enum outcome
believe_head(struct conn *conn)
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
allow_method(struct conn *conn)
{
	return conn->request.head.post ? OUTCOME_KEPT : OUTCOME_NO_METHOD;
}

static enum outcome
refuse_when_draining(struct conn *conn)
{
	if (!atomic_load_explicit(
		&service_of(conn)->refusing, memory_order_relaxed))
		return OUTCOME_KEPT;
	conn->request.close = true;
	return OUTCOME_DRAINING;
}

static enum outcome
grant_wishes(struct conn *conn)
{
	struct request *r = &conn->request;

	r->message = r->route.why;
	return r->route.wish;
}

static enum outcome
choose_level(struct conn *conn)
{
	struct request *r = &conn->request;
	struct span asked = r->head.values[HTTP_REQUEST_NAME_GATEWAY_ACK];

	r->level = service_of(conn)->options.acknowledge;
	if (asked.at != NULL) {
		unsigned level = 0;

		while (level < HTTP_REPLY_LEVELS &&
		       !span_equal_nocase(
			   asked, span_of(http_reply_level_name(level))))
			level++;
		if (level == HTTP_REPLY_LEVELS) {
			r->message =
			    "Gateway-Ack may be received, durable or delivered";
			return OUTCOME_BAD_PARAMETER;
		}
		r->level = level;
	}
	if (r->level == ACK_DURABLE &&
	    !spool_is_durable(service_of(conn)->spool))
		return OUTCOME_ACK_UNAVAILABLE;
	return OUTCOME_KEPT;
}

static enum outcome
limit_size(struct conn *conn)
{
	return conn->request.head.length > service_of(conn)->options.max_body
		   ? OUTCOME_TOO_LARGE
		   : OUTCOME_KEPT;
}

static enum outcome
know_encoding(struct conn *conn)
{
	struct request *r = &conn->request;
	struct span name = r->head.values[HTTP_REQUEST_NAME_CONTENT_ENCODING];

	r->zipped = span_equal_nocase(name, SPAN("gzip")) ||
		    span_equal_nocase(name, SPAN("x-gzip"));
	if (r->zipped || name.len == 0 ||
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
	    service_of(conn)->tables, name, conn->worker->now, &r->table)) {
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
	    spool_crowded_by(service_of(conn)->spool, r->table,
		tables_known(service_of(conn)->tables)))
		return OUTCOME_TABLE_BACKLOG;
	return OUTCOME_KEPT;
}

static enum outcome (*const head_steps[])(struct conn *) = {
	believe_head,
	find_route,
	allow_method,
	refuse_when_draining,
	grant_wishes,
	choose_level,
	limit_size,
	know_encoding,
	find_table,
	skip_invalid_choose,
	body_expect,
};

void
ingest_begin(struct conn *conn, struct span target)
{
	struct request *r = &conn->request;

	memset(r, 0, sizeof *r);
	buffer_init(&r->detail, VALIDATE_BODY_DETAIL_MOST);
	r->state = conn->cut ? REQUEST_DISCARD : REQUEST_HEAD;
	r->counted = conn->cut;
	route_find(&r->route, target, service_of(conn)->options.project);
	conn_begins_head(conn);
}

void
ingest_head(struct conn *conn, struct span method, struct span version)
{
	struct request *r = &conn->request;
	enum outcome outcome = OUTCOME_KEPT;

	http_request_begin(&r->head, method, version);
	r->head.wanted = span_of(service_of(conn)->options.identify_by);
	listen_feed_head(conn, method, version, &r->head);
	http_request_finish(&r->head);
	request_stats_names(conn, r->head.found);

	for (size_t i = 0; outcome == OUTCOME_KEPT &&
			   i < sizeof head_steps / sizeof head_steps[0];
	     i++)
		outcome = head_steps[i](conn);
	if (outcome != OUTCOME_KEPT)
		choose(conn, outcome);
	move(r,
	    outcome == OUTCOME_KEPT ? REQUEST_EVENT_OK : REQUEST_EVENT_REFUSE);
	if (r->state == REQUEST_BODY && http_request_has_body(&r->head))
		conn_begins_body(conn);
	else
		conn_is_ours(conn);
}

/* ---------------------------------------------------------------- body -- */

void
ingest_piece(struct conn *conn, const char *bytes, size_t len)
{
	struct request *r = &conn->request;
	enum outcome outcome = body_add(conn, bytes, len);

	if (outcome != OUTCOME_KEPT) {
		choose(conn, outcome);
		move(r, REQUEST_EVENT_REFUSE);
		conn_cut(conn, outcome);
		return;
	}
	conn->patience.bytes += len;
	move(r, REQUEST_EVENT_DATA);
}

/* --------------------------------------------------------------- whole -- */

static enum outcome
check(struct conn *conn, char *body, size_t len, struct validate_body *found)
{
	struct request *r = &conn->request;
	struct validate_body_skip skip;
	enum outcome outcome = validate_body(found, body, len,
	    &r->table->options, conn->worker->wall_ms,
	    skip_invalid_skip(conn, &skip), &r->detail);

	if (outcome == OUTCOME_BAD_EVENTS) {
		snprintf(r->own_message, sizeof r->own_message, "%s",
		    found->message);
		r->message = r->own_message;
	}
	if (found->bad > 0 && !r->route.dry_run)
		request_stats_faults(conn, found);
	return outcome;
}

static enum outcome
unzip_and_check(struct conn *conn, struct validate_body *found)
{
	struct worker *w = conn->worker;
	struct request *r = &conn->request;
	enum outcome outcome;
	size_t len;

	switch (gzip_unpack(w->gzip, r->record->lines, r->record->bytes,
	    w->scratch, w->service->options.max_body, &len)) {
	case GZIP_TOO_LARGE:
		return OUTCOME_TOO_LARGE;
	case GZIP_MALFORMED:
		return OUTCOME_BAD_GZIP;
	case GZIP_DONE:
		break;
	}
	outcome = check(conn, w->scratch, len, found);
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
	if (r->zipped)
		return unzip_and_check(conn, found);
	return check(conn, r->record->lines, r->record->bytes, found);
}

static void
address(struct conn *conn, const struct validate_body *found)
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
	request_stats_kept(conn, record);
	record->table = r->table; /* the reference goes along */
	r->table = NULL;
}

static bool
append(struct conn *conn)
{
	struct request *r = &conn->request;
	struct record *record = r->record;

	r->record = NULL; /* on yes it is gone before we return */
	if (spool_put(service_of(conn)->spool, record, &conn->worker->ring)) {
		conn->worker->puts++;
		return true;
	}
	r->record = record;
	return false;
}

static void
finish(struct conn *conn, enum outcome outcome)
{
	skip_invalid_end(conn, outcome);
	choose(conn, outcome);
	move(&conn->request,
	    outcome == OUTCOME_KEPT ? REQUEST_EVENT_OK : REQUEST_EVENT_REFUSE);
}

/*
 * Given out of hand first, appended then: once the spool has the record, the
 * ticket may be settled before the next line is reached.
 */
static void
keep_and_wait(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct request *r = &conn->request;
	uint64_t ack_ns =
	    w->service->options.ack_timeout_ms * (uint64_t)NS_PER_MS;

	r->ticket.box = &w->box;
	r->ticket.wish = r->level == ACK_DURABLE ? COMPLETION_WISH_DURABLE
						 : COMPLETION_WISH_DELIVERED;
	r->ticket.deadline = (struct instant){ w->now.ns + (int64_t)ack_ns };
	r->record->ticket = &r->ticket;
	move(r, REQUEST_EVENT_WAIT);
	if (r->level == ACK_DURABLE)
		conn_is_held(conn);
	else
		listen_suspend(conn);
	conn_gives_ticket(conn);
	if (append(conn))
		return;
	conn_takes_ticket(conn);
	r->record->ticket = NULL;
	listen_resume(conn);
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
ingest_whole(struct conn *conn)
{
	struct request *r = &conn->request;
	struct validate_body found = { 0 };
	enum outcome outcome;

	move(r, REQUEST_EVENT_OK);
	r->whole = conn->worker->now;
	conn_is_ours(conn);
	outcome = read_events(conn, &found);
	if (outcome == OUTCOME_KEPT)
		outcome = skip_invalid_keep(conn, &found);
	if (outcome != OUTCOME_KEPT || found.events == 0 || r->route.dry_run) {
		finish(conn, outcome);
		return;
	}
	r->gaps = found.gaps;
	address(conn, &found);
	keep(conn);
}

/* ----------------------------------------------------------------- end -- */

void
ingest_settled(struct conn *conn)
{
	static const enum outcome outcomes[] = {
		[COMPLETION_DELIVERED] = OUTCOME_KEPT,
		[COMPLETION_DURABLE] = OUTCOME_KEPT,
		[COMPLETION_WITHDRAWN] = OUTCOME_NOT_DELIVERED,
		[COMPLETION_FAILED] = OUTCOME_UNKNOWN,
		[COMPLETION_REFUSED] = OUTCOME_SPOOL_FULL,
		[COMPLETION_SIFTED] = OUTCOME_REFUSED_UPSTREAM,
	};

	struct request *r = &conn->request;

	if (r->ticket.result == COMPLETION_SIFTED) {
		buffer_reset(&r->detail);
		refused_print(&r->detail, &r->ticket, r->gaps);
	}
	finish(conn, outcomes[r->ticket.result]);
}

void
ingest_given_up(struct conn *conn)
{
	finish(conn, OUTCOME_NOT_DELIVERED);
}

void
ingest_end(struct conn *conn)
{
	struct request *r = &conn->request;

	if (!r->counted)
		choose(conn, OUTCOME_GONE);
	body_end(conn);
	if (r->table != NULL)
		table_release(r->table, conn->worker->now);
	r->table = NULL;
	buffer_fini(&r->detail);
	r->state = REQUEST_DONE;
}
