/*
 * process - CPU time, memory and files of this process, from /proc.
 *
 * What the system does not tell is 0.
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
