#include "gateway/admin/health_input.h"

#include <stddef.h>

#define RATE_SECONDS 10

bool
health_input_happened(
    const struct health_input *scene, unsigned reason, int64_t within_ms)
{
	int64_t last = scene->view->samples[reason][0].wall_ms;

	return last != 0 && scene->wall_ms - last <= within_ms;
}

uint64_t
health_input_percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : part * 100 / whole;
}

const struct upstream_stats_table *
health_input_lane(const struct health_input *scene,
    enum upstream_stats_lane lane, unsigned *count, const char **name)
{
	const struct upstream_stats *stats = &scene->view->stats;
	const struct upstream_stats_table *first = NULL;

	*count = 0;
	for (uint16_t t = 0; t <= stats->labels.count; t++) {
		if (stats->tables[t].lane != lane)
			continue;
		if ((*count)++ > 0)
			continue;
		first = &stats->tables[t];
		*name = label_table_name(&stats->labels, t);
	}
	return first;
}

int64_t
health_input_oldest_ms(const struct health_input *scene)
{
	const struct upstream_stats *stats = &scene->view->stats;
	int64_t oldest = 0;

	for (unsigned t = 0; t <= stats->labels.count; t++)
		if (stats->tables[t].waiting > 0 &&
		    stats->tables[t].oldest_ms > oldest)
			oldest = stats->tables[t].oldest_ms;
	return oldest;
}

double
health_input_mean(const struct health_input *scene, size_t field)
{
	unsigned n = scene->history_count < RATE_SECONDS ? scene->history_count
							 : RATE_SECONDS;
	double sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *second =
		    (const char *)&scene->history[scene->history_count - 1 - i];

		sum += *(const double *)(const void *)(second + field);
	}
	return n == 0 ? 0 : sum / n;
}

uint64_t
health_input_calls_used(const struct health_input *scene)
{
	const struct upstream_stats *stats = &scene->view->stats;
	double limit = HEALTH_INPUT_MEAN(scene, calls_limit);
	uint64_t minute =
	    health_input_percent(stats->budget_used, stats->budget_limit);
	uint64_t pace =
	    limit > 0
		? (uint64_t)(100 * HEALTH_INPUT_MEAN(scene, calls) / limit)
		: 0;

	return pace > minute ? pace : minute;
}
