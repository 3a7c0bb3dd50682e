/*
 * origin - scheme, host and port of a URL: what a connection is made to.
 *
 * All calls go to one origin and differ in their paths, so libcurl is given it
 * once, and a URL is only compared with it.
 *
 * Ownership	origin_set gives, origin_fini takes; zeroed is none.
 * Errors	false: no memory, or not a URL that we accept; nothing changed.
 * Source	RFC 9110 sections 4.2.4 and 7.2, RFC 9112 section 3.2.
 */
#ifndef GATEWAY_CLIENT_ORIGIN_H
#define GATEWAY_CLIENT_ORIGIN_H

#include <stdbool.h>

#include "parsers/span.h"

struct origin {
	char *text; /* "https://h:1", as in the URL; NULL: none */
	char *host; /* the value of Host */
	bool plain; /* no TLS */
	void *url;  /* CURLU */
};

bool origin_is_of(const struct origin *origin, const char *url);

/* Sets it in a libcurl handle too. */
bool origin_set(struct origin *origin, void *easy, const char *url);
void origin_fini(struct origin *origin);

/* What follows the origin, without the fragment, which is never sent. */
struct span origin_path(const char *url);

#endif
