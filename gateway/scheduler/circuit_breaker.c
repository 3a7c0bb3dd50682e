#include "gateway/scheduler/circuit_breaker.h"

#include "gateway/scheduler/backoff.h"

struct instant
breaker_opens(const struct breaker *gate)
{
	return gate->trial != 0 ? INSTANT_NEVER : gate->open_at;
}

uint64_t
breaker_call(struct breaker *gate)
{
	gate->calls++;
	if (gate->on_trial)
		gate->trial = gate->calls;
	return gate->calls;
}

void
breaker_back(struct breaker *gate, uint64_t call)
{
	if (gate->trial == call)
		gate->trial = 0;
}

void
breaker_good(struct breaker *gate, uint64_t call)
{
	if (call <= gate->shut_at_call)
		return;
	gate->level = 0;
	gate->on_trial = false;
}

static bool
shut(struct breaker *gate, uint64_t call)
{
	bool news = call > gate->shut_at_call;

	if (news) {
		gate->level++;
		gate->shut_at_call = gate->calls;
	}
	return news;
}

struct instant
breaker_pause(struct breaker *gate, uint64_t call, int64_t told_ns,
    uint32_t chance, struct instant now)
{
	bool news = shut(gate, call);
	int64_t wait_ns = told_ns;

	if (wait_ns == 0 && news)
		wait_ns = backoff_ns(&backoff_later, gate->level, chance);
	if (now.ns + wait_ns > gate->open_at.ns)
		gate->open_at.ns = now.ns + wait_ns;
	return gate->open_at;
}

bool
breaker_lock(
    struct breaker *gate, uint64_t call, uint32_t chance, struct instant now)
{
	int64_t wait_ns;

	if (!shut(gate, call))
		return false;
	gate->on_trial = true;
	wait_ns = backoff_ns(&backoff_hold, gate->level, chance);
	if (now.ns + wait_ns > gate->open_at.ns)
		gate->open_at.ns = now.ns + wait_ns;
	return true;
}
