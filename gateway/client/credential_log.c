#include "gateway/client/credential_log.h"

#include <stdio.h>

#include "gateway/base/log.h"

#define REPEAT_NS (60 * NS_PER_S)

void
credential_log_fetched(
    struct credential_log *log, int64_t expires_s, int64_t wall_ms)
{
	log_event(log->logged ? LOG_DEBUG : LOG_INFO, "token_fetched",
	    LOG_INT("expires_seconds", expires_s),
	    LOG_INT("failures_before", log->failures));
	log->logged = true;
	log->failures = log->unlogged = 0;
	log->good++;
	log->good_ms = wall_ms;
}

void
credential_log_failed(struct credential_log *log, const char *why,
    struct instant now, int64_t wall_ms)
{
	log->bad++;
	log->bad_ms = wall_ms;
	snprintf(log->why, sizeof log->why, "%s", why);
	log->logged = false;
	log->failures++;
	log->unlogged++;
	if (log->failures > 1 && now.ns - log->last.ns < REPEAT_NS)
		return;
	log_event(LOG_WARN, "token_failed", LOG_STR("why", why),
	    LOG_INT("failures", log->failures),
	    LOG_INT("untold", log->unlogged - 1),
	    LOG_STR("advice",
		"no new token from token_url: events are kept and wait once "
		"the old token ends; check that the URL can be reached from "
		"here, and the client's id and secret"));
	log->unlogged = 0;
	log->last = now;
}

void
credential_log_secret(enum secret_news news, const char *why)
{
	if (news == SECRET_CHANGED)
		log_event(LOG_INFO, "secret_changed",
		    LOG_STR("why", "its file was replaced"));
	if (news == SECRET_UNUSABLE)
		log_event(LOG_WARN, "secret_unusable", LOG_STR("why", why),
		    LOG_STR("advice",
			"the old secret stays in use until the file holds "
			"one line of visible ASCII"));
}
