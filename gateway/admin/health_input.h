/*
 * health_input - what is looked at to tell whether all is well, and what it shows.
 *
 * Units	milliseconds, percent.
 * Ownership	borrows all.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_ADMIN_HEALTH_INPUT_H
#define GATEWAY_ADMIN_HEALTH_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"

struct health_input {
	const struct registry_view *view;
	const struct history_second *history; /* oldest first */
	unsigned history_count;
	const char *why_not; /* NULL: ready */
	int64_t wall_ms;
};

/* Was this the reason of a refusal within so long? */
bool health_input_happened(
    const struct health_input *scene, unsigned reason, int64_t within_ms);

/* The first lane that stands so; how many do, and its table's name. */
const struct upstream_stats_table *health_input_lane(
    const struct health_input *scene, enum upstream_stats_lane lane,
    unsigned *count, const char **name);

/* How long the oldest event has waited; 0: none waits. */
int64_t health_input_oldest_ms(const struct health_input *scene);

/* The mean of the last seconds, of a field by its offset. */
double health_input_mean(const struct health_input *scene, size_t field);
#define HEALTH_INPUT_MEAN(scene, field)                                        \
	health_input_mean(scene, offsetof(struct history_second, field))

/* Of what may be spent, in percent: by pace, or by what Polaris counts. */
uint64_t health_input_calls_used(const struct health_input *scene);

uint64_t health_input_percent(uint64_t part, uint64_t whole);

#endif
