#include "tests/faults/shim_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ZEROS_FROM 4096
#define EXIT_CODE  137 /* as of a process that was killed */

struct plan plan = { .log = -1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void
begin_life(void)
{
	const char *control = getenv("SHIM_CONTROL"), *file;
	void *map;
	int fd;

	plan.root = getenv("SHIM_DIR");
	if (control == NULL || plan.root == NULL)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, SHIM_WORDS * sizeof *plan.words,
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file = getenv("SHIM_LOG");
	if (file != NULL)
		plan.log = (int)syscall(SYS_openat, AT_FDCWD, file,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (map == MAP_FAILED || (file != NULL && plan.log == -1)) {
		fprintf(stderr, "shim: %s: %s\n", control, strerror(errno));
		_exit(70);
	}
	plan.words = map;
	atomic_store(&plan.words[SHIM_WORD_READY], 1);
}

/* Is it the plan's turn? */
static bool
strikes(enum shim_kind kind)
{
	uint64_t at, times, seen;

	if (atomic_load(&plan.words[SHIM_WORD_ARMED]) == 0 ||
	    (atomic_load(&plan.words[SHIM_WORD_MASK]) >> kind & 1) == 0)
		return false;
	at = atomic_load(&plan.words[SHIM_WORD_AT]);
	times = atomic_load(&plan.words[SHIM_WORD_TIMES]);
	seen = atomic_fetch_add(&plan.words[SHIM_WORD_SEEN], 1) + 1;
	if (seen < at || (times > 0 && seen >= at + times))
		return false;
	atomic_fetch_add(&plan.words[SHIM_WORD_STRUCK], 1);
	return true;
}

/* From here to plan_leave() nothing else happens to the directory. */
enum response_class
plan_enter(enum shim_kind kind)
{
	pthread_mutex_lock(&lock);
	atomic_fetch_add(&plan.words[SHIM_WORD_COUNTS + kind], 1);
	if (!strikes(kind))
		return GO;
	switch (atomic_load(&plan.words[SHIM_WORD_ACTION])) {
	case SHIM_FAIL:
		return FAIL;
	case SHIM_SHORT:
		return HALVE;
	case SHIM_TORN:
		return TEAR;
	case SHIM_EXIT_AFTER:
		return LEAVE;
	default:
		_exit(EXIT_CODE);
	}
}

long
plan_leave(enum response_class verdict, long result)
{
	int error = errno;

	if (verdict == LEAVE)
		_exit(EXIT_CODE);
	pthread_mutex_unlock(&lock);
	errno = error;
	return result;
}

void
plan_pause(void)
{
	pthread_mutex_unlock(&lock);
}

void
plan_resume(void)
{
	pthread_mutex_lock(&lock);
}

long
plan_fail(void)
{
	errno = (int)atomic_load(&plan.words[SHIM_WORD_ERRNO]);
	return plan_leave(GO, -1);
}

static void
put(const void *bytes, size_t len)
{
	if (syscall(SYS_write, plan.log, bytes, len) != (long)len)
		abort(); /* a log with holes proves nothing */
}

void
plan_note(enum shim_note what, uint64_t handle, uint64_t at, const char *text)
{
	struct shim_entry entry = { what, handle, at, strlen(text) };

	if (plan.log == -1)
		return;
	put(&entry, sizeof entry);
	put(text, entry.len);
}

static bool
is_zeros(const char *bytes, size_t len)
{
	return len >= ZEROS_FROM && bytes[0] == 0 &&
	       memcmp(bytes, bytes + 1, len - 1) == 0;
}

void
plan_note_write(uint64_t handle, const void *bytes, size_t len, uint64_t at)
{
	struct shim_entry entry = { SHIM_NOTE_WRITE, handle, at, len };
	bool zeros = is_zeros(bytes, len);

	if (plan.log == -1 || len == 0)
		return;
	if (zeros)
		entry.note = SHIM_NOTE_ZEROS;
	put(&entry, sizeof entry);
	if (!zeros)
		put(bytes, len);
}
