/*
 * receive_shared - what all workers of the producers' side share.
 *
 * Everything here is either fixed before the first worker starts or atomic,
 * so that workers need no lock between them.
 *
 * Units	bytes, connections.
 * Ownership	receive.c owns it; the rest of the program's are borrowed.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_RECEIVE_RECEIVE_SHARED_H
#define GATEWAY_RECEIVE_RECEIVE_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/receive/timeouts.h"
#include "gateway/receive/receive.h"

/*
 * Connections above max_connections that are still accepted, only to be told
 * so; above those, they are closed without a word.
 */
#define RECEIVE_SHARED_EXCESS 256

struct receive_shared {
	struct receive_options options;
	struct timeouts_limits patience;
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct registry *account;
	struct deadletter *letters;  /* NULL: none, and nothing is skipped */
	atomic_bool letters_failing; /* and that was told */
	atomic_uint_fast64_t connections;
	atomic_uint_fast64_t body_bytes; /* of records being received */
	atomic_bool refusing;            /* new requests get 503 */
	atomic_int_fast64_t stop_at_ns;  /* INT64_MAX: no stop was asked */
};

/* Takes `bytes` of listen.memory_bytes, or says false and takes none. */
static inline bool
receive_shared_reserve(struct receive_shared *service, uint64_t bytes)
{
	uint64_t before = atomic_fetch_add_explicit(
	    &service->body_bytes, bytes, memory_order_relaxed);

	if (before + bytes <= service->options.memory_bytes)
		return true;
	atomic_fetch_sub_explicit(
	    &service->body_bytes, bytes, memory_order_relaxed);
	return false;
}

static inline void
receive_shared_free(struct receive_shared *service, uint64_t bytes)
{
	atomic_fetch_sub_explicit(
	    &service->body_bytes, bytes, memory_order_relaxed);
}

#endif
