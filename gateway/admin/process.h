/*
 * process - what this process takes of its machine.
 *
 * Units	seconds, bytes; 0 where the system does not tell.
 * Ownership	a plain value.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_ADMIN_PROCESS_H
#define GATEWAY_ADMIN_PROCESS_H

#include <stdint.h>

struct process {
	double cpu_s, started_s;
	uint64_t resident_bytes, virtual_bytes;
	uint64_t files, files_most;
};

struct process process_look(void);

#endif
