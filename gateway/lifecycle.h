/*
 * lifecycle - starts the stages, serves until a signal, drains and stops.
 *
 * To read the program: `stages` and `drain` in lifecycle.c, then
 * receive/ingest.c and scheduler/pump.c, the two places where the steps of an
 * event stand in sequence.
 *
 * Ownership	borrows the configuration.
 * Threads	main's, before any other was started.
 * Errors	logged; a start that failed has stopped what it started.
 */
#ifndef GATEWAY_LIFECYCLE_H
#define GATEWAY_LIFECYCLE_H

#include <stdbool.h>

#include "gateway/config/config.h"

/*
 * Starts, serves until SIGTERM or SIGINT, and ends within shutdown_timeout of
 * it; a second signal ends the process at once.  False: it could not start.
 * `path` is where the configuration is from.
 */
bool lifecycle_run(const struct config *config, const char *path);

#endif
