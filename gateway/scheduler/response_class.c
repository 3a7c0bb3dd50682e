#include "gateway/scheduler/response_class.h"

#include <stddef.h>
#include <string.h>

struct row {
	unsigned from, to;
	struct response_class class;
};

#define ADVICE_BUSY                                                            \
	"the upstream is in trouble: nothing is lost, it is tried again"
#define ADVICE_DATA                                                            \
	"the upstream refuses an event: compare it with the table's schema; "  \
	"the others of its batch are sent without it"

/*
 * The first row that covers the status decides, so exceptions stand above their
 * range.
 */
/* clang-format off */
static const struct row rows[] = {
	{ 200, 299, { RESPONSE_CLASS_DELIVERED, "delivered", NULL } },
	{ 401, 401, { RESPONSE_CLASS_RENEW,	 "credential", NULL } },
	{ 403, 403, { RESPONSE_CLASS_HOLD,	 "forbidden",
	    "give the gateway's client the role ManageStreams for this table; "
	    "its events are kept" } },
	{ 404, 404, { RESPONSE_CLASS_HOLD,	 "not_found",
	    "create the table's push connection upstream, or correct the "
	    "table's id and upstream.url; its events are kept" } },
	{ 408, 408, { RESPONSE_CLASS_LATER,	 "busy", ADVICE_BUSY } },
	{ 425, 425, { RESPONSE_CLASS_LATER,	 "busy", ADVICE_BUSY } },
	{ 429, 429, { RESPONSE_CLASS_PAUSE,	 "over_limit",
	    "somebody else spends the organization's calls, or budget is set "
	    "too high: all sending pauses" } },
	{ 400, 400, { RESPONSE_CLASS_SPLIT,	 "refused", ADVICE_DATA } },
	{ 413, 413, { RESPONSE_CLASS_SPLIT,	 "too_large",
	    "lower batch.max_bytes: the upstream takes no such size" } },
	{ 422, 422, { RESPONSE_CLASS_SPLIT,	 "refused", ADVICE_DATA } },
	{ 500, 599, { RESPONSE_CLASS_LATER,	 "busy", ADVICE_BUSY } },
};

/* When there was no response: by the first word of the answer's `why`. */
static const struct response_class errors[] = {
	{ RESPONSE_CLASS_LATER, "dns",
	    "the name in upstream.url has no address here: check it and the "
	    "resolver; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "connect",
	    "check the network, firewalls and upstream.url; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "tls",
	    "check upstream.ca_file, this host's clock and that upstream.url "
	    "names the right host; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "timeout",
	    "the upstream is slow: if this lasts raise upstream.timeout; "
	    "nothing is lost" },
	{ RESPONSE_CLASS_LATER, "reset",
	    "the connection was closed: if this lasts look for a proxy in "
	    "between; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "garbage",
	    "what answers is no HTTP server that we understand: check "
	    "upstream.url; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "memory",
	    "this host is out of memory; nothing is lost" },
	{ RESPONSE_CLASS_LATER, "credential",
	    "there is no token to send with: it is fetched; nothing is lost" },
};
/* clang-format on */

/* 1xx, 3xx, 415 and the other 4xx: this is not the Events API. */
static const struct response_class unexpected = { RESPONSE_CLASS_HOLD,
	"strange_answer",
	"check upstream.url: the answer is none of the Events API's; with 415, "
	"try upstream.compression: none" };

static const struct response_class no_answer = { RESPONSE_CLASS_LATER,
	"trouble",
	"check the network and upstream.url if this lasts; nothing is lost" };

static const struct response_class credential_refused = {
	RESPONSE_CLASS_CREDENTIAL, "credential",
	"the upstream refuses our credential: check upstream.credentials; a "
	"changed secret file is read by itself"
};

static const struct response_class *
by_error(const char *why)
{
	size_t len;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		len = strlen(errors[i].word);
		if (strncmp(why, errors[i].word, len) == 0 && why[len] == ':')
			return &errors[i];
	}
	return &no_answer;
}

const struct response_class *
response_class_of(const struct upstream_answer *answer)
{
	if (answer->end != UPSTREAM_ANSWERED)
		return by_error(answer->why);
	if (answer->status == 401 && !answer->renewing)
		return &credential_refused;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (answer->status >= rows[i].from &&
		    answer->status <= rows[i].to)
			return &rows[i].class;
	return &unexpected;
}
