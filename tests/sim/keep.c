#include "tests/sim/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN       32 /* a record's head: a gap always has room for one */
#define FILE_BUFFER (1u << 20)

struct call {
	const char *table; /* NULL: a gap */
	uint64_t stride;   /* to the next record */
	uint64_t events;
	uint32_t bytes;
	bool newline; /* one must be added when printed */
};
_Static_assert(sizeof(struct call) <= ALIGN, "a gap must have room for a head");

static struct call *
call_at(const struct keep *k, uint64_t position)
{
	return (struct call *)(void *)(k->ring + position % k->room);
}

bool
keep_open(struct keep *k, uint64_t room, const char *path, struct err *err)
{
	room -= room % ALIGN;
	*k = (struct keep){ .room = room };
	if (room > 0 && (k->ring = malloc(room)) == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for the ring");
	if (path == NULL)
		return true;
	k->record = fopen(path, "ae");
	if (k->record == NULL)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", path, strerror(errno));
	setvbuf(k->record, NULL, _IOFBF, FILE_BUFFER);
	return true;
}

void
keep_fini(struct keep *k)
{
	free(k->ring);
	if (k->record != NULL)
		fclose(k->record);
	*k = (struct keep){ 0 };
}

void
keep_reset(struct keep *k)
{
	k->head = k->tail = 0;
	k->events = k->lost_events = 0;
}

static void
drop_oldest(struct keep *k)
{
	const struct call *call = call_at(k, k->tail);

	k->events -= call->events;
	k->lost_events += call->events;
	k->tail += call->stride;
}

/* A record of `stride` bytes at the head, with the older ones out of its way.
 */
static struct call *
place(struct keep *k, uint64_t stride)
{
	struct call *call;

	while (k->head + stride - k->tail > k->room)
		drop_oldest(k);
	call = call_at(k, k->head);
	*call = (struct call){ .stride = stride };
	k->head += stride;
	return call;
}

static void
keep_in_ring(
    struct keep *k, const char *table, struct span lines, uint64_t events)
{
	uint64_t stride =
	    (sizeof(struct call) + lines.len + ALIGN - 1) / ALIGN * ALIGN;
	uint64_t to_end;
	struct call *call;

	if (stride > k->room) {
		k->lost_events += events;
		return;
	}
	to_end = k->room - k->head % k->room;
	if (to_end < stride)
		place(k, to_end);
	call = place(k, stride);
	call->table = table;
	call->events = events;
	call->bytes = (uint32_t)lines.len;
	call->newline = lines.at[lines.len - 1] != '\n';
	memcpy(call + 1, lines.at, lines.len);
	k->events += events;
}

static void
keep_in_file(struct keep *k, const char *table, struct span lines)
{
	while (lines.len > 0) {
		const char *end = memchr(lines.at, '\n', lines.len);
		size_t len = end != NULL ? (size_t)(end - lines.at) : lines.len;

		if (len > 0 && fprintf(k->record, "%s\t%.*s\n", table, (int)len,
				   lines.at) < 0)
			k->unwritten++;
		lines.at += len + (end != NULL);
		lines.len -= len + (end != NULL);
	}
}

void
keep_add(struct keep *k, const char *table, struct span lines, uint64_t events)
{
	if (lines.len == 0)
		return;
	keep_in_ring(k, table, lines, events);
	if (k->record != NULL)
		keep_in_file(k, table, lines);
}

bool
keep_print(const struct keep *k, const char *table, struct buffer *out)
{
	bool ok = true;

	for (uint64_t at = k->tail; at < k->head;) {
		const struct call *call = call_at(k, at);

		at += call->stride;
		if (call->table == NULL ||
		    (table != NULL && strcmp(call->table, table) != 0))
			continue;
		ok = ok && buffer_append(out, call + 1, call->bytes) &&
		     (!call->newline || buffer_append(out, "\n", 1));
	}
	return ok;
}

void
keep_flush(struct keep *k)
{
	if (k->record != NULL && fflush(k->record) != 0)
		k->unwritten++;
}
