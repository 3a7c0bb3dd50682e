#include "gateway/spool/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOLDER_ROOM 128

static bool
failed(const char *path, struct err *err)
{
	return err_set(err, ERR_HOST, 0, "%.160s/%s: %s", path, LOCK_NAME,
	    strerror(errno));
}

static bool
busy(int lock, const char *path, struct err *err)
{
	char holder[HOLDER_ROOM] = "";
	ssize_t n = pread(lock, holder, sizeof holder - 1, 0);

	holder[n > 0 ? strcspn(holder, "\n") : 0] = '\0';
	return err_set(err, ERR_BUSY, 0,
	    "%.160s is in use by another process (%s)", path,
	    holder[0] != '\0' ? holder : "unknown");
}

static bool
sign(int lock)
{
	char holder[HOLDER_ROOM], host[64] = "";
	int len;

	gethostname(host, sizeof host - 1);
	len = snprintf(
	    holder, sizeof holder, "pid %ld on %s\n", (long)getpid(), host);
	return ftruncate(lock, 0) == 0 &&
	       pwrite(lock, holder, (size_t)len, 0) != -1;
}

bool
lock_take(
    int folder, const char *path, mode_t mode, int *lock_out, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int lock = openat(
	    folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	*lock_out = lock;
	if (lock == -1)
		return failed(path, err);
	if (fcntl(lock, F_OFD_SETLK, &whole) == -1)
		return busy(lock, path, err);
	return sign(lock) || failed(path, err);
}
