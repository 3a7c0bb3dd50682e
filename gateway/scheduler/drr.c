#include "gateway/scheduler/drr.h"

struct drr
drr_make(const struct budget *budget)
{
	struct budget_view view = budget_view(budget, 0);
	uint64_t bytes = view.bytes_per_second * 60 / view.limit;

	return (struct drr){ .call_bytes = (int64_t)(bytes > 0 ? bytes : 1) };
}

static int64_t
cost(const struct drr *share, size_t bytes)
{
	return share->call_bytes + (int64_t)bytes;
}

/* One call's worth for each of its weight: no lane sends long by itself. */
static int64_t
round_credit(const struct drr *share, const struct lane *lane)
{
	return share->call_bytes * (int64_t)lane->table->options.weight;
}

/* After which it can pay. */
static int64_t
rounds_missing(const struct drr *share, const struct lane *lane)
{
	int64_t credit = round_credit(share, lane);

	if (lane->credit >= lane->wanted)
		return 0;
	return (lane->wanted - lane->credit + credit - 1) / credit;
}

/* All but the last of the rounds in which nobody could pay. */
static void
skip_rounds(struct drr *share, struct lane *lane, struct lane *others)
{
	int64_t rounds = rounds_missing(share, lane), missing;
	struct lane *l = others;

	for (; l != NULL && rounds > 1; l = l->ready_next) {
		missing = rounds_missing(share, l);
		if (missing < rounds)
			rounds = missing;
	}
	if (rounds <= 1)
		return;
	lane->credit += (rounds - 1) * round_credit(share, lane);
	for (l = others; l != NULL; l = l->ready_next)
		l->credit += (rounds - 1) * round_credit(share, l);
}

static bool
can_pay(struct drr *share, const struct lane *lane)
{
	if (lane->credit >= lane->wanted)
		return true;
	if (share->missed == NULL)
		share->missed = lane;
	return false;
}

bool
drr_visit(struct drr *share, struct lane *lane, struct lane *others)
{
	if (!lane->in_turn) {
		if (share->missed == lane)
			skip_rounds(share, lane, others);
		lane->credit += round_credit(share, lane);
	}
	lane->in_turn = false;
	return can_pay(share, lane);
}

bool
drr_covers(struct drr *share, struct lane *lane, size_t bytes)
{
	lane->wanted = cost(share, bytes);
	return can_pay(share, lane);
}

bool
drr_pay(struct drr *share, struct lane *lane, size_t bytes)
{
	share->missed = NULL;
	lane->credit -= cost(share, bytes);
	if (lane->credit < 0)
		lane->credit = 0; /* it was alone */
	lane->in_turn = lane->credit >= cost(share, bytes);
	return lane->in_turn;
}

void
drr_interrupt(struct lane *lane)
{
	lane->in_turn = true;
}

void
drr_forget(struct drr *share, struct lane *lane)
{
	if (share->missed == lane)
		share->missed = NULL;
	lane->credit = 0;
	lane->wanted = 0;
	lane->in_turn = false;
}
