/*
 * budget - the organization's calls and bytes, this process' share of them.
 *
 * Polaris counts calls by calendar minute.  A bucket as deep as the limit
 * would let twice the limit through around the turn of a minute, so ours is
 * shallow: see token_bucket.h.  A call spends one of the calls and its
 * uncompressed bytes, both or none.
 *
 * Units	calls a minute, bytes a second, nanoseconds of waiting.
 * Ownership	budget_open gives, budget_close takes.
 * Threads	budget_spend from one thread (the pump); budget_view from any.
 * Source	"Push event data by API", Imply Polaris documentation: 83,334
 *		calls a minute and 100 MB/s for one organization.
 */
#ifndef GATEWAY_MODEL_BUDGET_H
#define GATEWAY_MODEL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "parsers/err.h"

struct budget_options {
	uint64_t calls_per_minute; /* the organization's */
	uint64_t bytes_per_second; /* the organization's */
	uint64_t replicas;         /* this process takes 1/replicas of both */
};

struct budget;

/* `largest_call_bytes` is batch.max_bytes: the least depth in bytes. */
bool budget_open(struct budget **out, const struct budget_options *options,
    uint64_t largest_call_bytes, struct instant now, struct err *err);
void budget_close(struct budget **budget);

/*
 * Spends one call of `bytes` (at most largest_call_bytes) and returns 0, or
 * spends nothing and returns the nanoseconds after which it would go.
 */
int64_t budget_spend(
    struct budget *budget, uint64_t bytes, struct instant now, int64_t wall_ms);

/* What RateLimit-* headers say: of this share, in this calendar minute. */
struct budget_view {
	uint64_t limit;     /* calls a minute */
	uint64_t remaining; /* of them, in the minute of wall_ms */
	uint32_t reset_s;   /* 1..60, to the minute's end */
	uint64_t bytes_per_second;
};

struct budget_view budget_view(const struct budget *budget, int64_t wall_ms);

#endif
