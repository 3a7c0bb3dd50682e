#include "gateway/deadletter/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/array.h"
struct deadletter_reader {
	int folder;
	struct deadletter_file_list list;
	size_t at; /* of the list, the next */
	uint64_t last;
	struct deadletter_file file; /* while `reading` */
	bool reading;
	char *text; /* of the letter, decoded */
	uint32_t text_room;
};

bool
deadletter_reader_matches(const struct deadletter_reader_filter *filter,
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
	struct deadletter_reader *r = calloc(1, sizeof *r);

	if (r == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	r->last = UINT64_MAX;
	r->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->folder == -1 || !deadletter_file_list(r->folder, &r->list)) {
		err_set(
		    err, ERR_HOST, 0, "%.160s: %s", directory, strerror(errno));
		deadletter_reader_close(&r);
		return false;
	}
	*out = r;
	return true;
}

void
deadletter_reader_close(struct deadletter_reader **out)
{
	struct deadletter_reader *r = *out;

	*out = NULL;
	if (r == NULL)
		return;
	if (r->reading)
		deadletter_file_close(&r->file);
	if (r->folder != -1)
		close(r->folder);
	free(r->list.numbers);
	free(r->text);
	free(r);
}

size_t
deadletter_reader_foreign(const struct deadletter_reader *r)
{
	return r->list.foreign;
}

void
deadletter_reader_until(struct deadletter_reader *r, uint64_t last)
{
	r->last = last;
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

/* False: the line is blank. */
static bool
read_line(struct deadletter_reader *r, const struct deadletter_file_line *line,
    struct deadletter_reader_item *item, enum deadletter_reader_kind *kind_out)
{
	item->file = r->file.number;
	item->offset = line->offset;
	item->len = line->len;
	item->line = line->text;
	*kind_out = DEADLETTER_READER_LETTER;
	if (line->kind == DEADLETTER_FILE_BLANK)
		return false;
	if (line->kind == DEADLETTER_FILE_LONG)
		*kind_out = damage(&r->file, item, "a line too long");
	else if (line->kind == DEADLETTER_FILE_TORN)
		*kind_out = damage(&r->file, item, "a line without its end");
	else if (!array_reserve(
		     &r->text, &r->text_room, (uint32_t)line->text.len, 1))
		*kind_out = damage(&r->file, item, "no memory to read it");
	else if (!deadletter_record_read(&item->letter, line->text, r->text))
		*kind_out = damage(&r->file, item, "this is no letter");
	return true;
}

/* Opens the next file there is; false: none, or it cannot be read. */
static bool
open_next(struct deadletter_reader *r, bool *gone_out)
{
	uint64_t number = r->list.numbers[r->at++];

	r->reading = deadletter_file_open(&r->file, r->folder, number);
	*gone_out = !r->reading && errno == ENOENT;
	return r->reading;
}

enum deadletter_reader_kind
deadletter_reader_next(
    struct deadletter_reader *r, struct deadletter_reader_item *item)
{
	struct deadletter_file_line line;
	enum deadletter_reader_kind kind;
	bool gone;
	int failed;

	for (;;) {
		if (!r->reading) {
			if (r->at == r->list.count ||
			    r->list.numbers[r->at] > r->last)
				return DEADLETTER_READER_END;
			if (open_next(r, &gone) || gone)
				continue;
			item->offset = 0;
			return damage(&r->file, item, strerror(errno));
		}
		if (deadletter_file_next(&r->file, &line)) {
			if (read_line(r, &line, item, &kind))
				return kind;
			continue;
		}
		failed = r->file.failed;
		deadletter_file_close(&r->file);
		r->reading = false;
		if (failed != 0) {
			item->offset = r->file.offset;
			return damage(&r->file, item, strerror(failed));
		}
	}
}
