#include "gateway/readiness.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/spool_stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Events are checked for their age.  With a clock before the day of this build
 * all of them would be refused as too new: the machine has not set it yet.
 */
static bool
clock_set(void)
{
	return clock_wall_ms() / 1000 >= GATEWAY_DATE_S;
}

const char *
readiness_why_not(struct spool *spool)
{
	struct spool_health health = spool_health(spool);

	return !clock_set()     ? "clock"
	       : health.failing ? "disk_failing"
	       : spool_bytes(spool) * 100 / 99 > spool_limit_bytes(spool)
		   ? "spool_full"
		   : NULL;
}

/* What each of those words means, for the log. */
static const char *
advice_for(const char *why_not)
{
	static const struct {
		const char *word, *advice;
	} advices[] = {
		{ "clock", "this machine's clock is before the day this "
			   "program was made; set it" },
		{ "disk_failing",
		    "the spool's disk does not take events: producers get 503 "
		    "until it does; look at the system's log" },
		{ "spool_full",
		    "no event is lost, and producers get 503 until some are "
		    "delivered; is the upstream reached? spool.max_bytes may "
		    "be larger" },
	};

	for (size_t i = 0; i < COUNT(advices); i++)
		if (strcmp(advices[i].word, why_not) == 0)
			return advices[i].advice;
	return NULL;
}

void
readiness_log(const char *why_not)
{
	if (why_not == NULL)
		log_event(LOG_INFO, "ready");
	else
		log_event(LOG_WARN, "not_ready", LOG_STR("why", why_not),
		    LOG_STR("advice", advice_for(why_not)));
}
