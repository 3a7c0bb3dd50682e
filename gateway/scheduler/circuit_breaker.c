#include "gateway/scheduler/circuit_breaker.h"

#include "gateway/scheduler/backoff.h"

struct instant
circuit_breaker_open_until(const struct circuit_breaker *breaker)
{
	return breaker->trial_call != 0 ? INSTANT_NEVER : breaker->open_until;
}

uint64_t
circuit_breaker_call(struct circuit_breaker *breaker)
{
	breaker->calls++;
	if (breaker->half_open)
		breaker->trial_call = breaker->calls;
	return breaker->calls;
}

void
circuit_breaker_answered(struct circuit_breaker *breaker, uint64_t call)
{
	if (breaker->trial_call == call)
		breaker->trial_call = 0;
}

void
circuit_breaker_success(struct circuit_breaker *breaker, uint64_t call)
{
	if (call <= breaker->opened_at_call)
		return;
	breaker->failures = 0;
	breaker->half_open = false;
}

static bool
open_anew(struct circuit_breaker *breaker, uint64_t call)
{
	bool is_new = call > breaker->opened_at_call;

	if (is_new) {
		breaker->failures++;
		breaker->opened_at_call = breaker->calls;
	}
	return is_new;
}

struct instant
circuit_breaker_pause(struct circuit_breaker *breaker, uint64_t call,
    int64_t named_ns, uint32_t jitter, struct instant now)
{
	bool is_new = open_anew(breaker, call);
	int64_t wait_ns = named_ns;

	if (wait_ns == 0 && is_new)
		wait_ns = backoff_ns(&backoff_later, breaker->failures, jitter);
	if (now.ns + wait_ns > breaker->open_until.ns)
		breaker->open_until.ns = now.ns + wait_ns;
	return breaker->open_until;
}

bool
circuit_breaker_credential_refused(struct circuit_breaker *breaker,
    uint64_t call, uint32_t jitter, struct instant now)
{
	int64_t wait_ns;

	if (!open_anew(breaker, call))
		return false;
	breaker->half_open = true;
	wait_ns = backoff_ns(&backoff_hold, breaker->failures, jitter);
	if (now.ns + wait_ns > breaker->open_until.ns)
		breaker->open_until.ns = now.ns + wait_ns;
	return true;
}
