#include "gateway/journal/io_ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/dir_lock.h"

#define FOLDER_MODE 0750
#define FILE_MODE   0640

struct directory {
	struct io_ops io;
	int fd;
	int lock;
};

static int
fd_of(struct io_ops *io)
{
	return ((struct directory *)io)->fd;
}

static int
answer(int result)
{
	return result < 0 ? -errno : result;
}

static int
dir_open(struct io_ops *io, const char *name, enum io_ops_open how)
{
	static const int flags[] = {
		[IO_OPS_EXISTING] = O_RDWR,
		[IO_OPS_NEW] = O_RDWR | O_CREAT | O_EXCL,
		[IO_OPS_READ] = O_RDONLY,
	};

	/* Never through a link that somebody left here. */
	return answer(openat(
	    fd_of(io), name, flags[how] | O_CLOEXEC | O_NOFOLLOW, FILE_MODE));
}

static int
dir_close(struct io_ops *io, int file)
{
	(void)io;
	return answer(close(file));
}

static int64_t
dir_read(struct io_ops *io, int file, void *to, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n;

	(void)io;
	while (done < len) {
		n = pread(
		    file, (char *)to + done, len - done, (off_t)(at + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (int64_t)done;
}

/* Steps over what was written; the rest may begin inside an iovec. */
static void
advance(struct iovec **iov, int *count, size_t written)
{
	while (*count > 0 && written >= (*iov)->iov_len) {
		written -= (*iov)->iov_len;
		(*iov)++, (*count)--;
	}
	if (*count > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + written;
		(*iov)->iov_len -= written;
	}
}

#define PARTS_MOST 1024 /* IOV_MAX of Linux */

static int
dir_write(
    struct io_ops *io, int file, struct iovec *iov, int count, uint64_t at)
{
	ssize_t n;

	(void)io;
	advance(&iov, &count, 0);
	while (count > 0) {
		n = pwritev(file, iov, count < PARTS_MOST ? count : PARTS_MOST,
		    (off_t)at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			return -EIO;
		at += (uint64_t)n;
		advance(&iov, &count, (size_t)n);
	}
	return 0;
}

static int
dir_sync(struct io_ops *io, int file)
{
	(void)io;
	return answer(fdatasync(file));
}

static int
dir_rename(struct io_ops *io, const char *from, const char *to)
{
	return answer(renameat(fd_of(io), from, fd_of(io), to));
}

static int
dir_unlink(struct io_ops *io, const char *name)
{
	return answer(unlinkat(fd_of(io), name, 0));
}

static int
dir_make_folder(struct io_ops *io, const char *name)
{
	int made = answer(mkdirat(fd_of(io), name, FOLDER_MODE));

	return made == -EEXIST ? 0 : made;
}

static int
dir_sync_names(struct io_ops *io)
{
	return answer(fsync(fd_of(io)));
}

static int
dir_list(struct io_ops *io, const char *folder, io_ops_seen *seen, void *arg)
{
	int fd = openat(fd_of(io), folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (fd == -1)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)) != NULL)
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			seen(arg, entry->d_name, (uint64_t)st.st_size);
	closedir(dir);
	return 0;
}

static void
dir_end(struct io_ops *io)
{
	struct directory *directory = (struct directory *)io;

	if (directory->lock != -1)
		close(directory->lock);
	if (directory->fd != -1)
		close(directory->fd);
	free(directory);
}

static const struct io_ops operations = {
	.open = dir_open,
	.close = dir_close,
	.read = dir_read,
	.write = dir_write,
	.sync = dir_sync,
	.rename = dir_rename,
	.unlink = dir_unlink,
	.make_folder = dir_make_folder,
	.sync_names = dir_sync_names,
	.list = dir_list,
	.end = dir_end,
};

/* Its name in the folder above must last as long as what is in it. */
static void
sync_parent(int fd)
{
	int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent == -1)
		return; /* not ours to read: then not ours to have made */
	(void)fsync(parent);
	close(parent);
}

bool
io_ops_open(struct io_ops **out, const char *path, bool lock, struct err *err)
{
	struct directory *directory = calloc(1, sizeof *directory);
	struct io_ops *io = (struct io_ops *)directory;
	bool made;

	if (directory == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	*io = operations;
	directory->lock = -1;
	made = lock && mkdir(path, FOLDER_MODE) == 0;
	directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory->fd == -1) {
		err_set(err, ERR_HOST, 0, "%s: %s", path, strerror(errno));
		io_ops_close(&io);
		return false;
	}
	if (made)
		sync_parent(directory->fd);
	if (lock && !dir_lock_take(directory->fd, path, FILE_MODE,
			&directory->lock, err)) {
		io_ops_close(&io);
		return false;
	}
	*out = io;
	return true;
}

void
io_ops_close(struct io_ops **io)
{
	if (*io != NULL)
		(*io)->end(*io);
	*io = NULL;
}

int
io_ops_write(
    struct io_ops *io, int file, const void *bytes, size_t len, uint64_t at)
{
	struct iovec part;

	/* An iovec has no const; write does not change what it points to. */
	memcpy(&part.iov_base, &bytes, sizeof bytes);
	part.iov_len = len;
	return io->write(io, file, &part, 1, at);
}
