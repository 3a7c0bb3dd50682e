/*
 * shim_plan - the plan, the counts and the log of shim.h.
 *
 * Threads	between plan_enter and the return of plan_leave or plan_fail
 *		no other thread is: what is done to the directory and what the
 *		log says of it have one order, also for a process that ends
 *		here.
 */
#ifndef TESTS_FAULTS_SHIM_PLAN_H
#define TESTS_FAULTS_SHIM_PLAN_H

#include <stdatomic.h>
#include <stddef.h>

#include "tests/faults/shim.h"

struct plan {
	atomic_uint_fast64_t *words; /* NULL: we are not wanted */
	const char *root;
	int log; /* -1: none */
};

extern struct plan plan;

/* How a call goes on. */
enum response_class { GO, FAIL, HALVE, TEAR, LEAVE };

enum response_class plan_enter(enum shim_kind kind);

/* Out for a while: a disk that syncs stops nobody else. */
void plan_pause(void);
void plan_resume(void);

/* Gives the result back, or ends the process. */
long plan_leave(enum response_class verdict, long result);
long plan_fail(void);

void plan_note(
    enum shim_note what, uint64_t handle, uint64_t at, const char *text);
void plan_note_write(
    uint64_t handle, const void *bytes, size_t len, uint64_t at);

#endif
