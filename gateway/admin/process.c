#include "gateway/admin/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of /proc/self/stat, counted from the state, which is the third. */
enum { UTIME = 11, STIME = 12, STARTED = 19, VIRTUAL = 20, RESIDENT = 21 };
#define FIELDS 22

static double
boot_s(void)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[4096];
	double at = 0;

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "btime %lf", &at) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return at;
}

/* The name in brackets may hold anything: read from its end on. */
static void
read_stat(double fields[FIELDS])
{
	FILE *file = fopen("/proc/self/stat", "re");
	char line[1024] = "", *at;

	if (file == NULL)
		return;
	if (fgets(line, sizeof line, file) != NULL &&
	    (at = strrchr(line, ')')) != NULL) {
		at += 3; /* the state is a letter */
		for (int i = 1; i < FIELDS; i++)
			fields[i] = strtod(at, &at);
	}
	fclose(file);
}

static uint64_t
count_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count >= 3 ? count - 3 : 0; /* . and .. and the folder's own */
}

struct process
process_look(void)
{
	double ticks = (double)sysconf(_SC_CLK_TCK), fields[FIELDS] = { 0 };
	struct rlimit files = { 0 };

	read_stat(fields);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	return (struct process){
		.cpu_s = (fields[UTIME] + fields[STIME]) / ticks,
		.started_s = boot_s() + fields[STARTED] / ticks,
		.resident_bytes = (uint64_t)fields[RESIDENT] *
				  (uint64_t)sysconf(_SC_PAGESIZE),
		.virtual_bytes = (uint64_t)fields[VIRTUAL],
		.files = count_files(),
		.files_most = files.rlim_cur,
	};
}
