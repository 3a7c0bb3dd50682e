#include "gateway/spool/letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct letterbox {
	int folder;
	struct letterfile_list list;
	size_t at; /* of the list, the next */
	uint64_t last;
	struct letterfile file; /* while `reading` */
	bool reading;
	char *room; /* for what a letter says */
	size_t room_len;
};

bool
letterbox_means(
    const struct letterbox_filter *filter, const struct letter *letter)
{
	return (filter->table.len == 0 ||
		   span_equal(filter->table, letter->table)) &&
	       (filter->reason.len == 0 ||
		   span_equal(filter->reason, letter->reason)) &&
	       letter->at_ms >= filter->since_ms &&
	       letter->at_ms < filter->before_ms;
}

bool
letterbox_open(struct letterbox **out, const char *directory, struct err *err)
{
	struct letterbox *box = calloc(1, sizeof *box);

	if (box == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	box->last = UINT64_MAX;
	box->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->folder == -1 || !letterfile_list(box->folder, &box->list)) {
		err_set(
		    err, ERR_HOST, 0, "%.160s: %s", directory, strerror(errno));
		letterbox_close(&box);
		return false;
	}
	*out = box;
	return true;
}

void
letterbox_close(struct letterbox **out)
{
	struct letterbox *box = *out;

	*out = NULL;
	if (box == NULL)
		return;
	if (box->reading)
		letterfile_close(&box->file);
	if (box->folder != -1)
		close(box->folder);
	free(box->list.numbers);
	free(box->room);
	free(box);
}

size_t
letterbox_foreign(const struct letterbox *box)
{
	return box->list.foreign;
}

void
letterbox_until(struct letterbox *box, uint64_t last)
{
	box->last = last;
}

static enum letterbox_kind
damage(const struct letterfile *file, struct letterbox_item *item,
    const char *what)
{
	char name[LETTERFILE_NAME];

	letterfile_name(name, file->number);
	snprintf(item->why, sizeof item->why, "%s, byte %" PRIu64 ": %s", name,
	    item->offset, what);
	return LETTERBOX_DAMAGED;
}

static bool
make_room(struct letterbox *box, size_t len)
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
judge(struct letterbox *box, const struct letterfile_line *line,
    struct letterbox_item *item, enum letterbox_kind *kind_out)
{
	item->file = box->file.number;
	item->offset = line->offset;
	item->len = line->len;
	item->line = line->text;
	*kind_out = LETTERBOX_LETTER;
	if (line->kind == LETTERFILE_BLANK)
		return false;
	if (line->kind == LETTERFILE_LONG)
		*kind_out = damage(&box->file, item, "a line too long");
	else if (line->kind == LETTERFILE_TORN)
		*kind_out = damage(&box->file, item, "a line without its end");
	else if (!make_room(box, line->text.len))
		*kind_out = damage(&box->file, item, "no memory to read it");
	else if (!letter_read(&item->letter, line->text, box->room))
		*kind_out = damage(&box->file, item, "this is no letter");
	return true;
}

/* Opens the next file there is; false: none, or it cannot be read. */
static bool
turn(struct letterbox *box, bool *gone_out)
{
	uint64_t number = box->list.numbers[box->at++];

	box->reading = letterfile_open(&box->file, box->folder, number);
	*gone_out = !box->reading && errno == ENOENT;
	return box->reading;
}

enum letterbox_kind
letterbox_next(struct letterbox *box, struct letterbox_item *item)
{
	struct letterfile_line line;
	enum letterbox_kind kind;
	bool gone;
	int failed;

	for (;;) {
		if (!box->reading) {
			if (box->at == box->list.count ||
			    box->list.numbers[box->at] > box->last)
				return LETTERBOX_END;
			if (turn(box, &gone) || gone)
				continue;
			item->offset = 0;
			return damage(&box->file, item, strerror(errno));
		}
		if (letterfile_next(&box->file, &line)) {
			if (judge(box, &line, item, &kind))
				return kind;
			continue;
		}
		failed = box->file.failed;
		letterfile_close(&box->file);
		box->reading = false;
		if (failed != 0) {
			item->offset = box->file.offset;
			return damage(&box->file, item, strerror(failed));
		}
	}
}
