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
#include "gateway/base/dir_lock.h"
#include "gateway/base/log.h"

#define FOLDER_MODE 0700 /* payload of producers */
#define FILE_MODE   0600

/* A file is closed at this share of the bound, within these limits. */
#define FILES_WHEN_FULL 16
#define FILE_LEAST      (64 << 10)
#define FILE_MOST       (64 << 20)

struct deadletter_store {
	pthread_mutex_t mutex; /* of all that follows */
	int folder, lock;
	int fd; /* of the newest file; -1: the next append makes one */
	uint64_t file;
	uint64_t size;  /* of the newest file: up to the last letter kept */
	uint64_t bytes; /* of all files */
	uint64_t max_bytes, file_bytes;
	bool torn;        /* the newest file may be longer than `size` */
	bool sync_failed; /* the newest file is not to be written to again */
	bool rotated;     /* likewise */
	/* Revocable appends, before and since the last rotation. */
	uint64_t rotation_last; /* the last file before it */
	uint64_t revocable_before, revocable_since;
};

/* -------------------------------------------------------------- folder -- */

static DIR *
open_listing(const struct deadletter_store *d)
{
	int fd = openat(d->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd != -1)
		close(fd);
	return dir;
}

/* Counts the files' bytes again: people may have taken some away. */
static bool
count(struct deadletter_store *d, uint64_t *youngest_out)
{
	DIR *dir = open_listing(d);
	uint64_t file, bytes = 0, newest = 0;
	struct dirent *entry;
	struct stat st;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		if (!deadletter_file_number(entry->d_name, &file) ||
		    fstatat(d->folder, entry->d_name, &st, 0) == -1)
			continue;
		bytes += (uint64_t)st.st_size;
		newest = file > newest ? file : newest;
	}
	closedir(dir);
	d->bytes = bytes;
	*youngest_out = newest;
	return true;
}

static int
open_file(struct deadletter_store *d, uint64_t file, int flags)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, file);
	return openat(
	    d->folder, name, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
}

static void
unlink_file(struct deadletter_store *d, uint64_t file)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, file);
	unlinkat(d->folder, name, 0);
}

/* Closes the newest file, and makes its successor's name durable. */
static bool
next_file(struct deadletter_store *d)
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
	d->torn = d->sync_failed = d->rotated = false;
	return true;
}

static bool
blank(struct deadletter_store *d, const struct deadletter_store_ref *ref)
{
	int fd = open_file(d, ref->file, O_WRONLY);
	bool ok;

	if (fd == -1)
		return errno == ENOENT; /* taken away meanwhile */
	ok = deadletter_file_blank(
	    fd, (struct deadletter_file_range){ ref->offset, ref->len });
	close(fd);
	return ok;
}

/* ---------------------------------------------------------------- open -- */

/*
 * Not only the newest: one is closed when its sync fails, and what the disk
 * has of its end then shows at the next power cut.  Best effort: nobody writes
 * to them.
 */
static void
repair_older(struct deadletter_store *d, uint64_t newest)
{
	DIR *dir = open_listing(d);
	struct dirent *entry;
	uint64_t file, size;
	int fd;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (deadletter_file_is_temporary(entry->d_name))
			unlinkat(d->folder, entry->d_name, 0);
		if (!deadletter_file_number(entry->d_name, &file) ||
		    file == newest)
			continue;
		fd = open_file(d, file, O_RDWR);
		if (fd == -1)
			continue;
		(void)deadletter_file_repair(fd, &size);
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
resume(struct deadletter_store *d)
{
	uint64_t newest;

	if (!count(d, &newest))
		return false;
	repair_older(d, newest);
	d->file = newest;
	if (newest > 0) {
		d->fd = open_file(d, newest, O_RDWR);
		if (d->fd == -1 || !deadletter_file_repair(d->fd, &d->size))
			return false;
	}
	return count(d, &newest);
}

/* A folder's own name must last as long as what is in it. */
static bool
open_folder(struct deadletter_store *d, const char *path, struct err *err)
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
file_bytes_of(uint64_t max_bytes)
{
	uint64_t share = max_bytes / FILES_WHEN_FULL;

	return share < FILE_LEAST  ? FILE_LEAST
	       : share > FILE_MOST ? FILE_MOST
				   : share;
}

bool
deadletter_store_open(struct deadletter_store **out,
    const struct deadletter_store_options *options, struct err *err)
{
	struct deadletter_store *d = calloc(1, sizeof *d);

	if (d == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	pthread_mutex_init(&d->mutex, NULL);
	d->folder = d->lock = d->fd = -1;
	d->max_bytes = options->max_bytes;
	d->file_bytes = file_bytes_of(options->max_bytes);
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
	deadletter_store_close(&d);
	return false;
}

void
deadletter_store_close(struct deadletter_store **store)
{
	struct deadletter_store *d = *store;

	*store = NULL;
	if (d == NULL)
		return;
	if (d->fd != -1)
		close(d->fd);
	if (d->folder != -1)
		close(d->folder);
	if (d->lock != -1)
		close(d->lock);
	pthread_mutex_destroy(&d->mutex);
	free(d);
}

/* --------------------------------------------------------------- write -- */

/* Nothing behind `size` may be seen: of a call that failed. */
static bool
cut(struct deadletter_store *d)
{
	d->torn = ftruncate(d->fd, (off_t)d->size) == -1;
	return !d->torn;
}

static bool
has_room(struct deadletter_store *d, uint64_t len)
{
	uint64_t newest;

	return d->bytes + len <= d->max_bytes ||
	       (count(d, &newest) && d->bytes + len <= d->max_bytes);
}

/* Was it taken away?  Then nobody would find what is written to it. */
static bool
is_gone(int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 || st.st_nlink == 0;
}

static bool
ready_file(struct deadletter_store *d, uint64_t len)
{
	if (d->fd != -1 && d->torn && !is_gone(d->fd) && !cut(d))
		return false;
	if (d->fd != -1 && !d->sync_failed && !d->rotated &&
	    (d->size == 0 || d->size + len <= d->file_bytes) && !is_gone(d->fd))
		return true;
	return next_file(d);
}

static bool
write_lines(struct deadletter_store *d, struct span lines)
{
	int error;

	if (!ready_file(d, lines.len))
		return false;
	if (deadletter_file_write(d->fd, lines.at, lines.len, d->size)) {
		if (fdatasync(d->fd) == 0)
			return true;
		d->sync_failed = true;
	}
	error = errno;
	cut(d);
	errno = error;
	return false;
}

enum deadletter_store_result
deadletter_store_append(struct deadletter_store *d, struct span lines,
    struct deadletter_store_ref *ref_out, struct err *err)
{
	enum deadletter_store_result result = DEADLETTER_STORE_KEPT;

	pthread_mutex_lock(&d->mutex);
	if (!has_room(d, lines.len)) {
		result = DEADLETTER_STORE_FULL;
	} else if (!write_lines(d, lines)) {
		result = DEADLETTER_STORE_FAILED;
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	} else {
		if (ref_out != NULL) {
			*ref_out = (struct deadletter_store_ref){ d->file,
				d->size, lines.len };
			d->revocable_since++;
		}
		d->size += lines.len;
		d->bytes += lines.len;
	}
	pthread_mutex_unlock(&d->mutex);
	return result;
}

static void
end_revocable(
    struct deadletter_store *d, const struct deadletter_store_ref *ref)
{
	uint64_t *count = ref->file <= d->rotation_last ? &d->revocable_before
							: &d->revocable_since;

	assert(*count > 0);
	(*count)--;
}

static bool
take_back(struct deadletter_store *d, const struct deadletter_store_ref *ref)
{
	if (ref->file != d->file || ref->offset + ref->len != d->size)
		return blank(d, ref);
	d->size -= ref->len;
	d->bytes -= ref->len < d->bytes ? ref->len : d->bytes;
	d->sync_failed = !cut(d) || fdatasync(d->fd) == -1 || d->sync_failed;
	return !d->sync_failed;
}

bool
deadletter_store_take_back(struct deadletter_store *d,
    const struct deadletter_store_ref *ref, struct err *err)
{
	bool ok;

	if (ref->len == 0)
		return true;
	pthread_mutex_lock(&d->mutex);
	ok = take_back(d, ref);
	end_revocable(d, ref);
	if (!ok)
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	pthread_mutex_unlock(&d->mutex);
	return ok;
}

void
deadletter_store_release(
    struct deadletter_store *d, const struct deadletter_store_ref *ref)
{
	if (ref->len == 0)
		return;
	pthread_mutex_lock(&d->mutex);
	end_revocable(d, ref);
	pthread_mutex_unlock(&d->mutex);
}

/* -------------------------------------------------------------- rotate -- */

bool
deadletter_store_rotate(
    struct deadletter_store *d, uint64_t *last_out, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&d->mutex);
	/* Letters that were refused must not be found by others. */
	ok = d->fd == -1 || !d->torn || is_gone(d->fd) || cut(d);
	if (ok) {
		d->rotated = true;
		*last_out = d->rotation_last = d->file;
		d->revocable_before += d->revocable_since;
		d->revocable_since = 0;
	} else {
		err_set(err, ERR_HOST, 0, "dead letters: %s", strerror(errno));
	}
	pthread_mutex_unlock(&d->mutex);
	return ok;
}

bool
deadletter_store_rotation_done(struct deadletter_store *d)
{
	bool done;

	pthread_mutex_lock(&d->mutex);
	done = d->revocable_before == 0;
	pthread_mutex_unlock(&d->mutex);
	return done;
}

void
deadletter_store_recount(struct deadletter_store *d)
{
	uint64_t newest;

	pthread_mutex_lock(&d->mutex);
	(void)count(d, &newest);
	pthread_mutex_unlock(&d->mutex);
}

uint64_t
deadletter_store_bytes(struct deadletter_store *d)
{
	uint64_t bytes;

	pthread_mutex_lock(&d->mutex);
	bytes = d->bytes;
	pthread_mutex_unlock(&d->mutex);
	return bytes;
}

/* --------------------------------------------------------------- alarm -- */

void
deadletter_store_alarm_raise(struct deadletter_store_alarm *alarm,
    const char *reason, const char *advice)
{
	if (!atomic_exchange(&alarm->raised, true))
		log_event(LOG_ERROR, "dead_letters_failing",
		    LOG_STR("reason", reason), LOG_STR("advice", advice));
}

void
deadletter_store_alarm_clear(struct deadletter_store_alarm *alarm)
{
	/* Seldom raised: most calls only read. */
	if (atomic_load(&alarm->raised) &&
	    atomic_exchange(&alarm->raised, false))
		log_event(LOG_INFO, "dead_letters_kept_again");
}
