/*
 * worker - what one worker thread owns.
 *
 * The modules that handle a connection read and change it directly; the loop
 * that runs it is worker_thread.  `now` and `wall_ms` are read once a cycle of
 * that loop, and everything within the cycle uses them.
 *
 * Threads	its own, but for `completions`, which any thread adds to.
 */
#ifndef GATEWAY_RECEIVE_WORKER_H
#define GATEWAY_RECEIVE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/heap.h"
#include "gateway/base/list.h"
#include "gateway/model/completion.h"
#include "gateway/receive/http_reply.h"
#include "gateway/receive/lingering_close.h"
#include "gateway/receive/receive_shared.h"
#include "parsers/gzip.h"
#include "parsers/buffer.h"

struct MHD_Daemon;

struct worker {
	struct receive_shared *shared;
	struct registry_block *registry;
	struct MHD_Daemon *http;
	pthread_t thread;
	bool running;
	int epoll;
	int control; /* an eventfd: a flag in `shared` has changed */
	struct completion_box completions;
	struct instant now;
	int64_t wall_ms;
	struct instant last_event; /* when a socket was last ready */
	struct instant last_probe; /* when idle connections were probed */
	struct heap deadlines;
	struct lingering_close lingering;
	/* Each holds connections, in the order in which they came to it. */
	struct list idle;
	struct list held;      /* wait for the disk, not suspended */
	struct list suspended; /* wait; the library does not look at them */
	struct list closed;    /* wait for their completion, to be freed */
	struct http_reply_cache replies;
	struct gzip_reader *gzip;
	char *scratch;                /* max_body + 1 bytes: an inflated body */
	struct buffer dead_letters;   /* of the request at hand */
	uint64_t unanswered;          /* requests */
	uint64_t completions_pending; /* also those of closed connections */
	uint64_t records_put;         /* in the spool */
	bool poll_now;     /* do not sleep: an answer is to be given */
	bool wake_spool;   /* before we sleep: records were put */
	bool disk_is_slow; /* then requests are suspended, not held */
	bool stopping;     /* no new connections */
	bool closing;      /* no request may be suspended any more */
	struct worker *next_abandoned;
};

#endif
