#include "gateway/metrics/upstream_stats.h"

#include <string.h>

#define MS_PER_MINUTE 60000

#define X(symbol, word) word,
const char *const upstream_stats_closed_words[] = { UPSTREAM_STATS_CLOSED(X) };
const char *const upstream_stats_again_words[] = { UPSTREAM_STATS_AGAIN(X) };
const char *const upstream_stats_dead_words[] = { UPSTREAM_STATS_DEAD(X) };
const char *const upstream_stats_lane_words[] = { UPSTREAM_STATS_LANE(X) };
#undef X

/*
 * The label is noted in the table, where it costs no look-up the next time and
 * where the receiving side finds it for what it refuses.
 */
struct upstream_stats_table *
upstream_stats_of(struct upstream_stats *stats, struct table *table)
{
	uint32_t noted =
	    atomic_load_explicit(&table->label, memory_order_relaxed);
	uint16_t label;

	if (noted != 0)
		return &stats->tables[noted - 1];
	label =
	    label_table_intern(&stats->labels, span_of(table->options.name));
	atomic_store_explicit(
	    &table->label, (uint32_t)label + 1, memory_order_relaxed);
	return &stats->tables[label];
}

void
upstream_stats_minute(struct upstream_stats *stats, int64_t wall_ms)
{
	int64_t minute = wall_ms / MS_PER_MINUTE;

	if (minute == stats->minute)
		return;
	stats->minute = minute;
	for (unsigned i = 0; i < LABEL_TABLE_MOST; i++)
		stats->tables[i].calls_in_minute = 0;
	memset(stats->producer_calls_in_minute, 0,
	    sizeof stats->producer_calls_in_minute);
}

uint64_t
upstream_stats_dead(const struct upstream_stats_table *table)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < UPSTREAM_STATS_DEAD_COUNT; i++)
		sum += table->dead_lettered[i];
	return sum;
}

enum upstream_stats_dead
upstream_stats_dead_by(const char *word)
{
	for (unsigned i = 0; i < UPSTREAM_STATS_DEAD_COUNT; i++)
		if (strcmp(upstream_stats_dead_words[i], word) == 0)
			return (enum upstream_stats_dead)i;
	return UPSTREAM_STATS_DEAD_REFUSED;
}
