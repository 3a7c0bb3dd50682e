#include "gateway/deadletter/store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/deadletter/file.h"
#include "gateway/deadletter/tombstone.h"
#include "gateway/base/dir_lock.h"

#define FOLDER_MODE 0700 /* payload of producers */
#define FILE_MODE   0600

/* A file is closed at this share of the bound, within these limits. */
#define FILES_WHEN_FULL 16
#define FILE_LEAST      (64 << 10)
#define FILE_MOST       (64 << 20)

struct deadletter {
	pthread_mutex_t guard; /* all that follows */
	int folder, lock;
	int fd; /* of the youngest file; -1: the next letter makes one */
	uint64_t file;
	uint64_t size; /* of it, as far as letters in it count */
	uint64_t bytes;
	uint64_t max_bytes, file_bytes;
	bool torn;   /* it may hold more than that */
	bool closed; /* and is not to be written to again: a sync failed */
	bool left;   /* likewise, by a turn */
	/* Places given out that may be taken back, by the last turn. */
	uint64_t turn; /* the last file before it */
	uint64_t open_before, open_since;
};

/* -------------------------------------------------------------- folder -- */

static DIR *
open_listing(const struct deadletter *d)
{
	int fd = openat(d->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd != -1)
		close(fd);
	return dir;
}

/* Counts the files' bytes again: people may have taken some away. */
static bool
count(struct deadletter *d, uint64_t *youngest_out)
{
	DIR *dir = open_listing(d);
	uint64_t file, bytes = 0, youngest = 0;
	struct dirent *entry;
	struct stat st;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		if (!deadletter_file_number(entry->d_name, &file) ||
		    fstatat(d->folder, entry->d_name, &st, 0) == -1)
			continue;
		bytes += (uint64_t)st.st_size;
		youngest = file > youngest ? file : youngest;
	}
	closedir(dir);
	d->bytes = bytes;
	*youngest_out = youngest;
	return true;
}

static int
open_file(struct deadletter *d, uint64_t file, int flags)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, file);
	return openat(
	    d->folder, name, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
}

static void
unlink_file(struct deadletter *d, uint64_t file)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, file);
	unlinkat(d->folder, name, 0);
}

/* Closes the youngest file, and makes its successor's name durable. */
static bool
next_file(struct deadletter *d)
{
	uint64_t file = d->file + 1;
	int fd, error;

	/* One may be there that was not when we counted. */
	while ((fd = open_file(d, file, O_RDWR | O_CREAT | O_EXCL)) == -1 &&
	       errno == EEXIST)
		file++;
	if (fd == -1)
		return false;
	if (fsync(d->folder) == -1) {
		error = errno;
		unlink_file(d, file);
		close(fd);
		errno = error;
		return false;
	}
	if (d->fd != -1)
		close(d->fd);
	d->fd = fd;
	d->file = file;
	d->size = 0;
	d->torn = d->closed = d->left = false;
	return true;
}

static bool
blank(struct deadletter *d, const struct deadletter_place *place)
{
	int fd = open_file(d, place->file, O_WRONLY);
	bool ok;

	if (fd == -1)
		return errno == ENOENT; /* taken away meanwhile */
	ok = deadletter_tombstone_blank(fd,
	    (struct deadletter_tombstone_place){ place->offset, place->len });
	close(fd);
	return ok;
}

/* ---------------------------------------------------------------- open -- */

/*
 * Not only the youngest: one is closed when its sync fails, and what the disk
 * has of its end then shows at the next power cut.  Best effort: nobody writes
 * to them.
 */
static void
heal_older(struct deadletter *d, uint64_t youngest)
{
	DIR *dir = open_listing(d);
	struct dirent *entry;
	uint64_t file, size;
	int fd;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (deadletter_file_is_fresh(entry->d_name))
			unlinkat(d->folder, entry->d_name, 0);
		if (!deadletter_file_number(entry->d_name, &file) ||
		    file == youngest)
			continue;
		fd = open_file(d, file, O_RDWR);
		if (fd == -1)
			continue;
		(void)deadletter_tombstone_heal(fd, &size);
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
resume(struct deadletter *d)
{
	uint64_t youngest;

	if (!count(d, &youngest))
		return false;
	heal_older(d, youngest);
	d->file = youngest;
	if (youngest > 0) {
		d->fd = open_file(d, youngest, O_RDWR);
		if (d->fd == -1 || !deadletter_tombstone_heal(d->fd, &d->size))
			return false;
	}
	return count(d, &youngest);
}

/* A folder's own name must last as long as what is in it. */
static bool
open_folder(struct deadletter *d, const char *path, struct err *err)
{
	bool made = mkdir(path, FOLDER_MODE) == 0;
	int above;

	d->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->folder == -1)
		return err_set(err, ERR_HOST, 0,
		    "%.160s: cannot be opened or made: %s", path,
		    strerror(errno));
	if (!made)
		return true;
	above = openat(d->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above == -1)
		return true; /* not ours to read */
	if (fsync(above) == -1)
		err_set(
		    err, ERR_HOST, 0, "%.160s/..: %s", path, strerror(errno));
	close(above);
	return err->kind == ERR_NONE;
}

static uint64_t
share_of(uint64_t max_bytes)
{
	uint64_t share = max_bytes / FILES_WHEN_FULL;

	return share < FILE_LEAST  ? FILE_LEAST
	       : share > FILE_MOST ? FILE_MOST
				   : share;
}

bool
deadletter_open(struct deadletter **out,
    const struct deadletter_options *options, struct err *err)
{
	struct deadletter *d = calloc(1, sizeof *d);

	if (d == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	pthread_mutex_init(&d->guard, NULL);
	d->folder = d->lock = d->fd = -1;
	d->max_bytes = options->max_bytes;
	d->file_bytes = share_of(options->max_bytes);
	if (!open_folder(d, options->directory, err) ||
	    !dir_lock_take(
		d->folder, options->directory, FILE_MODE, &d->lock, err))
		goto fail;
	if (options->admin != NULL)
		dir_lock_note(d->lock, options->admin);
	if (!resume(d)) {
		err_set(err, ERR_HOST, 0, "%.160s: %s", options->directory,
		    strerror(errno));
		goto fail;
	}
	*out = d;
	return true;
fail:
	deadletter_close(&d);
	return false;
}

void
deadletter_close(struct deadletter **letters)
{
	struct deadletter *d = *letters;

	*letters = NULL;
	if (d == NULL)
		return;
	if (d->fd != -1)
		close(d->fd);
	if (d->folder != -1)
		close(d->folder);
	if (d->lock != -1)
		close(d->lock);
	pthread_mutex_destroy(&d->guard);
	free(d);
}

/* --------------------------------------------------------------- write -- */

/* Nothing behind `size` may be seen: of a call that failed. */
static bool
cut(struct deadletter *d)
{
	d->torn = ftruncate(d->fd, (off_t)d->size) == -1;
	return !d->torn;
}

static bool
has_room(struct deadletter *d, uint64_t len)
{
	uint64_t youngest;

	return d->bytes + len <= d->max_bytes ||
	       (count(d, &youngest) && d->bytes + len <= d->max_bytes);
}

/* Was it taken away?  Then nobody would find what is written to it. */
static bool
is_gone(int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 || st.st_nlink == 0;
}

static bool
ready_file(struct deadletter *d, uint64_t len)
{
	if (d->fd != -1 && d->torn && !is_gone(d->fd) && !cut(d))
		return false;
	if (d->fd != -1 && !d->closed && !d->left &&
	    (d->size == 0 || d->size + len <= d->file_bytes) && !is_gone(d->fd))
		return true;
	return next_file(d);
}

static bool
write_lines(struct deadletter *d, struct span lines)
{
	int error;

	if (!ready_file(d, lines.len))
		return false;
	if (deadletter_tombstone_write(d->fd, lines.at, lines.len, d->size)) {
		if (fdatasync(d->fd) == 0)
			return true;
		d->closed = true;
	}
	error = errno;
	cut(d);
	errno = error;
	return false;
}

enum deadletter_answer
deadletter_keep(struct deadletter *d, struct span lines,
    struct deadletter_place *place_out, struct err *err)
{
	enum deadletter_answer answer = DEADLETTER_KEPT;

	pthread_mutex_lock(&d->guard);
	if (!has_room(d, lines.len)) {
		answer = DEADLETTER_FULL;
	} else if (!write_lines(d, lines)) {
		answer = DEADLETTER_FAILED;
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	} else {
		if (place_out != NULL) {
			*place_out = (struct deadletter_place){ d->file,
				d->size, lines.len };
			d->open_since++;
		}
		d->size += lines.len;
		d->bytes += lines.len;
	}
	pthread_mutex_unlock(&d->guard);
	return answer;
}

static void
end_place(struct deadletter *d, const struct deadletter_place *place)
{
	uint64_t *open =
	    place->file <= d->turn ? &d->open_before : &d->open_since;

	assert(*open > 0);
	(*open)--;
}

static bool
take_back(struct deadletter *d, const struct deadletter_place *place)
{
	if (place->file != d->file || place->offset + place->len != d->size)
		return blank(d, place);
	d->size -= place->len;
	d->bytes -= place->len < d->bytes ? place->len : d->bytes;
	d->closed = !cut(d) || fdatasync(d->fd) == -1 || d->closed;
	return !d->closed;
}

bool
deadletter_take_back(
    struct deadletter *d, const struct deadletter_place *place, struct err *err)
{
	bool ok;

	if (place->len == 0)
		return true;
	pthread_mutex_lock(&d->guard);
	ok = take_back(d, place);
	end_place(d, place);
	if (!ok)
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	pthread_mutex_unlock(&d->guard);
	return ok;
}

void
deadletter_leave(struct deadletter *d, const struct deadletter_place *place)
{
	if (place->len == 0)
		return;
	pthread_mutex_lock(&d->guard);
	end_place(d, place);
	pthread_mutex_unlock(&d->guard);
}

/* ---------------------------------------------------------------- turn -- */

bool
deadletter_turn(struct deadletter *d, uint64_t *last_out, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&d->guard);
	/* Letters that were refused must not be found by others. */
	ok = d->fd == -1 || !d->torn || is_gone(d->fd) || cut(d);
	if (ok) {
		d->left = true;
		*last_out = d->turn = d->file;
		d->open_before += d->open_since;
		d->open_since = 0;
	} else {
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	}
	pthread_mutex_unlock(&d->guard);
	return ok;
}

bool
deadletter_turned(struct deadletter *d)
{
	bool turned;

	pthread_mutex_lock(&d->guard);
	turned = d->open_before == 0;
	pthread_mutex_unlock(&d->guard);
	return turned;
}

void
deadletter_recount(struct deadletter *d)
{
	uint64_t youngest;

	pthread_mutex_lock(&d->guard);
	(void)count(d, &youngest);
	pthread_mutex_unlock(&d->guard);
}

uint64_t
deadletter_bytes(struct deadletter *d)
{
	uint64_t bytes;

	pthread_mutex_lock(&d->guard);
	bytes = d->bytes;
	pthread_mutex_unlock(&d->guard);
	return bytes;
}
