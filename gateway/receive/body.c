#include "gateway/receive/body.h"

#include <string.h>

/* The first room of a body whose length is not known. */
#define ROOM_UNKNOWN 4096

/* To save less than this, a record is not moved. */
#define SPARE_MIN 512

/* One byte more than the largest body: its last line may lack a line feed. */
static uint64_t
room_max(const struct conn *conn)
{
	return conn->worker->shared->options.max_body + 1;
}

/* Makes the record's room `room`, within listen.memory_bytes. */
static enum outcome
make_room(struct conn *conn, uint64_t room)
{
	struct request *r = &conn->request;
	uint64_t more = room - r->reserved;
	struct record *record;

	if (!receive_shared_reserve(conn->worker->shared, more))
		return OUTCOME_MEMORY_FULL;
	r->reserved = room;
	record = r->record == NULL ? record_new((uint32_t)room)
				   : record_grow(r->record, (uint32_t)room);
	if (record == NULL)
		return OUTCOME_HOST_FAULT;
	r->record = record;
	return OUTCOME_KEPT;
}

enum outcome
body_reserve(struct conn *conn)
{
	const struct http_request *head = &conn->request.head;
	uint64_t max = room_max(conn);
	uint64_t room = head->length + 1;

	if (head->chunked)
		room = ROOM_UNKNOWN < max ? ROOM_UNKNOWN : max;
	return make_room(conn, room);
}

/* A chunked body: room doubles as it comes, up to the limit. */
static enum outcome
grow_for(struct conn *conn, size_t len)
{
	struct record *record = conn->request.record;
	uint64_t max = room_max(conn);
	uint64_t need = (uint64_t)record->bytes + len + 1;
	uint64_t room = (uint64_t)record->room * 2;

	if (need <= record->room)
		return OUTCOME_KEPT;
	if (need > max)
		return OUTCOME_TOO_LARGE;
	if (room < need)
		room = need;
	return make_room(conn, room < max ? room : max);
}

enum outcome
body_append(struct conn *conn, const char *bytes, size_t len)
{
	enum outcome outcome = grow_for(conn, len);
	struct record *record = conn->request.record;

	if (outcome != OUTCOME_KEPT)
		return outcome;
	memcpy(record->lines + record->bytes, bytes, len);
	record->bytes += (uint32_t)len;
	return OUTCOME_KEPT;
}

enum outcome
body_replace(struct conn *conn, const char *lines, size_t bytes)
{
	enum outcome outcome;

	body_release(conn);
	if (bytes == 0)
		return OUTCOME_KEPT;
	outcome = make_room(conn, bytes);
	if (outcome == OUTCOME_KEPT)
		memcpy(conn->request.record->lines, lines, bytes);
	return outcome;
}

void
body_trim(struct conn *conn, uint32_t bytes)
{
	struct record *record = conn->request.record, *trimmed;

	if (record->room - bytes < SPARE_MIN)
		return;
	trimmed = record_grow(record, bytes);
	if (trimmed != NULL)
		conn->request.record = trimmed;
}

void
body_release(struct conn *conn)
{
	struct request *r = &conn->request;

	record_free(r->record, conn->worker->now);
	r->record = NULL;
	receive_shared_free(conn->worker->shared, r->reserved);
	r->reserved = 0;
}
