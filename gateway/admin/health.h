/*
 * health - is all well? One sentence, and what to do if it is not.
 *
 * Rules are asked in the order of how much they matter; the first that has
 * something to say is heard.  The page, `top` and whoever reads /status see
 * the same sentence.
 *
 * Units	milliseconds.
 * Ownership	a plain value.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_ADMIN_HEALTH_H
#define GATEWAY_ADMIN_HEALTH_H

#include "gateway/account.h"

/* What is looked at. */
struct health_scene {
	const struct account_view *view;
	const struct history_second *history; /* oldest first */
	unsigned history_count;
	const char *why_not; /* NULL: ready */
	int64_t wall_ms;
};

struct health {
	const char *level; /* ok, warn, bad */
	char sentence[300];
	char advice[300];
};

struct health health_of(const struct health_scene *scene);

#endif
