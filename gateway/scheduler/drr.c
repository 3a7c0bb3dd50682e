#include "gateway/scheduler/drr.h"

static struct lane *
ready_lane(struct list_node *node)
{
	return LIST_OWNER(node, struct lane, ready);
}

struct drr
drr_make(const struct budget *budget)
{
	struct budget_view view = budget_view(budget, 0);
	uint64_t bytes = view.bytes_per_second * 60 / view.limit;

	return (struct drr){ .call_bytes = (int64_t)(bytes > 0 ? bytes : 1) };
}

static int64_t
cost(const struct drr *drr, size_t bytes)
{
	return drr->call_bytes + (int64_t)bytes;
}

/* One call's worth for each unit of weight, so no lane is served for long. */
static int64_t
quantum(const struct drr *drr, const struct lane *lane)
{
	return drr->call_bytes * (int64_t)lane->table->options.weight;
}

/* Rounds after which it can pay. */
static int64_t
rounds_missing(const struct drr *drr, const struct lane *lane)
{
	int64_t deficit = quantum(drr, lane);

	if (lane->deficit >= lane->wanted)
		return 0;
	return (lane->wanted - lane->deficit + deficit - 1) / deficit;
}

/* Adds the quanta of the rounds in which nobody could pay, but the last. */
static void
skip_rounds(struct drr *drr, struct lane *lane, const struct list *others)
{
	int64_t rounds = rounds_missing(drr, lane), missing;
	struct list_node *node = others->first;

	for (; node != NULL && rounds > 1; node = node->next) {
		missing = rounds_missing(drr, ready_lane(node));
		if (missing < rounds)
			rounds = missing;
	}
	if (rounds <= 1)
		return;
	lane->deficit += (rounds - 1) * quantum(drr, lane);
	for (node = others->first; node != NULL; node = node->next)
		ready_lane(node)->deficit +=
		    (rounds - 1) * quantum(drr, ready_lane(node));
}

static bool
can_pay(struct drr *drr, const struct lane *lane)
{
	if (lane->deficit >= lane->wanted)
		return true;
	if (drr->missed == NULL)
		drr->missed = lane;
	return false;
}

bool
drr_visit(struct drr *drr, struct lane *lane, const struct list *others)
{
	if (!lane->in_service) {
		if (drr->missed == lane)
			skip_rounds(drr, lane, others);
		lane->deficit += quantum(drr, lane);
	}
	lane->in_service = false;
	return can_pay(drr, lane);
}

bool
drr_covers(struct drr *drr, struct lane *lane, size_t bytes)
{
	lane->wanted = cost(drr, bytes);
	return can_pay(drr, lane);
}

bool
drr_pay(struct drr *drr, struct lane *lane, size_t bytes)
{
	drr->missed = NULL;
	lane->deficit -= cost(drr, bytes);
	if (lane->deficit < 0)
		lane->deficit = 0; /* it was alone */
	lane->in_service = lane->deficit >= cost(drr, bytes);
	return lane->in_service;
}

void
drr_interrupt(struct lane *lane)
{
	lane->in_service = true;
}

void
drr_reset(struct drr *drr, struct lane *lane)
{
	if (drr->missed == lane)
		drr->missed = NULL;
	lane->deficit = 0;
	lane->wanted = 0;
	lane->in_service = false;
}
