/*
 * address - where a server listens: "127.0.0.1:8080", "[::1]:8080".
 *
 * Numbers only, and the word localhost for 127.0.0.1: a name that is looked up
 * may mean one machine at the check and another at the start.
 *
 * Ownership	a plain value.
 * Threads	none inside.
 * Errors	ERR_INPUT with what is allowed.
 */
#ifndef PARSERS_ADDRESS_H
#define PARSERS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

#define ADDRESS_HOST_MAX 45 /* the longest IPv6 address in digits */

struct address {
	char host[ADDRESS_HOST_MAX + 1]; /* digits, without brackets */
	bool v6;
	uint16_t port; /* 0: any free one */
};

bool address_parse(
    const char *text, struct address *address_out, struct err *err);

/* Does this host, a name or a number, mean the machine itself? */
bool address_is_loopback(struct span host);

#endif
