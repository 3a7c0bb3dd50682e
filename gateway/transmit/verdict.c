#include "gateway/transmit/verdict.h"

#include <stddef.h>

struct row {
	unsigned from, to;
	struct verdict verdict;
};

#define ADVICE_BUSY                                                            \
	"the upstream is in trouble: nothing is lost, it is tried again"
#define ADVICE_DATA                                                            \
	"the upstream refuses what it was sent: compare the events with the "  \
	"table's schema; they are kept"

/*
 * The first row that covers the status decides, so exceptions stand above the
 * range they are taken from.
 */
/* clang-format off */
static const struct row rows[] = {
	{ 200, 299, { VERDICT_DELIVERED, NULL } },
	{ 401, 401, { VERDICT_RENEW,	 NULL } },
	{ 403, 403, { VERDICT_HOLD,
	    "give the gateway's client the role ManageStreams for this table; "
	    "its events are kept" } },
	{ 404, 404, { VERDICT_HOLD,
	    "create the table's push connection upstream, or correct the "
	    "table's id and upstream.url; its events are kept" } },
	{ 408, 408, { VERDICT_LATER,	 ADVICE_BUSY } },
	{ 425, 425, { VERDICT_LATER,	 ADVICE_BUSY } },
	{ 429, 429, { VERDICT_PAUSE,
	    "somebody else spends the organization's calls, or budget is set "
	    "too high: all sending pauses" } },
	{ 400, 400, { VERDICT_HOLD,	 ADVICE_DATA } },
	{ 413, 413, { VERDICT_HOLD,
	    "lower batch.max_bytes: the upstream takes no such size" } },
	{ 422, 422, { VERDICT_HOLD,	 ADVICE_DATA } },
	{ 500, 599, { VERDICT_LATER,	 ADVICE_BUSY } },
};
/* clang-format on */

/* 1xx, 3xx and the other 4xx: not an API that we know how to talk to. */
static const struct verdict strange = { VERDICT_HOLD,
	"check upstream.url: the answer is none of the Events API's" };

static const struct verdict silent = { VERDICT_LATER,
	"check the network and upstream.url if this lasts; nothing is lost" };

static const struct verdict locked = { VERDICT_LOCKED,
	"the upstream refuses our credential: check upstream.credentials; a "
	"changed secret file is read by itself" };

const struct verdict *
verdict_of(const struct upstream_answer *answer)
{
	if (answer->end != UPSTREAM_ANSWERED)
		return &silent;
	if (answer->status == 401 && !answer->renewing)
		return &locked;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (answer->status >= rows[i].from &&
		    answer->status <= rows[i].to)
			return &rows[i].verdict;
	return &strange;
}
