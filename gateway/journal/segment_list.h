/*
 * segment_list - segments in the order in which they follow one another.
 */
#ifndef GATEWAY_JOURNAL_SEGMENT_LIST_H
#define GATEWAY_JOURNAL_SEGMENT_LIST_H

#include <stdint.h>

struct segment;

struct segment_list {
	struct segment *first, *last;
	uint32_t count;
};

void segment_list_push(struct segment_list *list, struct segment *segment);
void segment_list_push_front(
    struct segment_list *list, struct segment *segment);
struct segment *segment_list_pop(struct segment_list *list);
void segment_list_remove(struct segment_list *list, struct segment *segment);

#endif
