#include "gateway/deadletter/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/array.h"
#include "gateway/base/dir_lock.h"

#define NAME_FORMAT "letters-%016" PRIu64 ".ndjson"
#define PIECE       65536     /* read at once */
#define BLOCK       4096      /* blanked or searched at once */
#define LOOK_BACK   (4 << 20) /* from a file's end, for zeros */

/* -------------------------------------------------------------- folder -- */

void
deadletter_file_name(char name[DEADLETTER_FILE_NAME], uint64_t number)
{
	snprintf(name, DEADLETTER_FILE_NAME, NAME_FORMAT, number);
}

bool
deadletter_file_number(const char *name, uint64_t *number_out)
{
	char same[DEADLETTER_FILE_NAME];
	uint64_t number;

	if (sscanf(name, "letters-%" SCNu64, &number) != 1)
		return false;
	deadletter_file_name(same, number);
	if (strcmp(name, same) != 0)
		return false;
	*number_out = number;
	return true;
}

bool
deadletter_file_is_temporary(const char *name)
{
	char old[DEADLETTER_FILE_NAME];
	const char *end = strstr(name, DEADLETTER_FILE_NEW);
	uint64_t number;

	if (end == NULL || strcmp(end, DEADLETTER_FILE_NEW) != 0 ||
	    (size_t)(end - name) >= sizeof old)
		return false;
	memcpy(old, name, (size_t)(end - name));
	old[end - name] = '\0';
	return deadletter_file_number(old, &number);
}

static int
ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool
add(struct deadletter_file_list *list, uint64_t number)
{
	if (!array_reserve(&list->numbers, &list->room,
		(uint32_t)list->count + 1, sizeof *list->numbers))
		return false;
	list->numbers[list->count++] = number;
	return true;
}

static bool
list_entry(struct deadletter_file_list *list, const char *name)
{
	uint64_t number;

	if (deadletter_file_number(name, &number))
		return add(list, number);
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	    strcmp(name, DIR_LOCK_NAME) != 0 &&
	    !deadletter_file_is_temporary(name))
		list->foreign++;
	return true;
}

bool
deadletter_file_list(int folder, struct deadletter_file_list *out)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct deadletter_file_list list = { 0 };
	struct dirent *entry;
	bool ok = dir != NULL;

	if (!ok && fd != -1)
		close(fd);
	while (ok && (entry = readdir(dir)) != NULL)
		ok = list_entry(&list, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	if (!ok) {
		free(list.numbers);
		return false;
	}
	if (list.count > 0)
		qsort(
		    list.numbers, list.count, sizeof *list.numbers, ascending);
	*out = list;
	return true;
}

/* --------------------------------------------------------------- lines -- */

bool
deadletter_file_open(struct deadletter_file *file, int folder, uint64_t number)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, number);
	*file = (struct deadletter_file){ .number = number };
	buffer_init(&file->bytes, DEADLETTER_FILE_LINE + PIECE);
	file->fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return file->fd != -1;
}

/* Drops the lines that were given, and reads more; false: there is none. */
static bool
read_more(struct deadletter_file *file)
{
	struct buffer *b = &file->bytes;
	ssize_t n;

	if (file->from > 0)
		memmove(b->at, b->at + file->from, b->len - file->from);
	b->len -= file->from;
	file->from = 0;
	if (!buffer_reserve(b, PIECE)) {
		file->failed = ENOMEM;
		return false;
	}
	n = read(file->fd, b->at + b->len, PIECE);
	if (n == -1 && errno != EINTR)
		file->failed = errno;
	if (n > 0)
		b->len += (size_t)n;
	file->end = n == 0;
	return n > 0 || (n == -1 && errno == EINTR);
}

/* Skips a line that is too long, piece by piece. */
static bool
skip_long(struct deadletter_file *file, struct deadletter_file_line *out)
{
	struct buffer *b = &file->bytes;
	const char *feed;

	out->kind = DEADLETTER_FILE_LONG;
	for (;;) {
		feed = memchr(b->at + file->from, '\n', b->len - file->from);
		if (feed != NULL) {
			out->len += (size_t)(feed + 1 - b->at) - file->from;
			file->from = (size_t)(feed + 1 - b->at);
			break;
		}
		out->len += b->len - file->from;
		file->from = b->len;
		if (!read_more(file))
			break;
	}
	file->offset += out->len;
	return file->failed == 0;
}

static void
give(struct deadletter_file *file, size_t len, struct deadletter_file_line *out)
{
	const char *at = file->bytes.at + file->from;
	bool whole = len > 0 && at[len - 1] == '\n';

	out->len = len;
	out->text = (struct span){ at, len - whole };
	out->kind = !whole                     ? DEADLETTER_FILE_TORN
		    : len == 1 || at[0] == ' ' ? DEADLETTER_FILE_BLANK
					       : DEADLETTER_FILE_LETTER;
	file->from += len;
	file->offset += len;
}

bool
deadletter_file_next(
    struct deadletter_file *file, struct deadletter_file_line *out)
{
	struct buffer *b = &file->bytes;
	size_t looked = 0, rest;
	const char *feed;

	*out = (struct deadletter_file_line){ .offset = file->offset };
	for (;;) {
		rest = b->len - file->from;
		feed = rest > looked ? memchr(b->at + file->from + looked, '\n',
					   rest - looked)
				     : NULL;
		if (feed != NULL) {
			give(
			    file, (size_t)(feed + 1 - b->at) - file->from, out);
			return true;
		}
		if (rest > DEADLETTER_FILE_LINE)
			return skip_long(file, out);
		looked = rest;
		if (!read_more(file))
			break;
	}
	if (file->failed != 0 || rest == 0)
		return false;
	give(file, rest, out);
	return true;
}

void
deadletter_file_close(struct deadletter_file *file)
{
	if (file->fd != -1)
		close(file->fd);
	file->fd = -1;
	buffer_fini(&file->bytes);
}

/* --------------------------------------------------------------- write -- */

bool
deadletter_file_write(int fd, const char *at, uint64_t len, uint64_t offset)
{
	ssize_t n;

	for (; len > 0; at += n, len -= (uint64_t)n, offset += (uint64_t)n) {
		n = pwrite(fd, at, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static bool
write_blanks(int fd, struct deadletter_file_range range)
{
	uint64_t at = range.offset, end = range.offset + range.len;
	char blanks[BLOCK];

	memset(blanks, ' ', sizeof blanks);
	for (uint64_t len; at + 1 < end; at += len) {
		len = end - 1 - at < BLOCK ? end - 1 - at : BLOCK;
		if (!deadletter_file_write(fd, blanks, len, at))
			return false;
	}
	return true;
}

bool
deadletter_file_blank(int fd, struct deadletter_file_range range)
{
	return write_blanks(fd, range) && fdatasync(fd) == 0;
}

bool
deadletter_file_remove(
    int fd, const struct deadletter_file_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!deadletter_file_write(fd, " ", 1, ranges[i].offset))
			return false;
	if (fdatasync(fd) == -1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!write_blanks(fd, ranges[i]))
			return false;
	return true;
}

/* -------------------------------------------------------------- repair -- */

/* The offset behind the last line feed before `size`. */
static bool
find_end(int fd, uint64_t size, uint64_t *end_out)
{
	char piece[BLOCK];
	const char *feed;
	size_t len;

	for (; size > 0; size -= len) {
		len = size < sizeof piece ? (size_t)size : sizeof piece;
		if (pread(fd, piece, len, (off_t)(size - len)) != (ssize_t)len)
			return false;
		feed = memrchr(piece, '\n', len);
		if (feed != NULL) {
			*end_out = size - len + (uint64_t)(feed - piece) + 1;
			return true;
		}
	}
	*end_out = 0;
	return true;
}

/* The first byte `what` from `at` on; `size`: there is none. */
static bool
find_byte(int fd, char what, uint64_t size, uint64_t *at)
{
	char piece[BLOCK];
	const char *found;
	size_t len;

	for (; *at < size; *at += len) {
		len = size - *at < sizeof piece ? (size_t)(size - *at)
						: sizeof piece;
		if (pread(fd, piece, len, (off_t)*at) != (ssize_t)len)
			return false;
		found = memchr(piece, what, len);
		if (found != NULL) {
			*at += (uint64_t)(found - piece);
			return true;
		}
	}
	return true;
}

/*
 * A power cut may keep the end of what was being written and not its middle:
 * that reads as zeros, which no letter holds.
 */
static bool
blank_holes(int fd, uint64_t size)
{
	struct deadletter_file_range range;
	uint64_t at = size > LOOK_BACK ? size - LOOK_BACK : 0;

	for (;;) {
		if (!find_byte(fd, '\0', size, &at))
			return false;
		if (at == size)
			return true;
		if (!find_end(fd, at, &range.offset) ||
		    !find_byte(fd, '\n', size, &at))
			return false;
		range.len = at + 1 - range.offset;
		if (!deadletter_file_blank(fd, range))
			return false;
	}
}

bool
deadletter_file_repair(int fd, uint64_t *size_out)
{
	struct stat st;

	if (fstat(fd, &st) == -1 ||
	    !find_end(fd, (uint64_t)st.st_size, size_out))
		return false;
	if (*size_out < (uint64_t)st.st_size &&
	    (ftruncate(fd, (off_t)*size_out) == -1 || fdatasync(fd) == -1))
		return false;
	return blank_holes(fd, *size_out);
}
