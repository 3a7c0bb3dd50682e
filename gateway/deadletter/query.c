#include "gateway/deadletter/query.h"

#include <string.h>

static struct buffer *
slot(struct deadletter_query *look, size_t n)
{
	return &look->newest[(look->first + n) % look->limit];
}

static void
drop_oldest(struct deadletter_query *look)
{
	struct buffer *oldest = slot(look, 0);

	look->bytes -= oldest->len;
	buffer_fini(oldest);
	look->first = (look->first + 1) % look->limit;
	look->shown--;
}

/* One too large to be shown is counted, and that is all. */
static bool
show(struct deadletter_query *look, struct span line)
{
	struct buffer *next;

	if (look->limit == 0 || line.len > DEADLETTER_QUERY_BYTES)
		return true;
	while (look->shown == look->limit ||
	       (look->shown > 0 &&
		   look->bytes + line.len > DEADLETTER_QUERY_BYTES))
		drop_oldest(look);
	next = slot(look, look->shown);
	buffer_init(next, line.len);
	if (!buffer_append(next, line.at, line.len))
		return false;
	look->bytes += line.len;
	look->shown++;
	return true;
}

static void
note_damage(
    struct deadletter_query *look, const struct deadletter_reader_item *item)
{
	if (look->damaged++ == 0)
		memcpy(look->damage, item->why, sizeof look->damage);
}

static bool
walk(struct deadletter_query *look, struct deadletter_reader *box,
    const struct deadletter_reader_filter *meant, const atomic_bool *stop)
{
	struct deadletter_reader_item item;
	enum deadletter_reader_kind kind;

	while ((kind = deadletter_reader_next(box, &item)) !=
	       DEADLETTER_READER_END) {
		if (stop != NULL && atomic_load(stop))
			return true;
		if (kind == DEADLETTER_READER_DAMAGED)
			note_damage(look, &item);
		else if (deadletter_reader_means(meant, &item.letter) &&
			 (!deadletter_counts_add(
			      &look->count, &item.letter, item.len) ||
			     !show(look, item.line)))
			return false;
	}
	look->whole = true;
	return true;
}

bool
deadletter_query_read(struct deadletter_query *out, const char *directory,
    const struct deadletter_reader_filter *meant, size_t limit,
    const atomic_bool *stop, struct err *err)
{
	struct deadletter_reader *box = NULL;
	bool ok;

	memset(out, 0, sizeof *out);
	out->limit =
	    limit < DEADLETTER_QUERY_MOST ? limit : DEADLETTER_QUERY_MOST;
	if (!deadletter_reader_open(&box, directory, err))
		return false;
	out->foreign = deadletter_reader_foreign(box);
	ok = walk(out, box, meant, stop);
	deadletter_reader_close(&box);
	deadletter_counts_sort(&out->count);
	if (!ok) {
		deadletter_query_fini(out);
		return err_set(err, ERR_HOST, 0, "no memory");
	}
	return true;
}

struct span
deadletter_query_newest(const struct deadletter_query *look, size_t n)
{
	const struct buffer *line;

	if (n >= look->shown)
		return (struct span){ NULL, 0 };
	line = &look->newest[(look->first + look->shown - 1 - n) % look->limit];
	return (struct span){ line->at, line->len };
}

void
deadletter_query_fini(struct deadletter_query *look)
{
	while (look->shown > 0)
		drop_oldest(look);
	deadletter_counts_fini(&look->count);
}
