/*
 * address - the host and port that a server listens on: "127.0.0.1:8080",
 * "[::1]:8080".
 *
 * The host is a number, or the word localhost for 127.0.0.1.  Other names are
 * refused: a name may resolve to one machine when it is checked and to another
 * when it is used.
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
	uint16_t port; /* 0: any free port */
};

bool address_parse(
    const char *text, struct address *address_out, struct err *err);

/* Is this host, a name or a number, the loopback interface? */
bool address_is_loopback(struct span host);

#endif
