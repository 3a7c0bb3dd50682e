/*
 * list - a doubly linked list of nodes that are embedded in what they link.
 *
 *	struct lane { struct list_node held; ... };
 *	list_push_back(&lanes, &lane->held);
 *	LIST_OWNER(node, struct lane, held)		back to the lane
 *
 * All of it is O(1) and needs no memory.  A node of zeroed memory is in no
 * list; list_remove of such a node does nothing.
 */
#ifndef GATEWAY_BASE_LIST_H
#define GATEWAY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev, *next;
	struct list *in; /* NULL: in no list */
};

struct list {
	struct list_node *first, *last;
};

#define LIST_OWNER(node, type, member)                                         \
	((type *)((char *)(node)-offsetof(type, member)))

static inline void
list_push_front(struct list *list, struct list_node *node)
{
	*node = (struct list_node){ .next = list->first, .in = list };
	if (list->first != NULL)
		list->first->prev = node;
	else
		list->last = node;
	list->first = node;
}

static inline void
list_push_back(struct list *list, struct list_node *node)
{
	*node = (struct list_node){ .prev = list->last, .in = list };
	if (list->last != NULL)
		list->last->next = node;
	else
		list->first = node;
	list->last = node;
}

static inline void
list_remove(struct list_node *node)
{
	struct list *list = node->in;

	if (list == NULL)
		return;
	if (node->prev != NULL)
		node->prev->next = node->next;
	else
		list->first = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
	else
		list->last = node->prev;
	*node = (struct list_node){ 0 };
}

/* Takes out the first node; NULL: the list is empty. */
static inline struct list_node *
list_pop(struct list *list)
{
	struct list_node *node = list->first;

	if (node != NULL)
		list_remove(node);
	return node;
}

#endif
