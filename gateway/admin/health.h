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

#include "gateway/admin/health_input.h"

struct health {
	const char *level; /* ok, warn, bad */
	char sentence[300];
	char advice[300];
};

struct health health_of(const struct health_input *scene);

#endif
