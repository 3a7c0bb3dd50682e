#include "gateway/transmit/verdict.h"

#include <stddef.h>
#include <string.h>

struct row {
	unsigned from, to;
	struct verdict verdict;
};

#define ADVICE_BUSY                                                            \
	"the upstream is in trouble: nothing is lost, it is tried again"
#define ADVICE_DATA                                                            \
	"the upstream refuses an event: compare it with the table's schema; "  \
	"the others of its batch are sent without it"

/*
 * The first row that covers the status decides, so exceptions stand above the
 * range they are taken from.
 */
/* clang-format off */
static const struct row rows[] = {
	{ 200, 299, { VERDICT_DELIVERED, "delivered", NULL } },
	{ 401, 401, { VERDICT_RENEW,	 "credential", NULL } },
	{ 403, 403, { VERDICT_HOLD,	 "forbidden",
	    "give the gateway's client the role ManageStreams for this table; "
	    "its events are kept" } },
	{ 404, 404, { VERDICT_HOLD,	 "not_found",
	    "create the table's push connection upstream, or correct the "
	    "table's id and upstream.url; its events are kept" } },
	{ 408, 408, { VERDICT_LATER,	 "busy", ADVICE_BUSY } },
	{ 425, 425, { VERDICT_LATER,	 "busy", ADVICE_BUSY } },
	{ 429, 429, { VERDICT_PAUSE,	 "over_limit",
	    "somebody else spends the organization's calls, or budget is set "
	    "too high: all sending pauses" } },
	{ 400, 400, { VERDICT_SPLIT,	 "refused", ADVICE_DATA } },
	{ 413, 413, { VERDICT_SPLIT,	 "too_large",
	    "lower batch.max_bytes: the upstream takes no such size" } },
	{ 422, 422, { VERDICT_SPLIT,	 "refused", ADVICE_DATA } },
	{ 500, 599, { VERDICT_LATER,	 "busy", ADVICE_BUSY } },
};

/* What kept an answer from coming: the first word of its `why`. */
static const struct verdict troubles[] = {
	{ VERDICT_LATER, "dns",
	    "the name in upstream.url has no address here: check it and the "
	    "resolver; nothing is lost" },
	{ VERDICT_LATER, "connect",
	    "check the network, firewalls and upstream.url; nothing is lost" },
	{ VERDICT_LATER, "tls",
	    "check upstream.ca_file, this host's clock and that upstream.url "
	    "names the right host; nothing is lost" },
	{ VERDICT_LATER, "timeout",
	    "the upstream is slow: if this lasts raise upstream.timeout; "
	    "nothing is lost" },
	{ VERDICT_LATER, "reset",
	    "the connection was closed: if this lasts look for a proxy in "
	    "between; nothing is lost" },
	{ VERDICT_LATER, "garbage",
	    "what answers is no HTTP server that we understand: check "
	    "upstream.url; nothing is lost" },
	{ VERDICT_LATER, "memory",
	    "this host is out of memory; nothing is lost" },
	{ VERDICT_LATER, "credential",
	    "there is no token to send with: it is fetched; nothing is lost" },
};
/* clang-format on */

/* 1xx, 3xx, 415 and the other 4xx: not an API that we know how to talk to. */
static const struct verdict strange = { VERDICT_HOLD, "strange_answer",
	"check upstream.url: the answer is none of the Events API's; with 415, "
	"try upstream.compression: none" };

static const struct verdict silent = { VERDICT_LATER, "trouble",
	"check the network and upstream.url if this lasts; nothing is lost" };

static const struct verdict locked = { VERDICT_LOCKED, "credential",
	"the upstream refuses our credential: check upstream.credentials; a "
	"changed secret file is read by itself" };

static const struct verdict *
of_trouble(const char *why)
{
	size_t len;

	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		len = strlen(troubles[i].word);
		if (strncmp(why, troubles[i].word, len) == 0 && why[len] == ':')
			return &troubles[i];
	}
	return &silent;
}

const struct verdict *
verdict_of(const struct upstream_answer *answer)
{
	if (answer->end != UPSTREAM_ANSWERED)
		return of_trouble(answer->why);
	if (answer->status == 401 && !answer->renewing)
		return &locked;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (answer->status >= rows[i].from &&
		    answer->status <= rows[i].to)
			return &rows[i].verdict;
	return &strange;
}
