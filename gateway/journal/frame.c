#include "gateway/journal/frame.h"

#include <endian.h>
#include <string.h>

#include "parsers/crc32c.h"

#define MAGIC UINT32_C(0xfe4750ff) /* ff 'P' 'G' fe */

/* Where the fields of the header stand. */
enum {
	AT_CRC = 0,
	AT_MAGIC = 4,
	AT_LENGTH = 8,
	AT_KIND = 12,
	AT_TABLE = 13,
	AT_PRODUCER = 14,
	AT_VERSION = 15,
	AT_EPOCH = 16,
	AT_SEQUENCE = 24,
	AT_ACCEPTED = 32,
	AT_EARLIEST = 40,
	AT_EVENTS = 48,
	AT_RANGES = 52,
	AT_SOURCE_EPOCH = 56,
	AT_SOURCE_ORDINAL = 64,
	AT_ORDINAL = 68,
};

#define VERSION 1

void
frame_put32(void *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof value);
}

void
frame_put64(void *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof value);
}

uint32_t
frame_get32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

uint64_t
frame_get64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

static size_t
padded(size_t len)
{
	return (len + FRAME_ALIGN - 1) & ~(size_t)(FRAME_ALIGN - 1);
}

size_t
frame_head_size(const struct frame *frame)
{
	return FRAME_HEADER + frame->table.len + frame->producer.len +
	       frame->ranges.len;
}

size_t
frame_size(const struct frame *frame)
{
	return padded(frame_head_size(frame) + frame->body.len);
}

static unsigned char *
put_span(unsigned char *to, struct span span)
{
	if (span.len > 0)
		memcpy(to, span.at, span.len);
	return to + span.len;
}

void
frame_head_put(const struct frame *f, void *at)
{
	size_t head = frame_head_size(f);
	unsigned char *h = at, *to = h + FRAME_HEADER;
	uint32_t crc;

	frame_put32(h + AT_MAGIC, MAGIC);
	frame_put32(h + AT_LENGTH, (uint32_t)(head + f->body.len));
	h[AT_KIND] = (unsigned char)f->kind;
	h[AT_TABLE] = (unsigned char)f->table.len;
	h[AT_PRODUCER] = (unsigned char)f->producer.len;
	h[AT_VERSION] = VERSION;
	frame_put64(h + AT_EPOCH, f->epoch);
	frame_put64(h + AT_SEQUENCE, f->sequence);
	frame_put64(h + AT_ACCEPTED, (uint64_t)f->accepted_ms);
	frame_put64(h + AT_EARLIEST, (uint64_t)f->earliest_ms);
	frame_put32(h + AT_EVENTS, f->events);
	frame_put32(h + AT_RANGES, f->range_count);
	frame_put64(h + AT_SOURCE_EPOCH, f->source_epoch);
	frame_put32(h + AT_SOURCE_ORDINAL, f->source_ordinal);
	frame_put32(h + AT_ORDINAL, f->ordinal);
	to = put_span(to, f->table);
	to = put_span(to, f->producer);
	put_span(to, f->ranges);

	crc = crc32c(0, h + AT_MAGIC, head - AT_MAGIC);
	frame_put32(h + AT_CRC, crc32c(crc, f->body.at, f->body.len));
}

size_t
frame_peek(const void *at, uint64_t epoch)
{
	const unsigned char *h = at;
	size_t length;

	if (frame_get32(h + AT_MAGIC) != MAGIC || h[AT_VERSION] != VERSION ||
	    frame_get64(h + AT_EPOCH) != epoch)
		return 0;
	length = frame_get32(h + AT_LENGTH);
	return length < FRAME_HEADER ? 0 : padded(length);
}

uint64_t
frame_peek_epoch(const void *at)
{
	const unsigned char *h = at;

	return frame_get32(h + AT_MAGIC) == MAGIC ? frame_get64(h + AT_EPOCH)
						  : 0;
}

bool
frame_get(struct frame *frame, const void *at, size_t room)
{
	const unsigned char *h = at;
	struct span rest;
	struct frame f;
	uint64_t names, length;

	if (room < FRAME_HEADER || frame_get32(h + AT_MAGIC) != MAGIC ||
	    h[AT_VERSION] != VERSION)
		return false;
	length = frame_get32(h + AT_LENGTH);
	names = (uint64_t)h[AT_TABLE] + h[AT_PRODUCER] +
		(uint64_t)frame_get32(h + AT_RANGES) * FRAME_RANGE;
	if (length > room || length < FRAME_HEADER + names ||
	    crc32c(0, h + AT_MAGIC, length - AT_MAGIC) !=
		frame_get32(h + AT_CRC))
		return false;

	f.kind = h[AT_KIND];
	f.epoch = frame_get64(h + AT_EPOCH);
	f.sequence = frame_get64(h + AT_SEQUENCE);
	f.accepted_ms = (int64_t)frame_get64(h + AT_ACCEPTED);
	f.earliest_ms = (int64_t)frame_get64(h + AT_EARLIEST);
	f.events = frame_get32(h + AT_EVENTS);
	f.range_count = frame_get32(h + AT_RANGES);
	f.source_epoch = frame_get64(h + AT_SOURCE_EPOCH);
	f.source_ordinal = frame_get32(h + AT_SOURCE_ORDINAL);
	f.ordinal = frame_get32(h + AT_ORDINAL);
	rest.at = (const char *)at + FRAME_HEADER;
	rest.len = length - FRAME_HEADER;
	f.table = span_take(&rest, h[AT_TABLE]);
	f.producer = span_take(&rest, h[AT_PRODUCER]);
	f.ranges = span_take(&rest, f.range_count * (size_t)FRAME_RANGE);
	f.body = rest;
	*frame = f;
	return true;
}

void
frame_range_put(void *at, struct frame_range range)
{
	frame_put32(at, range.from);
	frame_put32((char *)at + 4, range.count);
}

struct frame_range
frame_range_get(const void *at)
{
	return (struct frame_range){ frame_get32(at),
		frame_get32((const char *)at + 4) };
}

void
frame_ack_put(void *at, const struct frame_ack *s)
{
	char *to = at;

	frame_put64(to, s->epoch);
	frame_put32(to + 8, s->ordinal);
	frame_put32(to + 12, 0);
	frame_range_put(to + 16, s->range);
}

struct frame_ack
frame_ack_get(const void *at)
{
	const char *from = at;

	return (struct frame_ack){
		.epoch = frame_get64(from),
		.ordinal = frame_get32(from + 8),
		.range = frame_range_get(from + 16),
	};
}

void
frame_aborted_put(void *at, struct frame_aborted v)
{
	frame_put64(at, v.epoch);
	frame_put64((char *)at + 8, v.tail);
}

struct frame_aborted
frame_aborted_get(const void *at)
{
	return (struct frame_aborted){ frame_get64(at),
		frame_get64((const char *)at + 8) };
}
