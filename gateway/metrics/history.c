#include "gateway/metrics/history.h"

#define MS_PER_MINUTE 60000.0

static double
rate(uint64_t later, uint64_t earlier, double seconds)
{
	return (double)(later - earlier) / seconds;
}

static double
quantile_ms(const struct histogram_view *later,
    const struct histogram_view *earlier, double part)
{
	struct histogram_view since = histogram_since(later, earlier);

	return 1000 * histogram_quantile(&since, &histogram_time, part);
}

/* The first one only says from where to count. */
void
history_add(struct history *history, const struct history_totals *now)
{
	const struct history_totals *last = &history->last;
	double seconds = (double)(now->wall_ms - last->wall_ms) / 1000;

	if (last->wall_ms != 0 && seconds > 0) {
		history->seconds[history->next] = (struct history_second){
			.wall_ms = now->wall_ms,
			.in = rate(now->accepted, last->accepted, seconds),
			.out = rate(now->delivered, last->delivered, seconds),
			.refused = rate(now->refused, last->refused, seconds),
			.calls = rate(now->calls, last->calls, seconds),
			.calls_limit =
			    (double)now->calls_limit * 1000 / MS_PER_MINUTE,
			.waiting = (double)now->waiting,
			.spool_bytes = (double)now->spool_bytes,
			.ack_p50_ms = quantile_ms(&now->ack, &last->ack, 0.5),
			.ack_p99_ms = quantile_ms(&now->ack, &last->ack, 0.99),
			.delivery_p50_ms =
			    quantile_ms(&now->delivery, &last->delivery, 0.5),
			.delivery_p99_ms =
			    quantile_ms(&now->delivery, &last->delivery, 0.99),
		};
		history->next = (history->next + 1) % HISTORY_SECONDS;
		history->count += history->count < HISTORY_SECONDS;
	}
	history->last = *now;
}

unsigned
history_since(const struct history *history, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS])
{
	unsigned at = history->next + HISTORY_SECONDS - history->count;
	unsigned count = 0;

	for (unsigned i = 0; i < history->count; i++, at++) {
		const struct history_second *second =
		    &history->seconds[at % HISTORY_SECONDS];

		if (second->wall_ms > since_ms)
			out[count++] = *second;
	}
	return count;
}
