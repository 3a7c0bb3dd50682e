#include "tests/faults/shim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/shim_plan.h"

#define SEATS_MOST 4096
#define PATH_ROOM  128
#define PAUSE_NS   1000000

enum what { NOTHING, FOLDER, PLAIN };

/* What an open file descriptor is to us. */
struct seat {
	enum what what;
	uint64_t handle;
	char path[PATH_ROOM]; /* below the directory; "": itself */
};

static struct seat seats[SEATS_MOST];

/* ---------------------------------------------------------------- names -- */

static struct seat *
seat_of(int fd)
{
	return plan.words != NULL && fd >= 0 && fd < SEATS_MOST ? &seats[fd]
								: NULL;
}

static enum what
what_is(int fd)
{
	struct seat *seat = seat_of(fd);

	return seat != NULL ? seat->what : NOTHING;
}

/* The name's path below the directory, or false: it is elsewhere. */
static bool
locate(int folder, const char *name, char path[PATH_ROOM])
{
	const char *base;

	if (plan.words == NULL)
		return false;
	if (name[0] == '/') {
		size_t len = strlen(plan.root);

		if (strncmp(name, plan.root, len) != 0 ||
		    (name[len] != '\0' && name[len] != '/'))
			return false;
		name += len + (name[len] == '/');
		snprintf(path, PATH_ROOM, "%s", name);
		return true;
	}
	if (what_is(folder) != FOLDER)
		return false;
	base = seats[folder].path;
	if (strcmp(name, "..") == 0) {
		path[0] = '\0'; /* our folders lie one deep */
		return base[0] != '\0';
	}
	if (strcmp(name, ".") == 0)
		name = "";
	snprintf(path, PATH_ROOM, "%s%s%s", base,
	    base[0] != '\0' && name[0] != '\0' ? "/" : "", name);
	return true;
}

/* ------------------------------------------------------------- opening -- */

static void
take_seat(int fd, const char *path, bool made)
{
	struct seat *seat = seat_of(fd);
	struct stat st;

	if (seat == NULL || fstat(fd, &st) == -1)
		return;
	seat->what = S_ISDIR(st.st_mode) ? FOLDER : PLAIN;
	seat->handle = atomic_fetch_add(&plan.words[SHIM_WORD_HANDLES], 1);
	snprintf(seat->path, sizeof seat->path, "%s", path);
	if (seat->what == PLAIN)
		plan_note(made ? SHIM_NOTE_CREATED : SHIM_NOTE_OPENED,
		    seat->handle, 0, path);
}

static int
open_at(int folder, const char *name, int flags, mode_t mode)
{
	char path[PATH_ROOM];
	enum response_class verdict;
	bool made;
	int fd;

	if (!locate(folder, name, path))
		return (int)syscall(SYS_openat, folder, name, flags, mode);
	verdict = plan_enter(SHIM_OPEN);
	if (verdict == FAIL)
		return (int)plan_fail();
	made = (flags & O_CREAT) != 0 &&
	       faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1;
	fd = (int)syscall(SYS_openat, folder, name, flags, mode);
	if (fd != -1)
		take_seat(fd, path, made);
	return (int)plan_leave(verdict, fd);
}

#define MODE_OF(flags, mode)                                                   \
	do {                                                                   \
		va_list more;                                                  \
                                                                               \
		va_start(more, flags);                                         \
		if (((flags)&O_CREAT) != 0)                                    \
			mode = va_arg(more, mode_t);                           \
		va_end(more);                                                  \
	} while (0)

int
open(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at(AT_FDCWD, name, flags, mode);
}

int
openat(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at(folder, name, flags, mode);
}

int
close(int fd)
{
	enum response_class verdict;

	if (what_is(fd) == NOTHING)
		return (int)syscall(SYS_close, fd);
	verdict = plan_enter(SHIM_CLOSE);
	seats[fd].what = NOTHING;
	(void)syscall(SYS_close, fd); /* also where it says that it failed */
	if (verdict == FAIL)
		return (int)plan_fail();
	return (int)plan_leave(verdict, 0);
}

int
closedir(DIR *dir)
{
	static int (*real)(DIR *);
	struct seat *seat = seat_of(dirfd(dir));
	void *found;

	if (real == NULL) {
		found = dlsym(RTLD_NEXT, "closedir");
		memcpy(&real, &found, sizeof found);
	}
	if (seat != NULL)
		seat->what = NOTHING;
	return real(dir);
}

/* ------------------------------------------------- reading and writing -- */

ssize_t
pread(int fd, void *to, size_t len, off_t at)
{
	enum response_class verdict;

	if (what_is(fd) != PLAIN)
		return syscall(SYS_pread64, fd, to, len, at);
	verdict = plan_enter(SHIM_READ);
	if (verdict == FAIL)
		return plan_fail();
	return plan_leave(verdict, syscall(SYS_pread64, fd, to, len, at));
}

/* How much of a write the room lets through. */
static size_t
let_in(int fd, size_t len, uint64_t at)
{
	uint64_t room = atomic_load(&plan.words[SHIM_WORD_ROOM]);
	uint64_t used = atomic_load(&plan.words[SHIM_WORD_USED]), size;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return len;
	size = (uint64_t)st.st_size;
	if (room > 0 && at + len > size && used + (at + len - size) > room) {
		size += room > used ? room - used : 0;
		len = size > at ? (size_t)(size - at) : 0;
	}
	if (at + len > (uint64_t)st.st_size)
		atomic_fetch_add(&plan.words[SHIM_WORD_USED],
		    at + len - (uint64_t)st.st_size);
	return len;
}

static size_t
length_of(const struct iovec *parts, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	return len;
}

/* The first `len` bytes of the parts; as many as the disk takes. */
static long
write_parts(int fd, const struct iovec *parts, size_t len, uint64_t at)
{
	size_t done = 0;
	long n = 0;

	for (; done < len && n >= 0; parts++) {
		size_t part =
		    parts->iov_len < len - done ? parts->iov_len : len - done;

		plan_note_write(
		    seats[fd].handle, parts->iov_base, part, at + done);
		n = syscall(SYS_pwrite64, fd, parts->iov_base, part, at + done);
		done += n > 0 ? (size_t)n : 0;
		if (n == (long)part)
			continue;
		if (plan.log != -1)
			abort(); /* a fault that is not ours */
		break;
	}
	return n < 0 && done == 0 ? -1 : (long)done;
}

ssize_t
pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	size_t whole = length_of(parts, count), len = whole;
	enum response_class verdict;
	long result;

	if (what_is(fd) != PLAIN)
		return syscall(SYS_pwritev, fd, parts, count, at, 0);
	verdict = plan_enter(SHIM_WRITE);
	if (verdict == FAIL)
		return plan_fail();
	if (verdict == HALVE || verdict == TEAR)
		len = (len + 1) / 2;
	len = let_in(fd, len, (uint64_t)at);
	result = write_parts(fd, parts, len, (uint64_t)at);
	if (verdict == TEAR)
		return plan_fail();
	if (whole > 0 && len == 0) {
		errno = ENOSPC;
		result = -1;
	}
	return plan_leave(verdict, result);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	struct iovec part = { .iov_len = len };

	memcpy(&part.iov_base, &bytes, sizeof bytes);
	if (what_is(fd) != PLAIN)
		return syscall(SYS_pwrite64, fd, bytes, len, at);
	return pwritev(fd, &part, 1, at);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	off_t at;
	ssize_t n;

	if (what_is(fd) != PLAIN)
		return syscall(SYS_write, fd, bytes, len);
	at = lseek(fd, 0, SEEK_CUR);
	n = pwrite(fd, bytes, len, at);
	if (n > 0)
		lseek(fd, at + n, SEEK_SET);
	return n;
}

int
ftruncate(int fd, off_t len)
{
	enum response_class verdict;
	struct stat st;

	if (what_is(fd) != PLAIN)
		return (int)syscall(SYS_ftruncate, fd, len);
	verdict = plan_enter(SHIM_CUT);
	if (verdict == FAIL)
		return (int)plan_fail();
	if (fstat(fd, &st) == 0)
		atomic_fetch_add(
		    &plan.words[SHIM_WORD_USED], (uint64_t)(len - st.st_size));
	plan_note(SHIM_NOTE_CUT, seats[fd].handle, (uint64_t)len, "");
	return (int)plan_leave(verdict, syscall(SYS_ftruncate, fd, len));
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	if (what_is(fd) == PLAIN)
		abort(); /* the log knows nothing of it */
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

/* -------------------------------------------------------------- syncing -- */

static void
wait_for_disk(void)
{
	struct timespec pause = { 0, PAUSE_NS };
	uint64_t ns = atomic_load(&plan.words[SHIM_WORD_SYNC_NS]);
	struct timespec slow = { (time_t)(ns / 1000000000),
		(long)(ns % 1000000000) };

	if (ns > 0)
		nanosleep(&slow, NULL);
	if (atomic_load(&plan.words[SHIM_WORD_HOLD]) == 0)
		return;
	atomic_fetch_add(&plan.words[SHIM_WORD_HELD], 1);
	while (atomic_load(&plan.words[SHIM_WORD_HOLD]) != 0)
		nanosleep(&pause, NULL);
	atomic_fetch_sub(&plan.words[SHIM_WORD_HELD], 1);
}

/* The lock is not held while the disk works. */
static int
sync_file(int fd, long number)
{
	uint64_t handle = seats[fd].handle, id;
	enum response_class verdict = plan_enter(SHIM_SYNC);
	long result = 0;

	id = atomic_fetch_add(&plan.words[SHIM_WORD_HANDLES], 1);
	plan_note(SHIM_NOTE_BEGUN, handle, id, "");
	plan_pause();
	wait_for_disk();
	if (verdict != FAIL && plan.log == -1)
		result = syscall(number, fd);
	plan_resume();
	plan_note(verdict == FAIL ? SHIM_NOTE_FAILED : SHIM_NOTE_SYNCED, handle,
	    id, "");
	if (verdict == FAIL)
		return (int)plan_fail();
	return (int)plan_leave(verdict, result);
}

static int
sync_folder(int fd)
{
	enum response_class verdict = plan_enter(SHIM_NAMES);
	long result = 0;

	if (verdict == FAIL)
		return (int)plan_fail();
	if (plan.log == -1)
		result = syscall(SYS_fsync, fd);
	plan_note(SHIM_NOTE_NAMES, 0, 0, seats[fd].path);
	return (int)plan_leave(verdict, result);
}

int
fdatasync(int fd)
{
	return what_is(fd) == PLAIN ? sync_file(fd, SYS_fdatasync)
				    : (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	switch (what_is(fd)) {
	case PLAIN:
		return sync_file(fd, SYS_fsync);
	case FOLDER:
		return sync_folder(fd);
	default:
		return (int)syscall(SYS_fsync, fd);
	}
}

/* ------------------------------------------------------- names, changed -- */

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	char old[PATH_ROOM], new[PATH_ROOM], both[2 * PATH_ROOM];
	enum response_class verdict;
	long result;

	if (!locate(from_folder, from, old) || !locate(to_folder, to, new))
		return (int)syscall(
		    SYS_renameat2, from_folder, from, to_folder, to, 0);
	verdict = plan_enter(SHIM_RENAME);
	if (verdict == FAIL)
		return (int)plan_fail();
	result = syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
	snprintf(both, sizeof both, "%s\n%s", old, new);
	if (result == 0)
		plan_note(SHIM_NOTE_RENAMED, 0, 0, both);
	return (int)plan_leave(verdict, result);
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlinkat(int folder, const char *name, int flags)
{
	char path[PATH_ROOM];
	enum response_class verdict;
	struct stat st;
	long result;

	if (!locate(folder, name, path))
		return (int)syscall(SYS_unlinkat, folder, name, flags);
	verdict = plan_enter(SHIM_UNLINK);
	if (verdict == FAIL)
		return (int)plan_fail();
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		st.st_size = 0;
	result = syscall(SYS_unlinkat, folder, name, flags);
	if (result == 0) {
		atomic_fetch_sub(
		    &plan.words[SHIM_WORD_USED], (uint64_t)st.st_size);
		plan_note(SHIM_NOTE_UNLINKED, 0, 0, path);
	}
	return (int)plan_leave(verdict, result);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
mkdirat(int folder, const char *name, mode_t mode)
{
	char path[PATH_ROOM];
	enum response_class verdict;

	if (!locate(folder, name, path))
		return (int)syscall(SYS_mkdirat, folder, name, mode);
	verdict = plan_enter(SHIM_FOLDER);
	if (verdict == FAIL)
		return (int)plan_fail();
	return (int)plan_leave(
	    verdict, syscall(SYS_mkdirat, folder, name, mode));
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* The same under the names for large files. */
#define SAME(name) __attribute__((alias(#name)))

int open64(const char *name, int flags, ...) SAME(open);
int openat64(int folder, const char *name, int flags, ...) SAME(openat);
ssize_t pread64(int fd, void *to, size_t len, off_t at) SAME(pread);
ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at) SAME(pwrite);
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at)
    SAME(pwritev);
int ftruncate64(int fd, off_t len) SAME(ftruncate);
