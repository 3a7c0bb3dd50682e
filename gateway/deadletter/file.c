#include "gateway/deadletter/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/dir_lock.h"

#define NAME_FORMAT "letters-%016" PRIu64 ".ndjson"
#define PIECE       65536

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
deadletter_file_is_fresh(const char *name)
{
	char old[DEADLETTER_FILE_NAME];
	const char *end = strstr(name, DEADLETTER_FILE_FRESH);
	uint64_t number;

	if (end == NULL || strcmp(end, DEADLETTER_FILE_FRESH) != 0 ||
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
	size_t count = list->count;
	uint64_t *more;

	if ((count & (count + 1)) == 0) { /* 0, 1, 3, 7: it is full */
		more = realloc(list->numbers, (count * 2 + 1) * sizeof *more);
		if (more == NULL)
			return false;
		list->numbers = more;
	}
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
	    strcmp(name, DIR_LOCK_NAME) != 0 && !deadletter_file_is_fresh(name))
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

/* Drops what was given, reads on behind what is left; false: no more. */
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

/* The rest of a line that is too long is passed over, piece by piece. */
static bool
pass_over(struct deadletter_file *file, struct deadletter_file_line *out)
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
			return pass_over(file, out);
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
