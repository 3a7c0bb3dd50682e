#include "tests/sim/sim.h"

#include <stdlib.h>

static void
fit_to_options(struct sim *sim)
{
	sim->window = (struct window){ .limit = sim->options.calls_per_minute };
	sim->tokens.ttl_s = sim->options.token_ttl_s;
	buffer_fini(&sim->inflated);
	buffer_init(&sim->inflated, (size_t)sim->options.max_body);
}

bool
sim_open(struct sim *sim, const struct options *o, struct err *err)
{
	*sim = (struct sim){ .options = *o };
	if (!keep_open(&sim->keep, (uint64_t)o->keep_bytes, o->record, err))
		return false;
	sim_set_key(sim, o->api_key);
	fit_to_options(sim);
	return true;
}

void
sim_fini(struct sim *sim)
{
	keep_fini(&sim->keep);
	faults_reset(&sim->faults);
	ledger_fini(&sim->ledger);
	marks_fini(&sim->seen);
	buffer_fini(&sim->inflated);
	free(sim->ordered_secret);
	free(sim->ordered_key);
	free(sim->ordered_tables);
}

void
sim_reset(struct sim *sim)
{
	faults_reset(&sim->faults);
	keep_reset(&sim->keep);
	ledger_reset(&sim->ledger);
	marks_fini(&sim->seen);
	sim->window.used = 0;
}

void
sim_set_key(struct sim *sim, const char *key)
{
	tokens_basic(key, sim->basic, sizeof sim->basic);
}
