/*
 * admin_port - a listening socket that nobody else shares.
 *
 * A second program on the same address must fail to start, rather than take
 * half of the connections: no SO_REUSEPORT here.
 *
 * Ownership	admin_port_open gives a descriptor.
 * Threads	none inside.
 * Errors	ERR_INPUT, ERR_HOST: names the address and what to do.
 */
#ifndef GATEWAY_ADMIN_ADMIN_PORT_H
#define GATEWAY_ADMIN_ADMIN_PORT_H

#include <stdbool.h>

#include "parsers/address.h"
#include "parsers/err.h"

#define ADMIN_PORT_TEXT_MAX (ADDRESS_HOST_MAX + sizeof "[]:65535")

/*
 * "host:port" or "[v6]:port"; port 0: any free one.  `text_out` gets the
 * address in force.
 */
bool admin_port_open(const char *address, int *fd_out,
    char text_out[ADMIN_PORT_TEXT_MAX], struct err *err);

#endif
