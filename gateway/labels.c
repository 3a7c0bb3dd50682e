#include "gateway/labels.h"

#include <string.h>

static uint32_t
slot_of(struct span name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * UINT32_C(16777619);
	return (hash ^ hash >> 16) % LABELS_SLOTS;
}

/* Where it stands, or the free slot where it would: half of them are free. */
static uint32_t
look(const struct labels *labels, struct span name)
{
	uint32_t slot = slot_of(name);

	while (labels->slots[slot] != 0 &&
	       !span_equal(span_of(labels->names[labels->slots[slot]]), name))
		slot = (slot + 1) % LABELS_SLOTS;
	return slot;
}

uint16_t
labels_find(const struct labels *labels, struct span name)
{
	return labels->slots[look(labels, name)];
}

uint16_t
labels_intern(struct labels *labels, struct span name)
{
	uint32_t slot = look(labels, name);
	uint16_t label = labels->slots[slot];

	/* A name "other" shares, or it would stand twice. */
	if (label != 0 || labels_full(labels) || name.len == 0 ||
	    name.len > LABEL_MAX || span_equal(name, SPAN("other")))
		return label;
	label = ++labels->count;
	memcpy(labels->names[label], name.at, name.len);
	labels->names[label][name.len] = '\0';
	labels->slots[slot] = label;
	return label;
}

bool
labels_full(const struct labels *labels)
{
	return labels->count == LABELS_MOST - 1;
}

const char *
labels_name(const struct labels *labels, uint16_t label)
{
	return label == LABEL_OTHER ? "other" : labels->names[label];
}
