/*
 * health - is all well?  One sentence, and what to do if it is not.
 *
 * The rules of health.c are asked in the order of their importance, and the
 * first that applies gives the sentence.  The page, `top` and whoever reads
 * /status see the same one.
 */
#ifndef GATEWAY_ADMIN_HEALTH_H
#define GATEWAY_ADMIN_HEALTH_H

#include <stdint.h>

#include "gateway/metrics/registry.h"

/* What the rules look at; all borrowed. */
struct health_input {
	const struct registry_view *view;
	const struct history_second *history; /* oldest first */
	unsigned history_count;
	const char *why_not; /* NULL: ready; else as admin_ready was told */
	int64_t wall_ms;
};

struct health {
	const char *level; /* ok, warn, bad */
	char sentence[300];
	char advice[300];
};

struct health health_of(const struct health_input *input);

#endif
