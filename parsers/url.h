/*
 * url - an http or https URL, split into its parts.
 *
 *	https://host.example:8443/v1/events/{table}?a=b
 *	        |-- host --| port |---- path -----| |query|
 *
 * Stricter than the standards: visible ASCII only, no user and password (they
 * would be written to logs), no fragment (it is never sent).  Braces are
 * allowed, for a part that is filled in later.
 *
 * Ownership	spans borrow the text.
 * Errors	ERR_INPUT, without the text that was given: it may hold a
 *		secret by mistake.
 */
#ifndef PARSERS_URL_H
#define PARSERS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct url {
	bool tls;
	struct span host;  /* a name or a number; IPv6 without its brackets */
	uint16_t port;     /* 80 or 443 where none was given */
	struct span path;  /* begins with '/', or is empty */
	struct span query; /* without its '?' */
};

bool url_parse(const char *text, struct url *url_out, struct err *err);

/* How many times `what` occurs in `in`, without overlap. */
size_t url_count(struct span in, struct span what);

/* The path's segment after the segment `name`, or the empty span. */
struct span url_segment_after(struct span path, struct span name);

#endif
