/*
 * receive_shared - what the workers of the producers' side have in common.
 *
 * Everything here is either fixed before the first worker starts or atomic,
 * so that workers need no lock between them.  receive.c owns it; the tables,
 * the spool and so on are borrowed from the program.
 */
#ifndef GATEWAY_RECEIVE_RECEIVE_SHARED_H
#define GATEWAY_RECEIVE_RECEIVE_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/deadletter/store.h"
#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/model/table.h"
#include "gateway/receive/timeouts.h"
#include "gateway/spool/spool.h"

/* What a 200 means; in order of strength. */
enum acknowledge {
	ACK_RECEIVED,
	ACK_DURABLE, /* only where the spool is on disk */
	ACK_DELIVERED,
};

#define ACK_LEVELS 3

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
	/* Borrowed.  NULL: invalid events cannot be skipped. */
	struct deadletter_store *dead_letters;
};

/*
 * So many connections above max_connections are still accepted, to be refused
 * with a 503; any more are closed without an answer.
 */
#define RECEIVE_SHARED_EXCESS 256

struct receive_shared {
	struct receive_options options;
	struct timeouts_limits timeout_limits;
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct registry *registry;
	struct deadletter_store *dead_letters; /* as in the options */
	struct deadletter_store_alarm dead_letters_alarm;
	atomic_uint_fast64_t connections;
	atomic_uint_fast64_t body_bytes; /* of records being received */
	atomic_bool draining;            /* new requests get 503 */
	atomic_int_fast64_t stop_at_ns;  /* INT64_MAX: no stop was asked for */
};

/* Takes `bytes` of listen.memory_bytes; false: too little left, none taken. */
static inline bool
receive_shared_reserve(struct receive_shared *shared, uint64_t bytes)
{
	uint64_t before = atomic_fetch_add_explicit(
	    &shared->body_bytes, bytes, memory_order_relaxed);

	if (before + bytes <= shared->options.memory_bytes)
		return true;
	atomic_fetch_sub_explicit(
	    &shared->body_bytes, bytes, memory_order_relaxed);
	return false;
}

static inline void
receive_shared_free(struct receive_shared *shared, uint64_t bytes)
{
	atomic_fetch_sub_explicit(
	    &shared->body_bytes, bytes, memory_order_relaxed);
}

#endif
