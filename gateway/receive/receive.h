/*
 * receive - the producers' side: from a listening socket to the spool.
 *
 * Starts `workers` threads, each with an HTTP daemon and a listening socket of
 * its own, and stops them so that every request under way is answered.
 *
 * Ownership	receive_start gives, receive_stop takes; tables, spool, budget
 *		and registry are borrowed and must outlive it.
 * Threads	start, refuse and stop from main's thread.
 * Errors	cannot listen, no memory, no threads: false and a text that says
 *		which address and what to do.
 */
#ifndef GATEWAY_RECEIVE_RECEIVE_H
#define GATEWAY_RECEIVE_RECEIVE_H

#include <stdbool.h>

#include "gateway/base/clock.h"
#include "gateway/receive/receive_shared.h"
#include "parsers/err.h"

struct receive;

bool receive_start(struct receive **out, const struct receive_options *options,
    struct tables *tables, struct spool *spool, struct budget *budget,
    struct registry *registry, struct err *err);

/* The address in force, with the port that was chosen. */
const char *receive_address(const struct receive *receive);

/* From now on new requests get 503 Draining; those under way go on. */
void receive_refuse(struct receive *receive);

/*
 * Waits until no request is under way, at most until `deadline`, then closes
 * everything: what is unfinished by then gets 503.  A completion that is still
 * pending may come later without harm; the memory that it belongs to is kept
 * until the process ends.
 */
void receive_stop(struct receive **receive, struct instant deadline);

#endif
