#include "gateway/transmit/share.h"

struct share
share_make(const struct budget *budget)
{
	struct budget_view view = budget_view(budget, 0);
	uint64_t bytes = view.bytes_per_second * 60 / view.limit;

	return (struct share){ (int64_t)(bytes > 0 ? bytes : 1) };
}

static int64_t
cost(const struct share *share, size_t bytes)
{
	return share->call_bytes + (int64_t)bytes;
}

/* One call's worth for each of its weight: no lane sends long by itself. */
bool
share_visit(const struct share *share, struct lane *lane)
{
	if (!lane->in_turn)
		lane->credit +=
		    share->call_bytes * (int64_t)lane->table->options.weight;
	lane->in_turn = false;
	return lane->credit >= lane->wanted;
}

bool
share_covers(const struct share *share, struct lane *lane, size_t bytes)
{
	lane->wanted = cost(share, bytes);
	return lane->credit >= lane->wanted;
}

bool
share_pay(const struct share *share, struct lane *lane, size_t bytes)
{
	lane->credit -= cost(share, bytes);
	if (lane->credit < 0)
		lane->credit = 0; /* it was alone */
	lane->in_turn = lane->credit >= cost(share, bytes);
	return lane->in_turn;
}

void
share_interrupt(struct lane *lane)
{
	lane->in_turn = true;
}

void
share_forget(struct lane *lane)
{
	lane->credit = 0;
	lane->wanted = 0;
	lane->in_turn = false;
}
