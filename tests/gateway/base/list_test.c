#include <criterion/criterion.h>

#include "gateway/base/list.h"

struct item {
	int number;
	struct list_node node;
};

static void
expect_order(struct list *list, const char *want)
{
	char seen[16] = "";
	size_t n = 0;
	struct list_node *last = NULL;

	for (struct list_node *node = list->first; node != NULL;
	     node = node->next) {
		cr_expect_eq(node->prev, last);
		cr_expect_eq(node->in, list);
		seen[n++] =
		    (char)('0' + LIST_OWNER(node, struct item, node)->number);
		last = node;
	}
	cr_expect_eq(list->last, last);
	cr_expect_str_eq(seen, want);
}

Test(list, nodes_stand_in_the_order_in_which_they_were_pushed)
{
	struct list list = { 0 };
	struct item a = { 1, { 0 } }, b = { 2, { 0 } }, c = { 3, { 0 } };

	list_push_back(&list, &b.node);
	list_push_back(&list, &c.node);
	list_push_front(&list, &a.node);
	expect_order(&list, "123");
}

Test(list, any_node_may_leave_and_an_absent_one_leaves_nothing_changed)
{
	struct item items[4];

	for (int gone = 0; gone < 4; gone++) {
		struct list list = { 0 };
		char want[5] = "0123";

		for (int i = 0; i < 4; i++) {
			items[i] = (struct item){ i, { 0 } };
			list_push_back(&list, &items[i].node);
		}
		list_remove(&items[gone].node);
		list_remove(&items[gone].node);
		memmove(want + gone, want + gone + 1, 4 - (size_t)gone);
		expect_order(&list, want);
		cr_expect_null(items[gone].node.in);
	}
}

Test(list, pop_takes_the_first_until_none_is_left)
{
	struct list list = { 0 };
	struct item a = { 1, { 0 } }, b = { 2, { 0 } };

	list_push_back(&list, &a.node);
	list_push_back(&list, &b.node);
	cr_expect_eq(list_pop(&list), &a.node);
	cr_expect_eq(list_pop(&list), &b.node);
	cr_expect_null(list_pop(&list));
	expect_order(&list, "");
}
