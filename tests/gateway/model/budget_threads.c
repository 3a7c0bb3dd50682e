/*
 * One thread spends, others look: for the thread sanitizer, which Criterion
 * cannot run under.  A reader must never see more than the limit, nor what is
 * left grow within a minute.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "gateway/model/budget.h"

#define LIMIT   6000
#define WALL_MS 120000
#define READERS 2

static struct budget *budget;
static atomic_bool done;

static void *
look(void *unused)
{
	uint64_t before = LIMIT;

	while (!atomic_load(&done)) {
		struct budget_view view = budget_view(budget, WALL_MS);

		assert(view.limit == LIMIT && view.remaining <= before);
		before = view.remaining;
	}
	return unused;
}

int
main(void)
{
	struct budget_options options = { LIMIT, 100000000, 1 };
	struct instant now = { 0 };
	pthread_t readers[READERS];
	struct err err;

	if (!budget_open(&budget, &options, 1000000, now, &err))
		return 1;
	for (int i = 0; i < READERS; i++)
		if (pthread_create(&readers[i], NULL, look, NULL) != 0)
			return 1;
	for (int spent = 0; spent < LIMIT;) {
		int64_t wait_ns = budget_spend(budget, 100, now, WALL_MS);

		now.ns += wait_ns;
		spent += wait_ns == 0;
	}
	atomic_store(&done, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	if (budget_view(budget, WALL_MS).remaining != 0)
		return 1;
	budget_close(&budget);
	puts("budget_threads: ok");
	return 0;
}
