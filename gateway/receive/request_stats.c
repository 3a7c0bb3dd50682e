#include "gateway/receive/request_stats.h"

#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/metrics/registry.h"

static struct span
producer_of(const struct request *r)
{
	return (struct span){ r->producer_len > 0 ? r->producer : NULL,
		r->producer_len };
}

struct span
request_stats_producer(const struct conn *conn)
{
	return producer_of(&conn->request);
}

static struct registry_request
describe(const struct conn *conn, enum outcome outcome)
{
	const struct request *r = &conn->request;
	bool kept = outcome == OUTCOME_KEPT && r->events > 0;

	return (struct registry_request){
		.route = r->route.found != OUTCOME_KEPT ? REGISTRY_NO_ROUTE
			 : r->route.has_project ? REGISTRY_PROJECT_EVENTS
						: REGISTRY_EVENTS,
		.outcome = outcome,
		.table = r->table,
		.table_name = { r->route.table, r->route.table_len },
		.producer = producer_of(r),
		.events = kept ? r->events : 0,
		.bytes = kept ? r->bytes : 0,
		.level = r->level,
		.took_ns = kept ? clock_now().ns - r->received_at.ns : 0,
		.wall_ms = conn->worker->wall_ms,
	};
}

/* A name longer than LABEL_MAX is counted as an invalid one (`other`). */
void
request_stats_set_producer(struct conn *conn, struct span producer)
{
	struct request *r = &conn->request;

	if (producer.len > LABEL_MAX)
		producer = SPAN(" ");
	if (producer.len > 0)
		memcpy(r->producer, producer.at, producer.len);
	r->producer_len = producer.len;
}

void
request_stats_accepted(struct conn *conn, struct record *record)
{
	struct request *r = &conn->request;

	if (r->producer_len > 0)
		record->producer = strndup(r->producer, r->producer_len);
	record->producer_label =
	    registry_producer(conn->worker->registry, producer_of(r), true);
	r->events = record->events;
	r->bytes = record->bytes;
}

void
request_stats_request(struct conn *conn, enum outcome outcome)
{
	struct registry_request request;

	if (conn->request.counted)
		return;
	conn->request.counted = true;
	request = describe(conn, outcome);
	registry_count(conn->worker->registry, &request);
}

void
request_stats_faults(struct conn *conn, const struct validate_body *found)
{
	struct registry_request request = describe(conn, OUTCOME_BAD_EVENTS);
	struct request *r = &conn->request;

	r->table_label =
	    atomic_load_explicit(&r->table->label, memory_order_relaxed);
	for (enum event_fault f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++) {
		r->faults[f] = found->faults[f].count;
		if (r->faults[f] > 0)
			registry_fault(conn->worker->registry, &request, f,
			    r->faults[f], found->faults[f].line,
			    found->faults[f].at);
	}
}

void
request_stats_skipped(struct conn *conn)
{
	const struct request *r = &conn->request;

	if (r->dead_letters.len > 0)
		registry_skipped(
		    conn->worker->registry, r->table_label, r->faults);
}

void
request_stats_rejected(struct conn *conn, enum outcome outcome)
{
	struct request *r = &conn->request;

	if (r->state == REQUEST_DONE) {
		/* These still tell of the connection's last request. */
		r->route = (struct route){ .found = OUTCOME_NO_ROUTE };
		r->producer_len = 0;
		r->events = 0;
		r->counted = false;
	}
	request_stats_request(conn, outcome);
}
