#include "gateway/journal/segment_footer.h"

#include <stdio.h>
#include <string.h>

#include "gateway/journal/table_index.h"
#include "parsers/crc32c.h"

#define TRAILER_MAGIC UINT32_C(0xfc5450ff) /* ff 'P' 'T' fc */

#define COUNTS     16
#define ENTRY      16
#define AUX        4
#define TABLE_MOST (1 + TABLE_NAME_MAX + 16)

/* Where the fields of the trailer stand. */
enum {
	AT_CRC = 0,
	AT_MAGIC = 4,
	AT_EPOCH = 8,
	AT_FOOTER = 16,
};

uint64_t
segment_footer_room(uint64_t records, uint64_t aux, uint64_t tables)
{
	return FRAME_HEADER + COUNTS + FRAME_ALIGN + records * ENTRY +
	       aux * AUX + tables * TABLE_MOST + SEGMENT_TRAILER;
}

void
segment_footer_trailer_put(void *at, uint64_t epoch, uint64_t footer_at)
{
	char *t = at;

	memset(t, 0, SEGMENT_TRAILER);
	frame_put32(t + AT_MAGIC, TRAILER_MAGIC);
	frame_put64(t + AT_EPOCH, epoch);
	frame_put64(t + AT_FOOTER, footer_at);
	frame_put32(
	    t + AT_CRC, crc32c(0, t + AT_MAGIC, SEGMENT_TRAILER - AT_MAGIC));
}

static bool
put32(struct buffer *out, uint32_t value)
{
	char bytes[4];

	frame_put32(bytes, value);
	return buffer_append(out, bytes, sizeof bytes);
}

static bool
put64(struct buffer *out, uint64_t value)
{
	char bytes[8];

	frame_put64(bytes, value);
	return buffer_append(out, bytes, sizeof bytes);
}

static bool
put_table(struct buffer *out, const struct segment_table *seg_table)
{
	/*
	 * Nothing lives of a table whose table_index was bound to another one.
	 */
	struct span name =
	    span_of(seg_table->index != NULL ? seg_table->index->name : "");
	char len = (char)name.len;

	return buffer_append(out, &len, 1) &&
	       buffer_append(out, name.at, name.len) &&
	       put64(out, (uint64_t)seg_table->accepted_ms) &&
	       put64(out, (uint64_t)seg_table->earliest_ms);
}

static bool
put_entry(struct buffer *out, const struct segment_entry *entry)
{
	char bytes[ENTRY];

	frame_put32(bytes, entry->at8);
	frame_put32(bytes + 4, entry->number | (uint32_t)entry->flags << 16);
	frame_put32(bytes + 8, entry->events);
	frame_put32(bytes + 12, entry->bytes);
	return buffer_append(out, bytes, sizeof bytes);
}

static bool
put_body(struct buffer *out, const struct segment *segment)
{
	bool ok = put32(out, segment->table_count) &&
		  put32(out, segment->records) &&
		  put32(out, segment->aux_count) && put32(out, 0);

	for (uint32_t i = 0; ok && i < segment->table_count; i++)
		ok = put_table(out, segment->tables[i]);
	for (uint32_t i = 0; ok && i < segment->records; i++)
		ok = put_entry(out, &segment->entries[i]);
	for (uint32_t i = 0; ok && i < segment->aux_count; i++)
		ok = put32(out, segment->aux[i]);
	return ok;
}

bool
segment_footer_put(const struct segment *segment, struct buffer *out)
{
	static const char zeros[FRAME_ALIGN];
	static const char head[FRAME_HEADER];
	struct frame frame = { .kind = FRAME_FOOTER, .epoch = segment->epoch };

	buffer_reset(out);
	if (!buffer_append(out, head, sizeof head) || !put_body(out, segment))
		return false;
	frame.body.at = out->at + FRAME_HEADER;
	frame.body.len = out->len - FRAME_HEADER;
	frame_head_put(&frame, out->at);
	return buffer_append(out, zeros, frame_size(&frame) - out->len);
}

/* The body, as far as it was read. */
struct rest {
	const char *at;
	size_t len;
	bool short_of;
};

static const char *
take(struct rest *rest, size_t len)
{
	static const char zeros[ENTRY];
	const char *at = rest->at;

	if (len > rest->len) {
		rest->short_of = true;
		rest->len = 0;
		return zeros;
	}
	rest->at += len;
	rest->len -= len;
	return at;
}

static bool
get_tables(struct segment_contents *c, struct rest *rest, uint32_t count)
{
	struct segment_contents_table *table;
	struct span name;
	uint16_t number;
	char unnamed[16];

	for (uint32_t i = 0; i < count && !rest->short_of; i++) {
		name.len = (unsigned char)*take(rest, 1);
		if (name.len > TABLE_NAME_MAX)
			return false;
		name.at = take(rest, name.len);
		if (name.len == 0) {
			/* Distinct, and no table's name. */
			name.len =
			    (size_t)snprintf(unnamed, sizeof unnamed, "/%u", i);
			name.at = unnamed;
		}
		number = segment_contents_table_number(c, name);
		if (number != i)
			return false;
		table = &c->tables[number];
		table->accepted_ms = (int64_t)frame_get64(take(rest, 8));
		table->earliest_ms = (int64_t)frame_get64(take(rest, 8));
	}
	return !rest->short_of;
}

static bool
get_entries(struct segment_contents *c, struct rest *rest, uint32_t count)
{
	struct segment_entry entry;
	const char *at;
	uint32_t mixed;

	for (uint32_t i = 0; i < count && !rest->short_of; i++) {
		at = take(rest, ENTRY);
		mixed = frame_get32(at + 4);
		entry.at8 = frame_get32(at);
		entry.number = (uint16_t)mixed;
		entry.flags = (uint16_t)(mixed >> 16);
		entry.events = frame_get32(at + 8);
		entry.bytes = frame_get32(at + 12);
		if ((entry.at8 != 0 && entry.number >= c->table_count) ||
		    !segment_contents_add_record(c, i, &entry))
			return false;
	}
	return !rest->short_of;
}

static bool
get_body(struct segment_contents *c, struct span body)
{
	struct rest rest = { body.at, body.len, false };
	uint32_t tables = frame_get32(take(&rest, 4));
	uint32_t records = frame_get32(take(&rest, 4));
	uint32_t aux = frame_get32(take(&rest, 4));

	take(&rest, 4);
	if (!get_tables(c, &rest, tables) || !get_entries(c, &rest, records))
		return false;
	for (uint32_t i = 0; i < aux && !rest.short_of; i++)
		if (!segment_contents_add_aux(c, frame_get32(take(&rest, AUX))))
			return false;
	return !rest.short_of;
}

enum segment_footer_answer
segment_footer_read(struct scan *scan, uint64_t epoch,
    struct segment_contents *c, struct err *err)
{
	struct frame frame = { 0 };
	const char *t;
	uint64_t at;
	int64_t size;
	size_t len;

	if (scan->size < SEGMENT_HEADER + SEGMENT_TRAILER)
		return SEGMENT_FOOTER_NONE;
	t = scan_at(
	    scan, scan->size - SEGMENT_TRAILER, SEGMENT_TRAILER, &len, err);
	if (t == NULL)
		return SEGMENT_FOOTER_FAILED;
	if (len < SEGMENT_TRAILER ||
	    frame_get32(t + AT_MAGIC) != TRAILER_MAGIC ||
	    frame_get64(t + AT_EPOCH) != epoch ||
	    frame_get32(t + AT_CRC) !=
		crc32c(0, t + AT_MAGIC, SEGMENT_TRAILER - AT_MAGIC))
		return SEGMENT_FOOTER_NONE;
	at = frame_get64(t + AT_FOOTER);
	if (at >= scan->size || at % FRAME_ALIGN != 0)
		return SEGMENT_FOOTER_NONE;
	size = scan_frame(scan, at, epoch, &frame, err);
	if (size < 0)
		return SEGMENT_FOOTER_FAILED;
	if (size == 0 || frame.kind != FRAME_FOOTER ||
	    !get_body(c, frame.body)) {
		segment_contents_fini(c);
		return SEGMENT_FOOTER_NONE;
	}
	c->tail = at;
	c->by_footer = true;
	return SEGMENT_FOOTER_READ;
}

static bool
add_settlements_at(struct scan *scan, uint64_t at, uint64_t epoch,
    struct segment_contents *c, struct err *err)
{
	struct frame frame = { 0 };
	int64_t size = scan_frame(scan, at, epoch, &frame, err);

	if (size < 0)
		return false;
	if (size == 0)
		return err_set(err, ERR_INPUT, at, "damaged frame");
	if (frame.kind == FRAME_EVENTS
		? segment_contents_add_parts(c, &frame)
		: segment_contents_add_acks(c, &frame, true))
		return true;
	return err_set(err, ERR_HOST, 0, "no memory");
}

bool
segment_footer_read_acks(struct scan *scan, uint64_t epoch,
    struct segment_contents *c, struct err *err)
{
	for (uint32_t i = 0; i < c->aux_count; i++)
		if (!add_settlements_at(
			scan, (uint64_t)c->aux[i] * FRAME_ALIGN, epoch, c, err))
			return false;
	for (uint32_t i = 0; i < c->records; i++)
		if (c->entries[i].flags & SEGMENT_ENTRY_ACKED &&
		    !add_settlements_at(scan,
			(uint64_t)c->entries[i].at8 * FRAME_ALIGN, epoch, c,
			err))
			return false;
	return true;
}
