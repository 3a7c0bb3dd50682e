#include "gateway/metrics/upstream_words.h"

#include <string.h>

#define X(symbol, word) word,
const char *const upstream_stats_closed_words[] = { UPSTREAM_STATS_CLOSED(X) };
const char *const upstream_stats_again_words[] = { UPSTREAM_STATS_AGAIN(X) };
const char *const upstream_stats_dead_words[] = { UPSTREAM_STATS_DEAD(X) };
const char *const upstream_stats_lane_words[] = { UPSTREAM_STATS_LANE(X) };
#undef X

enum upstream_stats_dead
upstream_stats_dead_by(const char *word)
{
	for (unsigned i = 0; i < UPSTREAM_STATS_DEAD_COUNT; i++)
		if (strcmp(upstream_stats_dead_words[i], word) == 0)
			return (enum upstream_stats_dead)i;
	return UPSTREAM_STATS_DEAD_REFUSED;
}
