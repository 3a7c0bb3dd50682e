#include "gateway/deadletter/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct deadletter_reader {
	int folder;
	struct deadletter_file_list list;
	size_t at; /* of the list, the next */
	uint64_t last;
	struct deadletter_file file; /* while `reading` */
	bool reading;
	char *room; /* for what a letter says */
	size_t room_len;
};

bool
deadletter_reader_means(const struct deadletter_reader_filter *filter,
    const struct deadletter_record *letter)
{
	return (filter->table.len == 0 ||
		   span_equal(filter->table, letter->table)) &&
	       (filter->reason.len == 0 ||
		   span_equal(filter->reason, letter->reason)) &&
	       letter->at_ms >= filter->since_ms &&
	       letter->at_ms < filter->before_ms;
}

bool
deadletter_reader_open(
    struct deadletter_reader **out, const char *directory, struct err *err)
{
	struct deadletter_reader *box = calloc(1, sizeof *box);

	if (box == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	box->last = UINT64_MAX;
	box->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->folder == -1 ||
	    !deadletter_file_list(box->folder, &box->list)) {
		err_set(
		    err, ERR_HOST, 0, "%.160s: %s", directory, strerror(errno));
		deadletter_reader_close(&box);
		return false;
	}
	*out = box;
	return true;
}

void
deadletter_reader_close(struct deadletter_reader **out)
{
	struct deadletter_reader *box = *out;

	*out = NULL;
	if (box == NULL)
		return;
	if (box->reading)
		deadletter_file_close(&box->file);
	if (box->folder != -1)
		close(box->folder);
	free(box->list.numbers);
	free(box->room);
	free(box);
}

size_t
deadletter_reader_foreign(const struct deadletter_reader *box)
{
	return box->list.foreign;
}

void
deadletter_reader_until(struct deadletter_reader *box, uint64_t last)
{
	box->last = last;
}

static enum deadletter_reader_kind
damage(const struct deadletter_file *file, struct deadletter_reader_item *item,
    const char *what)
{
	char name[DEADLETTER_FILE_NAME];

	deadletter_file_name(name, file->number);
	snprintf(item->why, sizeof item->why, "%s, byte %" PRIu64 ": %s", name,
	    item->offset, what);
	return DEADLETTER_READER_DAMAGED;
}

static bool
make_room(struct deadletter_reader *box, size_t len)
{
	char *more;

	if (len <= box->room_len)
		return true;
	more = realloc(box->room, len);
	if (more == NULL)
		return false;
	box->room = more;
	box->room_len = len;
	return true;
}

/* False: the line is blank. */
static bool
judge(struct deadletter_reader *box, const struct deadletter_file_line *line,
    struct deadletter_reader_item *item, enum deadletter_reader_kind *kind_out)
{
	item->file = box->file.number;
	item->offset = line->offset;
	item->len = line->len;
	item->line = line->text;
	*kind_out = DEADLETTER_READER_LETTER;
	if (line->kind == DEADLETTER_FILE_BLANK)
		return false;
	if (line->kind == DEADLETTER_FILE_LONG)
		*kind_out = damage(&box->file, item, "a line too long");
	else if (line->kind == DEADLETTER_FILE_TORN)
		*kind_out = damage(&box->file, item, "a line without its end");
	else if (!make_room(box, line->text.len))
		*kind_out = damage(&box->file, item, "no memory to read it");
	else if (!deadletter_record_read(&item->letter, line->text, box->room))
		*kind_out = damage(&box->file, item, "this is no letter");
	return true;
}

/* Opens the next file there is; false: none, or it cannot be read. */
static bool
turn(struct deadletter_reader *box, bool *gone_out)
{
	uint64_t number = box->list.numbers[box->at++];

	box->reading = deadletter_file_open(&box->file, box->folder, number);
	*gone_out = !box->reading && errno == ENOENT;
	return box->reading;
}

enum deadletter_reader_kind
deadletter_reader_next(
    struct deadletter_reader *box, struct deadletter_reader_item *item)
{
	struct deadletter_file_line line;
	enum deadletter_reader_kind kind;
	bool gone;
	int failed;

	for (;;) {
		if (!box->reading) {
			if (box->at == box->list.count ||
			    box->list.numbers[box->at] > box->last)
				return DEADLETTER_READER_END;
			if (turn(box, &gone) || gone)
				continue;
			item->offset = 0;
			return damage(&box->file, item, strerror(errno));
		}
		if (deadletter_file_next(&box->file, &line)) {
			if (judge(box, &line, item, &kind))
				return kind;
			continue;
		}
		failed = box->file.failed;
		deadletter_file_close(&box->file);
		box->reading = false;
		if (failed != 0) {
			item->offset = box->file.offset;
			return damage(&box->file, item, strerror(failed));
		}
	}
}
