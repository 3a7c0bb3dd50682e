#include "gateway/deadletter/compaction.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/deadletter/file.h"
#include "gateway/deadletter/tombstone.h"

#define FILE_MODE 0600
#define PIECE     65536
#define NAME_ROOM (DEADLETTER_FILE_NAME + 8)

struct jsimd {
	int folder;
	const struct deadletter_reader_filter
	    *meant; /* NULL: blanks alone go */
	struct deadletter_file file;
	int to; /* -1: only counting */
	uint64_t written;
	char *room; /* for what a letter says */
	size_t room_len;
	struct deadletter_compaction found;
	uint64_t blank_bytes, kept_bytes;
};

/* ---------------------------------------------------------------- judge -- */

static bool
make_room(struct jsimd *s, size_t len)
{
	char *more;

	if (len <= s->room_len)
		return true;
	more = realloc(s->room, len);
	if (more == NULL)
		return false;
	s->room = more;
	s->room_len = len;
	return true;
}

/* Does the line stay?  Counts it. */
static bool
stays(struct jsimd *s, const struct deadletter_file_line *line)
{
	struct deadletter_record letter;

	if (line->kind == DEADLETTER_FILE_BLANK) {
		s->blank_bytes += line->len;
		return false;
	}
	if (s->meant == NULL)
		return true;
	if (line->kind != DEADLETTER_FILE_LETTER ||
	    !make_room(s, line->text.len) ||
	    !deadletter_record_read(&letter, line->text, s->room)) {
		s->found.damaged++;
		return true;
	}
	if (!deadletter_reader_means(s->meant, &letter)) {
		s->found.left++;
		return true;
	}
	s->found.removed++;
	s->found.removed_bytes += line->len;
	return false;
}

/* ----------------------------------------------------------------- copy -- */

static bool
copy(struct jsimd *s, const struct deadletter_file_line *line)
{
	uint64_t at = line->offset, end = line->offset + line->len;
	char piece[PIECE];
	ssize_t n;

	for (; at < end; at += (uint64_t)n, s->written += (uint64_t)n) {
		n = pread(s->file.fd, piece,
		    end - at < PIECE ? (size_t)(end - at) : PIECE, (off_t)at);
		if (n == 0)
			errno = EIO; /* it has become shorter */
		if (n <= 0 || !deadletter_tombstone_write(
				  s->to, piece, (uint64_t)n, s->written))
			return false;
	}
	return true;
}

/* One walk over the file: counts, and copies if there is somewhere to. */
static bool
walk(struct jsimd *s, uint64_t number)
{
	struct deadletter_file_line line;
	bool ok = deadletter_file_open(&s->file, s->folder, number);

	s->found = (struct deadletter_compaction){ 0 };
	s->blank_bytes = s->kept_bytes = 0;
	while (ok && deadletter_file_next(&s->file, &line)) {
		if (!stays(s, &line))
			continue;
		s->kept_bytes += line.len;
		ok = s->to == -1 || copy(s, &line);
	}
	if (ok && s->file.failed != 0) {
		errno = s->file.failed;
		ok = false;
	}
	deadletter_file_close(&s->file);
	return ok;
}

static bool
rewrite(struct jsimd *s, uint64_t number, const char *name)
{
	char fresh[NAME_ROOM];
	bool ok;
	int error;

	snprintf(fresh, sizeof fresh, "%s" DEADLETTER_FILE_FRESH, name);
	s->to = openat(s->folder, fresh,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (s->to == -1)
		return false;
	s->written = 0;
	ok = walk(s, number) && fsync(s->to) == 0 &&
	     renameat(s->folder, fresh, s->folder, name) == 0;
	error = errno;
	close(s->to);
	s->to = -1;
	if (!ok)
		unlinkat(s->folder, fresh, 0);
	errno = error;
	return ok;
}

/* ---------------------------------------------------------------- sweep -- */

/* Is it worth a new file? */
static bool
is_due(const struct jsimd *s)
{
	if (s->meant != NULL)
		return s->found.removed > 0;
	return s->blank_bytes > 0 && s->blank_bytes >= s->kept_bytes;
}

static bool
sweep_file(struct jsimd *s, uint64_t number)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, number);
	if (!walk(s, number))
		return errno == ENOENT; /* taken away meanwhile */
	if (!is_due(s))
		return true;
	return (s->kept_bytes == 0 ? unlinkat(s->folder, name, 0) == 0
				   : rewrite(s, number, name)) &&
	       fsync(s->folder) == 0;
}

static void
add(struct deadletter_compaction *sum,
    const struct deadletter_compaction *found)
{
	sum->removed += found->removed;
	sum->removed_bytes += found->removed_bytes;
	sum->left += found->left;
	sum->damaged += found->damaged;
}

static bool
sweep(struct jsimd *s, uint64_t last, const atomic_bool *stop,
    struct deadletter_compaction *counts, struct err *err)
{
	struct deadletter_file_list list = { 0 };
	char name[DEADLETTER_FILE_NAME] = "folder";
	bool ok = deadletter_file_list(s->folder, &list);

	for (size_t i = 0; ok && i < list.count && list.numbers[i] <= last &&
			   (stop == NULL || !atomic_load(stop));
	     i++) {
		deadletter_file_name(name, list.numbers[i]);
		ok = sweep_file(s, list.numbers[i]);
		if (ok && counts != NULL)
			add(counts, &s->found);
	}
	if (!ok)
		err_set(err, ERR_HOST, 0, "dead letters: %s: %s", name,
		    strerror(errno));
	free(list.numbers);
	free(s->room);
	return ok;
}

bool
deadletter_compaction_purge(int folder,
    const struct deadletter_reader_filter *meant, uint64_t last,
    const atomic_bool *stop, struct deadletter_compaction *counts,
    struct err *err)
{
	struct jsimd s = { .folder = folder, .meant = meant, .to = -1 };

	return sweep(&s, last, stop, counts, err);
}

bool
deadletter_compaction_tidy(int folder, uint64_t last, struct err *err)
{
	struct jsimd s = { .folder = folder, .to = -1 };

	return sweep(&s, last, NULL, NULL, err);
}
