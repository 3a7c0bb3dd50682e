#include "gateway/base/dir_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOLDER_ROOM 128
#define NOTE        "admin "

static bool
failed(const char *path, struct err *err)
{
	return err_set(err, ERR_HOST, 0, "%.160s/%s: %s", path, DIR_LOCK_NAME,
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
dir_lock_take(
    int folder, const char *path, mode_t mode, int *lock_out, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int lock = openat(folder, DIR_LOCK_NAME,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	*lock_out = lock;
	if (lock == -1)
		return failed(path, err);
	if (fcntl(lock, F_OFD_SETLK, &whole) == -1)
		return busy(lock, path, err);
	return sign(lock) || failed(path, err);
}

void
dir_lock_note(int lock, const char *address)
{
	char text[DIR_LOCK_TEXT];
	int len = snprintf(text, sizeof text, NOTE "%s\n", address);
	off_t end = lseek(lock, 0, SEEK_END);

	if (end != -1 && len < (int)sizeof text)
		(void)!pwrite(lock, text, (size_t)len, end);
}

/* The first line, and of the line that begins with NOTE the rest. */
static void
read_lines(char *text, char holder[DIR_LOCK_TEXT], char address[DIR_LOCK_TEXT])
{
	char *note = strstr(text, "\n" NOTE);

	if (note != NULL) {
		note += sizeof "\n" NOTE - 1;
		snprintf(address, DIR_LOCK_TEXT, "%.*s",
		    (int)strcspn(note, "\n"), note);
	}
	text[strcspn(text, "\n")] = '\0';
	snprintf(
	    holder, DIR_LOCK_TEXT, "%s", text[0] != '\0' ? text : "unknown");
}

bool
dir_lock_held(
    int folder, char holder_out[DIR_LOCK_TEXT], char address_out[DIR_LOCK_TEXT])
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int lock =
	    openat(folder, DIR_LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[DIR_LOCK_TEXT] = "";
	bool held;

	holder_out[0] = address_out[0] = '\0';
	if (lock == -1)
		return false;
	held = fcntl(lock, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
	if (held && pread(lock, text, sizeof text - 1, 0) >= 0)
		read_lines(text, holder_out, address_out);
	close(lock);
	return held;
}
