/*
 * origin - whom a connection is to: scheme, host and port of a URL.
 *
 * All calls go to one origin and differ in their paths, so libcurl is told of
 * it once, and a URL is only compared with it.
 *
 * Units	none.
 * Ownership	set gives, fini takes; zeroed it is none.
 * Threads	one.
 * Errors	false: no memory, or not a URL that we take; nothing changed.
 * Source	RFC 9110 sections 4.2.4 and 7.2, RFC 9112 section 3.2.
 */
#ifndef GATEWAY_CLIENT_ORIGIN_H
#define GATEWAY_CLIENT_ORIGIN_H

#include <stdbool.h>

#include "parsers/span.h"

struct origin {
	char *text; /* "https://h:1", as in the URL; NULL: none */
	char *host; /* what stands in Host */
	bool plain; /* no TLS */
	void *url;  /* CURLU */
};

bool origin_is_of(const struct origin *origin, const char *url);

/* Tells it to a handle of libcurl's as well. */
bool origin_set(struct origin *origin, void *easy, const char *url);
void origin_fini(struct origin *origin);

/* What is behind the origin, without a fragment, which is only ours. */
struct span origin_path(const char *url);

#endif
