#include "gateway/journal/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "parsers/crc32c.h"

#define MAGIC    UINT32_C(0xfd5350ff) /* ff 'P' 'S' fd */
#define BITS     64
#define NAME_HEX 16

/* Where the fields of the header stand. */
enum {
	AT_CRC = 0,
	AT_MAGIC = 4,
	AT_EPOCH = 8,
	AT_SIZE = 16,
	AT_OLDEST = 24,
};

void
segment_head_put(const struct segment_head *head, void *at)
{
	char *h = at;

	memset(h, 0, SEGMENT_HEADER);
	frame_put32(h + AT_MAGIC, MAGIC);
	frame_put64(h + AT_EPOCH, head->epoch);
	frame_put64(h + AT_SIZE, head->size);
	frame_put64(h + AT_OLDEST, head->oldest);
	frame_put32(
	    h + AT_CRC, crc32c(0, h + AT_MAGIC, SEGMENT_HEADER - AT_MAGIC));
}

bool
segment_head_get(struct segment_head *head, const void *at)
{
	const char *h = at;

	if (frame_get32(h + AT_MAGIC) != MAGIC ||
	    frame_get32(h + AT_CRC) !=
		crc32c(0, h + AT_MAGIC, SEGMENT_HEADER - AT_MAGIC))
		return false;
	head->epoch = frame_get64(h + AT_EPOCH);
	head->size = frame_get64(h + AT_SIZE);
	head->oldest = frame_get64(h + AT_OLDEST);
	return true;
}

void
segment_name(char name[SEGMENT_NAME], uint64_t id)
{
	snprintf(name, SEGMENT_NAME, "%016" PRIx64 ".seg", id);
}

bool
segment_name_get(const char *name, uint64_t *id_out)
{
	char again[SEGMENT_NAME];
	uint64_t id;

	if (strlen(name) != NAME_HEX + 4)
		return false;
	id = strtoull(name, NULL, 16);
	segment_name(again, id);
	if (strcmp(name, again) != 0)
		return false;
	*id_out = id;
	return true;
}

struct segment *
segment_new(uint64_t id, uint64_t size, int file)
{
	struct segment *segment = calloc(1, sizeof *segment);

	if (segment == NULL)
		return NULL;
	segment->id = id;
	segment->size = size;
	segment->file = file;
	segment->tail = SEGMENT_HEADER;
	segment->limit = size;
	return segment;
}

void
segment_drop_entries(struct segment *segment)
{
	free(segment->entries);
	free(segment->aux);
	segment->entries = NULL;
	segment->aux = NULL;
	segment->entries_room = segment->aux_room = segment->aux_count = 0;
}

void
segment_clear(struct segment *segment)
{
	segment_drop_entries(segment);
	for (uint32_t i = 0; i < segment->table_count; i++)
		free(segment->tables[i]);
	for (uint32_t i = 0; i < segment->acked_count; i++)
		range_set_fini(&segment->acked[i].acked);
	free(segment->tables);
	free(segment->acked);
	free(segment->dead);
	free(segment->resident);
	*segment = (struct segment){
		.id = segment->id,
		.epoch = segment->epoch,
		.aborted_epoch = segment->aborted_epoch,
		.size = segment->size,
		.file = segment->file,
		.broken = segment->broken,
		.foreign_size = segment->foreign_size,
		.failed = segment->failed,
		.tail = SEGMENT_HEADER,
		.limit = segment->size,
	};
}

void
segment_free(struct segment *segment)
{
	if (segment == NULL)
		return;
	segment_clear(segment);
	free(segment);
}

bool
segment_reserve(struct segment *segment, uint32_t records)
{
	uint32_t words = segment->bits_room / BITS, more = words;
	uint32_t same = words, need = records / BITS + 1;

	if (!array_reserve(&segment->dead, &more, need, sizeof *segment->dead))
		return false;
	if (!array_reserve(
		&segment->resident, &same, need, sizeof *segment->resident)) {
		/* The longer one is no harm; its room is not counted. */
		return false;
	}
	if (more > words) {
		size_t added = (more - words) * sizeof *segment->dead;

		memset(segment->dead + words, 0, added);
		memset(segment->resident + words, 0, added);
		segment->bits_room = more * BITS;
	}
	return true;
}

bool
segment_reserve_entry(struct segment *segment, uint32_t more)
{
	return array_reserve(&segment->entries, &segment->entries_room,
	    segment->records + more, sizeof *segment->entries);
}

bool
segment_reserve_aux(struct segment *segment, uint32_t more)
{
	return array_reserve(&segment->aux, &segment->aux_room,
	    segment->aux_count + more, sizeof *segment->aux);
}

static bool
bit(const uint64_t *bits, uint32_t n)
{
	return bits[n / BITS] >> n % BITS & 1;
}

bool
segment_is_dead(const struct segment *segment, uint32_t ordinal)
{
	return ordinal < segment->bits_room && bit(segment->dead, ordinal);
}

bool
segment_is_resident(const struct segment *segment, uint32_t ordinal)
{
	return ordinal < segment->bits_room && bit(segment->resident, ordinal);
}

void
segment_set_dead(struct segment *segment, uint32_t ordinal)
{
	segment->dead[ordinal / BITS] |= UINT64_C(1) << ordinal % BITS;
}

void
segment_set_resident(struct segment *segment, uint32_t ordinal, bool resident)
{
	uint64_t mask = UINT64_C(1) << ordinal % BITS;

	if (resident)
		segment->resident[ordinal / BITS] |= mask;
	else
		segment->resident[ordinal / BITS] &= ~mask;
}

struct range_set *
segment_acked(const struct segment *segment, uint32_t ordinal)
{
	for (uint32_t i = 0; i < segment->acked_count; i++)
		if (segment->acked[i].ordinal == ordinal)
			return &segment->acked[i].acked;
	return NULL;
}

bool
segment_reserve_acked(struct segment *segment, uint32_t more)
{
	return array_reserve(&segment->acked, &segment->acked_room,
	    segment->acked_count + more, sizeof *segment->acked);
}

struct range_set *
segment_acked_new(struct segment *segment, uint32_t ordinal)
{
	struct segment_acked_part *part;

	if (!segment_reserve_acked(segment, 1))
		return NULL;
	part = &segment->acked[segment->acked_count++];
	*part = (struct segment_acked_part){ .ordinal = ordinal };
	return &part->acked;
}

void
segment_acked_drop(struct segment *segment, uint32_t ordinal)
{
	struct segment_acked_part *part = segment->acked;

	for (uint32_t i = 0; i < segment->acked_count; i++, part++) {
		if (part->ordinal != ordinal)
			continue;
		range_set_fini(&part->acked);
		*part = segment->acked[--segment->acked_count];
		return;
	}
}

void
segment_ack(struct segment *segment, const struct frame_ack *s)
{
	struct range_set *acked;

	if (s->ordinal > segment->size / FRAME_HEADER ||
	    !segment_reserve(segment, s->ordinal + 1) ||
	    segment_is_dead(segment, s->ordinal))
		return;
	if (s->range.count == FRAME_WHOLE) {
		segment_acked_drop(segment, s->ordinal);
		segment_set_dead(segment, s->ordinal);
		return;
	}
	acked = segment_acked(segment, s->ordinal);
	if (acked == NULL)
		acked = segment_acked_new(segment, s->ordinal);
	if (acked != NULL)
		(void)range_set_add(acked, s->range);
}
