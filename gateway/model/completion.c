#include "gateway/model/completion.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/mpsc.h"

MPSC_FUNCTIONS(completions, struct completion)

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
	bool first;

	completion->result = result;
	first = completions_push(&box->completed, completion);

	/*
	 * One wake-up for a batch of completions: only the thread that found
	 * the box empty writes.  The counter cannot overflow, so the write
	 * cannot fail.
	 */
	if (first && !atomic_load(&box->awake))
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
	return completions_take(&box->completed);
}
