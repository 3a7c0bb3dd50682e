#include "gateway/spool/lettersweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/spool/letterfile.h"
#include "gateway/spool/letterpatch.h"

#define FILE_MODE 0600
#define PIECE     65536
#define NAME_ROOM (LETTERFILE_NAME + 8)

struct sweep {
	int folder;
	const struct letterbox_filter *meant; /* NULL: blanks alone go */
	struct letterfile file;
	int to; /* -1: only counting */
	uint64_t written;
	char *room; /* for what a letter says */
	size_t room_len;
	struct lettersweep found;
	uint64_t blank_bytes, kept_bytes;
};

/* ---------------------------------------------------------------- judge -- */

static bool
make_room(struct sweep *s, size_t len)
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
stays(struct sweep *s, const struct letterfile_line *line)
{
	struct letter letter;

	if (line->kind == LETTERFILE_BLANK) {
		s->blank_bytes += line->len;
		return false;
	}
	if (s->meant == NULL)
		return true;
	if (line->kind != LETTERFILE_LETTER || !make_room(s, line->text.len) ||
	    !letter_read(&letter, line->text, s->room)) {
		s->found.damaged++;
		return true;
	}
	if (!letterbox_means(s->meant, &letter)) {
		s->found.left++;
		return true;
	}
	s->found.removed++;
	s->found.removed_bytes += line->len;
	return false;
}

/* ----------------------------------------------------------------- copy -- */

static bool
copy(struct sweep *s, const struct letterfile_line *line)
{
	uint64_t at = line->offset, end = line->offset + line->len;
	char piece[PIECE];
	ssize_t n;

	for (; at < end; at += (uint64_t)n, s->written += (uint64_t)n) {
		n = pread(s->file.fd, piece,
		    end - at < PIECE ? (size_t)(end - at) : PIECE, (off_t)at);
		if (n == 0)
			errno = EIO; /* it has become shorter */
		if (n <= 0 ||
		    !letterpatch_write(s->to, piece, (uint64_t)n, s->written))
			return false;
	}
	return true;
}

/* One walk over the file: counts, and copies if there is somewhere to. */
static bool
walk(struct sweep *s, uint64_t number)
{
	struct letterfile_line line;
	bool ok = letterfile_open(&s->file, s->folder, number);

	s->found = (struct lettersweep){ 0 };
	s->blank_bytes = s->kept_bytes = 0;
	while (ok && letterfile_next(&s->file, &line)) {
		if (!stays(s, &line))
			continue;
		s->kept_bytes += line.len;
		ok = s->to == -1 || copy(s, &line);
	}
	if (ok && s->file.failed != 0) {
		errno = s->file.failed;
		ok = false;
	}
	letterfile_close(&s->file);
	return ok;
}

static bool
rewrite(struct sweep *s, uint64_t number, const char *name)
{
	char fresh[NAME_ROOM];
	bool ok;
	int error;

	snprintf(fresh, sizeof fresh, "%s" LETTERFILE_FRESH, name);
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
is_due(const struct sweep *s)
{
	if (s->meant != NULL)
		return s->found.removed > 0;
	return s->blank_bytes > 0 && s->blank_bytes >= s->kept_bytes;
}

static bool
sweep_file(struct sweep *s, uint64_t number)
{
	char name[LETTERFILE_NAME];

	letterfile_name(name, number);
	if (!walk(s, number))
		return errno == ENOENT; /* taken away meanwhile */
	if (!is_due(s))
		return true;
	return (s->kept_bytes == 0 ? unlinkat(s->folder, name, 0) == 0
				   : rewrite(s, number, name)) &&
	       fsync(s->folder) == 0;
}

static void
add(struct lettersweep *sum, const struct lettersweep *found)
{
	sum->removed += found->removed;
	sum->removed_bytes += found->removed_bytes;
	sum->left += found->left;
	sum->damaged += found->damaged;
}

static bool
sweep(struct sweep *s, uint64_t last, const atomic_bool *stop,
    struct lettersweep *counts, struct err *err)
{
	struct letterfile_list list = { 0 };
	char name[LETTERFILE_NAME] = "folder";
	bool ok = letterfile_list(s->folder, &list);

	for (size_t i = 0; ok && i < list.count && list.numbers[i] <= last &&
			   (stop == NULL || !atomic_load(stop));
	     i++) {
		letterfile_name(name, list.numbers[i]);
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
lettersweep_purge(int folder, const struct letterbox_filter *meant,
    uint64_t last, const atomic_bool *stop, struct lettersweep *counts,
    struct err *err)
{
	struct sweep s = { .folder = folder, .meant = meant, .to = -1 };

	return sweep(&s, last, stop, counts, err);
}

bool
lettersweep_tidy(int folder, uint64_t last, struct err *err)
{
	struct sweep s = { .folder = folder, .to = -1 };

	return sweep(&s, last, NULL, NULL, err);
}
