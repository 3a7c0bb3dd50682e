#include "gateway/spool/letterlook.h"

#include <string.h>

static struct buffer *
slot(struct letterlook *look, size_t n)
{
	return &look->newest[(look->first + n) % look->limit];
}

static void
drop_oldest(struct letterlook *look)
{
	struct buffer *oldest = slot(look, 0);

	look->bytes -= oldest->len;
	buffer_fini(oldest);
	look->first = (look->first + 1) % look->limit;
	look->shown--;
}

/* One too large to be shown is counted, and that is all. */
static bool
show(struct letterlook *look, struct span line)
{
	struct buffer *next;

	if (look->limit == 0 || line.len > LETTERLOOK_BYTES)
		return true;
	while (look->shown == look->limit ||
	       (look->shown > 0 && look->bytes + line.len > LETTERLOOK_BYTES))
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
note_damage(struct letterlook *look, const struct letterbox_item *item)
{
	if (look->damaged++ == 0)
		memcpy(look->damage, item->why, sizeof look->damage);
}

static bool
walk(struct letterlook *look, struct letterbox *box,
    const struct letterbox_filter *meant, const atomic_bool *stop)
{
	struct letterbox_item item;
	enum letterbox_kind kind;

	while ((kind = letterbox_next(box, &item)) != LETTERBOX_END) {
		if (stop != NULL && atomic_load(stop))
			return true;
		if (kind == LETTERBOX_DAMAGED)
			note_damage(look, &item);
		else if (letterbox_means(meant, &item.letter) &&
			 (!lettercount_add(
			      &look->count, &item.letter, item.len) ||
			     !show(look, item.line)))
			return false;
	}
	look->whole = true;
	return true;
}

bool
letterlook_read(struct letterlook *out, const char *directory,
    const struct letterbox_filter *meant, size_t limit, const atomic_bool *stop,
    struct err *err)
{
	struct letterbox *box = NULL;
	bool ok;

	memset(out, 0, sizeof *out);
	out->limit = limit < LETTERLOOK_MOST ? limit : LETTERLOOK_MOST;
	if (!letterbox_open(&box, directory, err))
		return false;
	out->foreign = letterbox_foreign(box);
	ok = walk(out, box, meant, stop);
	letterbox_close(&box);
	lettercount_sort(&out->count);
	if (!ok) {
		letterlook_fini(out);
		return err_set(err, ERR_HOST, 0, "no memory");
	}
	return true;
}

struct span
letterlook_newest(const struct letterlook *look, size_t n)
{
	const struct buffer *line;

	if (n >= look->shown)
		return (struct span){ NULL, 0 };
	line = &look->newest[(look->first + look->shown - 1 - n) % look->limit];
	return (struct span){ line->at, line->len };
}

void
letterlook_fini(struct letterlook *look)
{
	while (look->shown > 0)
		drop_oldest(look);
	lettercount_fini(&look->count);
}
