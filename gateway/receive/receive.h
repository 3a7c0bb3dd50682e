/*
 * receive - the producers' side: from a listening socket to the spool.
 *
 * Starts `workers` threads, each with an HTTP daemon and a listening socket of
 * its own, and stops them so that every request under way is answered.
 *
 * Units	milliseconds, bytes.
 * Ownership	receive_start gives, receive_stop takes; tables, spool,
 *		budget and account are borrowed and must outlive it.
 * Threads	start, refuse and stop from main's thread.
 * Errors	cannot listen, no memory, no threads: false and a text that says
 *		which address and what to do.
 */
#ifndef GATEWAY_RECEIVE_RECEIVE_H
#define GATEWAY_RECEIVE_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "parsers/err.h"

struct deadletter;

/* What a 200 means; in order of strength. */
enum acknowledge {
	ACK_RECEIVED,
	ACK_DURABLE, /* to be had when the spool is on disk */
	ACK_DELIVERED,
};

struct receive_options {
	char *address;    /* "host:port", "[v6]:port"; port 0: any free one */
	uint64_t workers; /* 0: one a core */
	uint64_t max_connections;
	uint64_t memory_bytes; /* bodies being received, all together */
	uint64_t header_timeout_ms;
	uint64_t body_timeout_ms;
	uint64_t min_body_rate; /* bytes per second, after 5 s */
	uint64_t max_body;
	enum acknowledge acknowledge;
	uint64_t ack_timeout_ms;
	char *identify_by; /* the header that names a producer */
	char *project;     /* {project} must be this; NULL or empty: any */
	struct deadletter *letters; /* borrowed; NULL: nothing is skipped */
};

struct receive;

bool receive_start(struct receive **out, const struct receive_options *options,
    struct tables *tables, struct spool *spool, struct budget *budget,
    struct registry *account, struct err *err);

/* The address in force, with the port that was chosen. */
const char *receive_address(const struct receive *receive);

/* From now on new requests get 503 Draining; those under way go on. */
void receive_refuse(struct receive *receive);

/*
 * Waits until none is under way or `deadline`, then closes everything: what is
 * unfinished by then is told 503.  A ticket that is still out may be settled
 * later without harm; what it belongs to is then kept until the process ends.
 */
void receive_stop(struct receive **receive, struct instant deadline);

#endif
