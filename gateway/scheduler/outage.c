#include "gateway/scheduler/outage.h"

#define COME_BACK_NS (NS_PER_S / 2)

void
outage_cut_off(struct outage *outage, struct lane *lane, uint64_t calls)
{
	outage->at_call = calls;
	if (lane->cut_off)
		return;
	lane->cut_off = true;
	lane->cut_off_next = outage->first;
	outage->first = lane;
}

bool
outage_ends(const struct outage *outage, uint64_t call)
{
	return outage->first != NULL && call > outage->at_call;
}

struct lane *
outage_next(struct outage *outage, uint32_t chance, struct instant now)
{
	struct lane *lane = outage->first;
	int64_t back_ns = now.ns + (int64_t)chance % COME_BACK_NS;

	if (lane == NULL)
		return NULL;
	outage->first = lane->cut_off_next;
	lane->cut_off = false;
	if (lane->until.ns > back_ns)
		lane->until.ns = back_ns;
	return lane;
}
