#include "gateway/transmit/transmit.h"

#include <stdlib.h>
#include <sys/random.h>

#include "gateway/transmit/deliver.h"
#include "gateway/transmit/driver.h"
#include "gateway/transmit/pump.h"
#include "gateway/transmit/undertaker.h"

struct transmit {
	struct deliver *deliver;
	struct pump *pump;
	struct driver *driver;
	struct letter_undertaker undertaker;
};

/* In the order in which it may go: the upstream reads the pump's bodies. */
static void
close_all(struct transmit **transmit)
{
	deliver_close(&(*transmit)->deliver);
	pump_close(&(*transmit)->pump);
	free(*transmit);
	*transmit = NULL;
}

bool
transmit_start(struct transmit **out, const struct upstream_options *options,
    const struct transmit_uses *uses, struct err *err)
{
	struct transmit *transmit = calloc(1, sizeof *transmit);
	struct pump_options pump = {
		.lanes = tables_capacity(uses->tables),
		.spool = uses->spool,
		.budget = uses->budget,
		.account = uses->account,
		.max_in_flight = options->max_in_flight,
	};

	if (transmit == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for transmit");
	if (uses->letters != NULL) {
		undertaker_init(&transmit->undertaker, uses->letters);
		pump.undertaker = &transmit->undertaker.undertaker;
	}
	/* Jitter wants to differ between replicas, no more. */
	(void)getrandom(&pump.seed, sizeof pump.seed, GRND_NONBLOCK);
	if (!deliver_open(&transmit->deliver, options, err))
		goto failed;
	pump.upstream = deliver_upstream(transmit->deliver);
	if (!pump_open(&transmit->pump, &pump, err) ||
	    !driver_start(&transmit->driver, transmit->pump, pump.upstream,
		uses->account, err))
		goto failed;
	*out = transmit;
	return true;
failed:
	close_all(&transmit);
	return false;
}

void
transmit_drain(struct transmit *transmit, struct instant withdraw_at)
{
	driver_drain(transmit->driver, withdraw_at);
}

struct transmit_rest
transmit_stop(struct transmit **transmit, struct instant deadline)
{
	struct ledger_counts counts;

	driver_stop(&(*transmit)->driver, deadline);
	counts = pump_counts((*transmit)->pump);
	close_all(transmit);
	return (struct transmit_rest){
		.events = counts.waiting + counts.in_flight,
		.unknown = counts.in_flight,
	};
}
