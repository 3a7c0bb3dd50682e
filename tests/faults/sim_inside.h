/*
 * sim_inside - what a disk in memory is made of, for its own sources alone.
 *
 * Ownership	the sim's.
 */
#ifndef TESTS_FAULTS_SIM_INSIDE_H
#define TESTS_FAULTS_SIM_INSIDE_H

#include "tests/faults/sim_disk.h"

#define SECTOR     512
#define FILES_MOST 64
#define STEPS_MOST 2048 /* changes of names before a sync */
#define EVER_MOST  4096 /* files made between two power cuts */
#define NAME_ROOM  64

struct file {
	char *now, *durable;
	uint64_t size, durable_size;
	unsigned char *dirty; /* by sector: differs from durable, not lost */
	uint64_t room;
};

struct name {
	char text[NAME_ROOM];
	int file; /* -1: no such name */
};

struct names {
	struct name at[FILES_MOST];
	int count;
};

struct sim {
	struct io_ops io;
	struct file files[EVER_MOST];
	int file_count;
	struct names now;
	struct names steps[STEPS_MOST]; /* [0]: synced; then each change */
	int step_count;
	uint64_t random;
	struct sim_fault fault;
	uint64_t seen, room, most, calls, kill_at;
	int bad_file;
	uint64_t bad_at, bad_len;
	bool dead;
};

uint64_t sim_roll(struct sim *sim);
void sim_free_file(struct file *file);

#endif
