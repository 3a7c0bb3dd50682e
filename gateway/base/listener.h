/*
 * listener - listening sockets on one address, for this process alone.
 *
 * Workers share a port by SO_REUSEPORT.  That option would also let a second
 * gateway join silently and take half of the connections.  So the first socket
 * binds and listens without the option, which only one process can do; it is
 * set afterwards, and then the other sockets of this process may join.  A
 * single socket never gets the option.
 *
 * Ownership	listener_open gives descriptors.
 * Threads	any.
 * Errors	ERR_INPUT, ERR_HOST: names the address and the key to change.
 */
#ifndef GATEWAY_BASE_LISTENER_H
#define GATEWAY_BASE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

#define LISTENER_ADDRESS_MOST 80 /* "[v6]:port" */

/*
 * Fills fds[0..count) with listening sockets on "host:port" or "[v6]:port".
 * `key` is the configuration's key of the address, for error texts.  `real_out`
 * gets the address in force, with the port that was chosen for port 0.
 */
bool listener_open(const char *key, const char *address, int *fds, size_t count,
    char real_out[LISTENER_ADDRESS_MOST], struct err *err);

#endif
