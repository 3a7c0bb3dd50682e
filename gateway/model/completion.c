#include "gateway/model/completion.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool
completion_box_init(struct completion_box *box, struct err *err)
{
	atomic_init(&box->completed, NULL);
	atomic_init(&box->awake, false);
	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (box->fd == -1)
		return err_set(
		    err, ERR_HOST, 0, "eventfd: %s", strerror(errno));
	return true;
}

void
completion_box_fini(struct completion_box *box)
{
	if (box->fd > 0)
		close(box->fd);
	box->fd = -1;
}

void
completion_complete(
    struct completion *completion, enum completion_result result)
{
	struct completion_box *box = completion->box;
	struct completion *head;

	completion->result = result;
	head = atomic_load_explicit(&box->completed, memory_order_relaxed);
	do
		completion->next = head;
	while (!atomic_compare_exchange_weak_explicit(&box->completed, &head,
	    completion, memory_order_seq_cst, memory_order_relaxed));

	/*
	 * One wake-up for a batch of completions: only the thread that found
	 * the box empty writes.  The counter cannot overflow, so the write
	 * cannot fail.
	 */
	if (head == NULL && !atomic_load(&box->awake))
		(void)eventfd_write(box->fd, 1);
}

struct completion *
completion_box_take(struct completion_box *box)
{
	eventfd_t count;

	/* The eventfd first: a completion that comes later wakes us again. */
	(void)eventfd_read(box->fd, &count);
	return completion_box_look(box);
}

struct completion *
completion_box_look(struct completion_box *box)
{
	struct completion *completion, *next, *oldest = NULL;

	completion = atomic_exchange(&box->completed, NULL);
	for (; completion != NULL; completion = next) {
		next = completion->next;
		completion->next = oldest;
		oldest = completion;
	}
	return oldest;
}
