/*
 * bench_sync - what the disk takes for one write and one fdatasync.
 *
 *	bench_sync FILE BYTES COUNT
 *
 * The file is zero-filled before, as the spool's segments are, and written
 * from its beginning to its end.  Tells the times in microseconds, as JSON.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/serve.h"

#define FILE_BYTES (16 << 20)

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static char *
zero_fill(int fd)
{
	char *zeros = calloc(1, FILE_BYTES);

	if (zeros == NULL || pwrite(fd, zeros, FILE_BYTES, 0) != FILE_BYTES ||
	    fsync(fd) != 0)
		serve_die("zero fill");
	return memset(zeros, 'x', FILE_BYTES);
}

int
main(int argc, char **argv)
{
	size_t bytes, count;
	int64_t *times, begun;
	off_t at = 0;
	char *what;
	int fd;

	if (argc != 4)
		return fputs("usage: bench_sync FILE BYTES COUNT\n", stderr), 2;
	bytes = strtoul(argv[2], NULL, 10);
	count = strtoul(argv[3], NULL, 10);
	times = calloc(count + 1, sizeof *times);
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || times == NULL || bytes > FILE_BYTES || count == 0)
		serve_die(argv[1]);
	what = zero_fill(fd);
	for (size_t i = 0; i < count; i++) {
		if (at + (off_t)bytes > FILE_BYTES)
			at = 0;
		begun = now_us();
		if (pwrite(fd, what, bytes, at) != (ssize_t)bytes ||
		    fdatasync(fd) != 0)
			serve_die(argv[1]);
		times[i] = now_us() - begun;
		at += (off_t)bytes;
	}
	qsort(times, count, sizeof *times, by_size);
	printf("{\"p50\": %lld, \"p99\": %lld, \"max\": %lld}\n",
	    (long long)times[count / 2], (long long)times[count * 99 / 100],
	    (long long)times[count - 1]);
	unlink(argv[1]);
	return 0;
}
