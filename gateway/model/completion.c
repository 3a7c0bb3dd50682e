#include "gateway/model/completion.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool
completion_box_init(struct completion_box *box, struct err *err)
{
	atomic_init(&box->settled, NULL);
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
completion_settle(struct completion *ticket, enum completion_result result)
{
	struct completion_box *box = ticket->box;
	struct completion *head;

	ticket->result = result;
	head = atomic_load_explicit(&box->settled, memory_order_relaxed);
	do
		ticket->next = head;
	while (!atomic_compare_exchange_weak_explicit(&box->settled, &head,
	    ticket, memory_order_seq_cst, memory_order_relaxed));

	/*
	 * One wake-up a batch of tickets, not one each: whoever found the box
	 * empty rings.  The counter cannot overflow, so the write cannot fail.
	 */
	if (head == NULL && !atomic_load(&box->awake))
		(void)eventfd_write(box->fd, 1);
}

struct completion *
completion_box_take(struct completion_box *box)
{
	eventfd_t rings;

	/* The bell first: a ticket that comes later rings it again. */
	(void)eventfd_read(box->fd, &rings);
	return completion_box_look(box);
}

struct completion *
completion_box_look(struct completion_box *box)
{
	struct completion *ticket, *next, *oldest = NULL;

	ticket = atomic_exchange(&box->settled, NULL);
	for (; ticket != NULL; ticket = next) {
		next = ticket->next;
		ticket->next = oldest;
		oldest = ticket;
	}
	return oldest;
}
