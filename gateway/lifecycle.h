/*
 * lifecycle - the life of the gateway: its stages, its signals, its end.
 *
 * To read the program: `stages` and `drain` in run.c, then receive/ingest.c
 * and scheduler/pump.c, the two places where an event's steps stand in
 * sequence.
 *
 * Ownership	borrows the configuration.
 * Threads	main's, before any other was started.
 * Errors	logged; a start that failed has undone itself.
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
