/*
 * scene - what is looked at to tell whether all is well, and what it shows.
 *
 * Units	milliseconds, percent.
 * Ownership	borrows all.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_ADMIN_SCENE_H
#define GATEWAY_ADMIN_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/account.h"

struct scene {
	const struct account_view *view;
	const struct history_second *history; /* oldest first */
	unsigned history_count;
	const char *why_not; /* NULL: ready */
	int64_t wall_ms;
};

/* Was this the reason of a refusal within so long? */
bool scene_happened(
    const struct scene *scene, unsigned reason, int64_t within_ms);

/* The first lane that stands so; how many do, and its table's name. */
const struct books_table *scene_lane(const struct scene *scene,
    enum books_lane lane, unsigned *count, const char **name);

/* How long the oldest event has waited; 0: none waits. */
int64_t scene_oldest_ms(const struct scene *scene);

/* The mean of the last seconds, of a field by its offset. */
double scene_mean(const struct scene *scene, size_t field);
#define SCENE_MEAN(scene, field)                                               \
	scene_mean(scene, offsetof(struct history_second, field))

/* Of what may be spent, in percent: by pace, or by what Polaris counts. */
uint64_t scene_calls_used(const struct scene *scene);

uint64_t scene_percent(uint64_t part, uint64_t whole);

#endif
