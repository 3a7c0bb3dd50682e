/*
 * listener - the workers' listening sockets: one address, and one owner.
 *
 * Workers share the port by SO_REUSEPORT, which would as silently let a second
 * gateway share it too.  So the first socket binds and listens without that
 * option, which only one process can; the option is set on it afterwards, and
 * then the other sockets of this process may join.
 *
 * Units	none.
 * Ownership	sockets_open gives descriptors.
 * Threads	any.
 * Errors	false and a text that says which address and what to do.
 */
#ifndef GATEWAY_BASE_LISTENER_H
#define GATEWAY_BASE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

#define LISTENER_ADDRESS_MOST 80 /* "[v6]:port" */

/*
 * Fills fds[0..count) with listening sockets on "host:port" or "[v6]:port";
 * `real_out` is told the address in force, with the port that was chosen.
 */
bool sockets_open(const char *address, int *fds, size_t count,
    char real_out[LISTENER_ADDRESS_MOST], struct err *err);

#endif
