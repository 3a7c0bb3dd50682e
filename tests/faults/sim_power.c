/* What a power cut leaves of a disk in memory, and how one starts again. */
#include <string.h>

#include "tests/faults/sim_inside.h"

/* What a power cut leaves of one file. */
static void
cut(struct sim *sim, struct file *file)
{
	uint64_t sectors = file->room / SECTOR;
	unsigned how = sim_roll(sim) % 4; /* none, all, some, some torn */

	for (uint64_t s = 0; s < sectors; s++) {
		char *now = file->now + s * SECTOR;
		char *durable = file->durable + s * SECTOR;
		size_t len = SECTOR;

		if (!file->dirty[s] || how == 0 ||
		    (how >= 2 && sim_roll(sim) % 2 == 0)) {
			memcpy(now, durable, SECTOR);
			continue;
		}
		if (how == 3 && sim_roll(sim) % 4 == 0)
			len = sim_roll(sim) % SECTOR;
		memcpy(durable, now, len);
		memcpy(now, durable, SECTOR);
	}
	if (how == 0)
		file->size = file->durable_size;
}

static bool
is_named(const struct sim *sim, int file)
{
	for (int i = 0; i < sim->now.count; i++)
		if (sim->now.at[i].file == file)
			return true;
	return false;
}

/* Files without a name go, so that the numbers do not run out. */
static void
compact(struct sim *sim)
{
	int to = 0;

	for (int i = 0; i < sim->file_count; i++) {
		if (!is_named(sim, i)) {
			sim_free_file(&sim->files[i]);
			continue;
		}
		for (int n = 0; n < sim->now.count; n++)
			if (sim->now.at[n].file == i)
				sim->now.at[n].file = to;
		if (to != i) {
			sim->files[to] = sim->files[i];
			sim->files[i] = (struct file){ 0 };
		}
		to++;
	}
	sim->file_count = to;
}

/* A process that was killed leaves everything to the kernel, as it stands. */
void
sim_start(struct sim *sim, bool power)
{
	sim->dead = false;
	sim->kill_at = 0;
	sim->fault.error = 0;
	if (!power)
		return;
	sim->now = sim->steps[sim_roll(sim) % (uint64_t)sim->step_count];
	for (int i = 0; i < sim->file_count; i++)
		cut(sim, &sim->files[i]);
	compact(sim);
	for (int i = 0; i < sim->file_count; i++) {
		struct file *f = &sim->files[i];

		if (f->room == 0)
			continue;
		memcpy(f->durable, f->now, f->room);
		memset(f->dirty, 0, f->room / SECTOR + 1);
		f->durable_size = f->size;
	}
	sim->steps[0] = sim->now;
	sim->step_count = 1;
}
