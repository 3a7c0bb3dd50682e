#include "gateway/admin/scene.h"

#include <stddef.h>

#define RATE_SECONDS 10

bool
scene_happened(const struct scene *scene, unsigned reason, int64_t within_ms)
{
	int64_t last = scene->view->samples[reason][0].wall_ms;

	return last != 0 && scene->wall_ms - last <= within_ms;
}

uint64_t
scene_percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : part * 100 / whole;
}

const struct books_table *
scene_lane(const struct scene *scene, enum books_lane lane, unsigned *count,
    const char **name)
{
	const struct books *books = &scene->view->books;
	const struct books_table *first = NULL;

	*count = 0;
	for (uint16_t t = 0; t <= books->labels.count; t++) {
		if (books->tables[t].lane != lane)
			continue;
		if ((*count)++ > 0)
			continue;
		first = &books->tables[t];
		*name = labels_name(&books->labels, t);
	}
	return first;
}

int64_t
scene_oldest_ms(const struct scene *scene)
{
	const struct books *books = &scene->view->books;
	int64_t oldest = 0;

	for (unsigned t = 0; t <= books->labels.count; t++)
		if (books->tables[t].waiting > 0 &&
		    books->tables[t].oldest_ms > oldest)
			oldest = books->tables[t].oldest_ms;
	return oldest;
}

double
scene_mean(const struct scene *scene, size_t field)
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
scene_calls_used(const struct scene *scene)
{
	const struct books *books = &scene->view->books;
	double limit = SCENE_MEAN(scene, calls_limit);
	uint64_t minute =
	    scene_percent(books->budget_used, books->budget_limit);
	uint64_t pace =
	    limit > 0 ? (uint64_t)(100 * SCENE_MEAN(scene, calls) / limit) : 0;

	return pace > minute ? pace : minute;
}
