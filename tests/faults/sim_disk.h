/*
 * sim_disk - a disk in memory that can fail and lose power, by a seed.
 *
 * What was written and not synced is apart from what was: a power cut keeps,
 * drops or tears each sector of it, as it likes.  Names that were made,
 * changed or removed since the directory was synced are kept up to some point
 * in their order.  A sync that fails leaves its pages clean but not on disk,
 * as Linux does.
 *
 * Units	bytes; sectors of 512.
 * Ownership	sim_open gives; sim_free takes.  The struct io_ops in it ends
 *		many times: ending it does nothing.
 * Threads	none inside.
 */
#ifndef TESTS_FAULTS_SIM_DISK_H
#define TESTS_FAULTS_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/io_ops.h"

enum sim_call {
	SIM_OPEN,
	SIM_READ,
	SIM_WRITE,
	SIM_SYNC,
	SIM_RENAME,
	SIM_UNLINK,
	SIM_NAMES,
	SIM_CALLS
};

struct sim_fault {
	enum sim_call call;
	uint64_t at;   /* the n-th call of it from now on, from 1 */
	int error;     /* errno; 0: none */
	bool for_ever; /* and every later one */
};

struct sim;

struct sim *sim_open(uint64_t seed);
void sim_free(struct sim *sim);
struct io_ops *sim_disk(struct sim *sim);

void sim_set_fault(struct sim *sim, struct sim_fault fault);
void sim_set_room(struct sim *sim, uint64_t bytes); /* then ENOSPC */

/* No byte of these can be read ever again; 0: all can. */
void sim_set_unreadable(
    struct sim *sim, const char *name, uint64_t at, uint64_t len);

/* From here on nothing reaches the disk: the process is gone. */
void sim_kill(struct sim *sim);

/* The same, just before the n-th call from now that changes something. */
void sim_kill_at(struct sim *sim, uint64_t n);
bool sim_is_dead(const struct sim *sim);

/* It starts again; with `power`, what was not synced is at risk. */
void sim_start(struct sim *sim, bool power);

uint64_t sim_bytes(const struct sim *sim);      /* of all files */
uint64_t sim_bytes_most(const struct sim *sim); /* ever */

/* Files by number, for damaging and comparing them; NULL: no more. */
char *sim_file(struct sim *sim, int number, const char **name, uint64_t *size);

/* All of it, to be put back later. */
struct sim *sim_copy(const struct sim *sim);

uint64_t sim_calls(const struct sim *sim); /* that change something */

#endif
