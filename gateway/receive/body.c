#include "gateway/receive/body.h"

#include <string.h>

#include "gateway/receive/conn.h"
#include "gateway/receive/receive_shared.h"
#include "gateway/receive/worker.h"

/* The first room of a body whose length was not told. */
#define ROOM_UNTOLD 4096

/* A record with less than this to spare is not worth moving. */
#define SPARE_FREE 512

/* One byte more than the largest body: its last line may lack a line feed. */
static uint64_t
room_most(const struct conn *conn)
{
	return conn->worker->service->options.max_body + 1;
}

/* Makes the record's room `room`, within listen.memory_bytes. */
static enum outcome
make_room(struct conn *conn, uint64_t room)
{
	struct request *r = &conn->request;
	uint64_t more = room - r->reserved;
	struct record *record;

	if (!receive_shared_reserve(conn->worker->service, more))
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
body_expect(struct conn *conn)
{
	const struct http_request *head = &conn->request.head;
	uint64_t most = room_most(conn);
	uint64_t room = head->length + 1;

	if (head->chunked)
		room = ROOM_UNTOLD < most ? ROOM_UNTOLD : most;
	return make_room(conn, room);
}

/* A chunked body: room doubles as it comes, up to the limit. */
static enum outcome
grow_for(struct conn *conn, size_t len)
{
	struct record *record = conn->request.record;
	uint64_t most = room_most(conn);
	uint64_t need = (uint64_t)record->bytes + len + 1;
	uint64_t room = (uint64_t)record->room * 2;

	if (need <= record->room)
		return OUTCOME_KEPT;
	if (need > most)
		return OUTCOME_TOO_LARGE;
	if (room < need)
		room = need;
	return make_room(conn, room < most ? room : most);
}

enum outcome
body_add(struct conn *conn, const char *bytes, size_t len)
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

	body_end(conn);
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

	if (record->room - bytes < SPARE_FREE)
		return;
	trimmed = record_grow(record, bytes);
	if (trimmed != NULL)
		conn->request.record = trimmed;
}

void
body_end(struct conn *conn)
{
	struct request *r = &conn->request;

	record_free(r->record, conn->worker->now);
	r->record = NULL;
	receive_shared_free(conn->worker->service, r->reserved);
	r->reserved = 0;
}
