#include "gateway/scheduler/scheduler.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/rng.h"
#include "gateway/deadletter/sink.h"
#include "gateway/scheduler/pump.h"

#define NOT_YET INT64_MIN

struct scheduler {
	struct upstream *upstream;
	struct pump *pump;
	struct deadletter_store_sink sink;
	struct registry *registry;
	pthread_t thread;
	int wakeup_fd; /* written to after one of these has changed */
	atomic_int_fast64_t withdraw_at_ns;
	atomic_int_fast64_t stop_at_ns;
};

static void *
run(void *argument)
{
	struct scheduler *scheduler = argument;
	struct upstream *upstream = scheduler->upstream;
	struct pump *pump = scheduler->pump;
	struct instant stop, withdraw;
	bool draining = false;
	eventfd_t wakes;

	for (;;) {
		/* Read first: what is stored after it wakes us again. */
		(void)eventfd_read(scheduler->wakeup_fd, &wakes);
		stop.ns = atomic_load(&scheduler->stop_at_ns);
		withdraw.ns = atomic_load(&scheduler->withdraw_at_ns);
		if (!draining && withdraw.ns != NOT_YET) {
			pump_drain(pump, withdraw);
			draining = true;
		}
		pump_cycle(pump);
		if (stop.ns == NOT_YET)
			stop = INSTANT_NEVER;
		else if (pump_idle(pump) ||
			 upstream->ops->now(upstream).ns >= stop.ns)
			break;
		pump_wait(pump, scheduler->wakeup_fd, stop);
	}
	pump_end(pump);
	return NULL;
}

/* The upstream first: it reads the bodies that the pump owns. */
static void
close_all(struct scheduler **scheduler_at)
{
	struct scheduler *scheduler = *scheduler_at;

	scheduler->upstream->ops->close(scheduler->upstream);
	pump_close(&scheduler->pump);
	if (scheduler->wakeup_fd != -1)
		close(scheduler->wakeup_fd);
	free(scheduler);
	*scheduler_at = NULL;
}

static bool
start_thread(struct scheduler *scheduler, struct err *err)
{
	int error;

	atomic_init(&scheduler->withdraw_at_ns, NOT_YET);
	atomic_init(&scheduler->stop_at_ns, NOT_YET);
	scheduler->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	error = scheduler->wakeup_fd == -1
		    ? errno
		    : pthread_create(&scheduler->thread, NULL, run, scheduler);
	if (error != 0)
		return err_set(
		    err, ERR_HOST, 0, "the pump's thread: %s", strerror(error));
	(void)pthread_setname_np(scheduler->thread, "pump");
	registry_set_wakeup_fd(scheduler->registry, scheduler->wakeup_fd);
	return true;
}

bool
scheduler_start(struct scheduler **out, struct upstream *upstream,
    const struct scheduler_uses *uses, struct err *err)
{
	struct scheduler *scheduler = calloc(1, sizeof *scheduler);
	struct pump_options options = {
		.lanes = tables_capacity(uses->tables),
		.spool = uses->spool,
		.budget = uses->budget,
		.registry = uses->registry,
		.max_in_flight = uses->max_in_flight,
		.upstream = upstream,
		.seed = rng_seeded().state, /* replicas must differ */
	};

	if (scheduler == NULL) {
		upstream->ops->close(upstream);
		return err_set(err, ERR_HOST, 0, "no memory for the scheduler");
	}
	scheduler->upstream = upstream;
	scheduler->registry = uses->registry;
	scheduler->wakeup_fd = -1;
	if (uses->letters != NULL) {
		deadletter_sink_init(&scheduler->sink, uses->letters);
		options.sink = &scheduler->sink.sink;
	}
	if (!pump_open(&scheduler->pump, &options, err) ||
	    !start_thread(scheduler, err)) {
		close_all(&scheduler);
		return false;
	}
	*out = scheduler;
	return true;
}

void
scheduler_drain(struct scheduler *scheduler, struct instant withdraw_at)
{
	atomic_store(&scheduler->withdraw_at_ns, withdraw_at.ns);
	(void)eventfd_write(scheduler->wakeup_fd, 1);
}

struct scheduler_rest
scheduler_stop(struct scheduler **scheduler_at, struct instant deadline)
{
	struct scheduler *scheduler = *scheduler_at;
	struct accounting_counts counts;

	if (atomic_load(&scheduler->withdraw_at_ns) == NOT_YET)
		scheduler_drain(scheduler, deadline);
	atomic_store(&scheduler->stop_at_ns, deadline.ns);
	(void)eventfd_write(scheduler->wakeup_fd, 1);
	pthread_join(scheduler->thread, NULL);
	registry_set_wakeup_fd(scheduler->registry, -1);
	counts = pump_counts(scheduler->pump);
	close_all(scheduler_at);
	return (struct scheduler_rest){
		.events = counts.waiting + counts.in_flight,
		.unknown = counts.in_flight,
	};
}
