#include "gateway/deadletter/compaction.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/array.h"
#include "gateway/deadletter/file.h"

#define FILE_MODE 0600
#define PIECE     65536
#define NAME_ROOM (DEADLETTER_FILE_NAME + 8)

struct rewrite {
	int folder;
	/* NULL: only blank lines go */
	const struct deadletter_reader_filter *filter;
	struct deadletter_file file;
	int to; /* the new file; -1: only count */
	uint64_t written;
	char *text; /* of the letter, decoded */
	uint32_t text_room;
	struct deadletter_compaction found; /* in this file */
	uint64_t blank_bytes, kept_bytes;
};

/* ---------------------------------------------------------------- check -- */

/* Does the line stay?  It is counted too. */
static bool
stays(struct rewrite *r, const struct deadletter_file_line *line)
{
	struct deadletter_record letter;

	if (line->kind == DEADLETTER_FILE_BLANK) {
		r->blank_bytes += line->len;
		return false;
	}
	if (r->filter == NULL)
		return true;
	if (line->kind != DEADLETTER_FILE_LETTER ||
	    !array_reserve(
		&r->text, &r->text_room, (uint32_t)line->text.len, 1) ||
	    !deadletter_record_read(&letter, line->text, r->text)) {
		r->found.damaged++;
		return true;
	}
	if (!deadletter_reader_matches(r->filter, &letter)) {
		r->found.left++;
		return true;
	}
	r->found.removed++;
	r->found.removed_bytes += line->len;
	return false;
}

/* ----------------------------------------------------------------- copy -- */

static bool
copy(struct rewrite *r, const struct deadletter_file_line *line)
{
	uint64_t at = line->offset, end = line->offset + line->len;
	char piece[PIECE];
	ssize_t n;

	for (; at < end; at += (uint64_t)n, r->written += (uint64_t)n) {
		n = pread(r->file.fd, piece,
		    end - at < PIECE ? (size_t)(end - at) : PIECE, (off_t)at);
		if (n == 0)
			errno = EIO; /* the file became shorter */
		if (n <= 0 || !deadletter_file_write(
				  r->to, piece, (uint64_t)n, r->written))
			return false;
	}
	return true;
}

/* Reads the file once: counts, and copies what stays if `to` is open. */
static bool
read_file(struct rewrite *r, uint64_t number)
{
	struct deadletter_file_line line;
	bool ok = deadletter_file_open(&r->file, r->folder, number);

	r->found = (struct deadletter_compaction){ 0 };
	r->blank_bytes = r->kept_bytes = 0;
	while (ok && deadletter_file_next(&r->file, &line)) {
		if (!stays(r, &line))
			continue;
		r->kept_bytes += line.len;
		ok = r->to == -1 || copy(r, &line);
	}
	if (ok && r->file.failed != 0) {
		errno = r->file.failed;
		ok = false;
	}
	deadletter_file_close(&r->file);
	return ok;
}

static bool
replace(struct rewrite *r, uint64_t number, const char *name)
{
	char new_name[NAME_ROOM];
	bool ok;
	int error;

	snprintf(new_name, sizeof new_name, "%s" DEADLETTER_FILE_NEW, name);
	r->to = openat(r->folder, new_name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (r->to == -1)
		return false;
	r->written = 0;
	ok = read_file(r, number) && fsync(r->to) == 0 &&
	     renameat(r->folder, new_name, r->folder, name) == 0;
	error = errno;
	close(r->to);
	r->to = -1;
	if (!ok)
		unlinkat(r->folder, new_name, 0);
	errno = error;
	return ok;
}

/* ---------------------------------------------------------------- files -- */

/* Is it worth a new file? */
static bool
is_due(const struct rewrite *r)
{
	if (r->filter != NULL)
		return r->found.removed > 0;
	return r->blank_bytes > 0 && r->blank_bytes >= r->kept_bytes;
}

static bool
compact_file(struct rewrite *r, uint64_t number)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, number);
	if (!read_file(r, number))
		return errno == ENOENT; /* somebody removed it */
	if (!is_due(r))
		return true;
	return (r->kept_bytes == 0 ? unlinkat(r->folder, name, 0) == 0
				   : replace(r, number, name)) &&
	       fsync(r->folder) == 0;
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
compact(struct rewrite *r, uint64_t last, const atomic_bool *stop,
    struct deadletter_compaction *counts, struct err *err)
{
	struct deadletter_file_list list = { 0 };
	char name[DEADLETTER_FILE_NAME] = "folder";
	bool ok = deadletter_file_list(r->folder, &list);

	for (size_t i = 0; ok && i < list.count && list.numbers[i] <= last &&
			   (stop == NULL || !atomic_load(stop));
	     i++) {
		deadletter_file_name(name, list.numbers[i]);
		ok = compact_file(r, list.numbers[i]);
		if (ok && counts != NULL)
			add(counts, &r->found);
	}
	if (!ok)
		err_set(err, ERR_HOST, 0, "dead letters: %s: %s", name,
		    strerror(errno));
	free(list.numbers);
	free(r->text);
	return ok;
}

bool
deadletter_compaction_purge(int folder,
    const struct deadletter_reader_filter *filter, uint64_t last,
    const atomic_bool *stop, struct deadletter_compaction *counts,
    struct err *err)
{
	struct rewrite r = { .folder = folder, .filter = filter, .to = -1 };

	return compact(&r, last, stop, counts, err);
}

bool
deadletter_compaction_tidy(int folder, uint64_t last, struct err *err)
{
	struct rewrite r = { .folder = folder, .to = -1 };

	return compact(&r, last, NULL, NULL, err);
}
