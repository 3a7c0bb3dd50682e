#include "gateway/journal/record_ref.h"

#include <stdlib.h>

#include "gateway/journal/segment.h"

struct record_ref *
record_ref_new(void)
{
	return calloc(1, sizeof(struct record_ref));
}

void
record_ref_link(struct record_ref *ref, struct segment *segment)
{
	ref->segment = segment;
	ref->prev = NULL;
	ref->next = segment->refs;
	if (ref->next != NULL)
		ref->next->prev = ref;
	segment->refs = ref;
}

void
record_ref_unlink(struct record_ref *ref)
{
	if (ref->segment == NULL)
		return;
	if (ref->prev != NULL)
		ref->prev->next = ref->next;
	else
		ref->segment->refs = ref->next;
	if (ref->next != NULL)
		ref->next->prev = ref->prev;
	ref->prev = ref->next = NULL;
	ref->segment = NULL;
}

void
record_ref_free(struct record_ref *ref)
{
	if (ref == NULL)
		return;
	record_ref_unlink(ref);
	free(ref);
}
