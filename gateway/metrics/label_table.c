#include "gateway/metrics/label_table.h"

#include <string.h>

static uint32_t
slot_of(struct span name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * UINT32_C(16777619);
	return (hash ^ hash >> 16) % LABEL_TABLE_SLOTS;
}

/* Where it stands, or the free slot where it would: half of them are free. */
static uint32_t
look(const struct label_table *labels, struct span name)
{
	uint32_t slot = slot_of(name);

	while (labels->slots[slot] != 0 &&
	       !span_equal(span_of(labels->names[labels->slots[slot]]), name))
		slot = (slot + 1) % LABEL_TABLE_SLOTS;
	return slot;
}

uint16_t
label_table_find(const struct label_table *labels, struct span name)
{
	return labels->slots[look(labels, name)];
}

uint16_t
label_table_intern(struct label_table *labels, struct span name)
{
	uint32_t slot = look(labels, name);
	uint16_t label = labels->slots[slot];

	/* A name "other" shares, or it would stand twice. */
	if (label != 0 || label_table_full(labels) || name.len == 0 ||
	    name.len > LABEL_MAX || span_equal(name, SPAN("other")))
		return label;
	label = ++labels->count;
	memcpy(labels->names[label], name.at, name.len);
	labels->names[label][name.len] = '\0';
	labels->slots[slot] = label;
	return label;
}

bool
label_table_full(const struct label_table *labels)
{
	return labels->count == LABEL_TABLE_MOST - 1;
}

const char *
label_table_name(const struct label_table *labels, uint16_t label)
{
	return label == LABEL_OTHER ? "other" : labels->names[label];
}
