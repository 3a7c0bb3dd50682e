#include "gateway/scheduler/scheduler.h"

#include <stdlib.h>
#include <sys/random.h>

#include "gateway/scheduler/pump_thread.h"
#include "gateway/scheduler/pump.h"
#include "gateway/deadletter/writer.h"

struct scheduler {
	struct upstream *upstream;
	struct pump *pump;
	struct pump_thread *driver;
	struct letter_undertaker undertaker;
};

/* In the order in which it may go: the upstream reads the pump's bodies. */
static void
close_all(struct scheduler **transmit)
{
	(*transmit)->upstream->ops->close((*transmit)->upstream);
	pump_close(&(*transmit)->pump);
	free(*transmit);
	*transmit = NULL;
}

bool
scheduler_start(struct scheduler **out, struct upstream *upstream,
    const struct scheduler_uses *uses, struct err *err)
{
	struct scheduler *transmit = calloc(1, sizeof *transmit);
	struct pump_options pump = {
		.lanes = tables_capacity(uses->tables),
		.spool = uses->spool,
		.budget = uses->budget,
		.registry = uses->registry,
		.max_in_flight = uses->max_in_flight,
		.upstream = upstream,
	};

	if (transmit == NULL) {
		upstream->ops->close(upstream);
		return err_set(err, ERR_HOST, 0, "no memory for the scheduler");
	}
	transmit->upstream = upstream;
	if (uses->letters != NULL) {
		deadletter_writer_init(&transmit->undertaker, uses->letters);
		pump.undertaker = &transmit->undertaker.undertaker;
	}
	/* Jitter wants to differ between replicas, no more. */
	(void)getrandom(&pump.seed, sizeof pump.seed, GRND_NONBLOCK);
	if (!pump_open(&transmit->pump, &pump, err) ||
	    !pump_thread_start(&transmit->driver, transmit->pump, pump.upstream,
		uses->registry, err))
		goto failed;
	*out = transmit;
	return true;
failed:
	close_all(&transmit);
	return false;
}

void
scheduler_drain(struct scheduler *transmit, struct instant withdraw_at)
{
	pump_thread_drain(transmit->driver, withdraw_at);
}

struct scheduler_rest
scheduler_stop(struct scheduler **transmit, struct instant deadline)
{
	struct accounting_counts counts;

	pump_thread_stop(&(*transmit)->driver, deadline);
	counts = pump_counts((*transmit)->pump);
	close_all(transmit);
	return (struct scheduler_rest){
		.events = counts.waiting + counts.in_flight,
		.unknown = counts.in_flight,
	};
}
