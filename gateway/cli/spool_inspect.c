#include "gateway/cli/spool_inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "gateway/journal/segment_footer.h"
#include "gateway/journal/scan.h"
#include "gateway/journal/moved_set.h"

#define ALL_TABLES "(all)" /* no table has such a name */

struct seen {
	struct segment *segment; /* its bits: what is dead */
	struct segment_contents contents;
	bool headless;          /* the header is damaged */
	uint64_t told_size;     /* by the header; 0: nothing */
	uint64_t events, bytes; /* waiting */
};

struct total {
	char name[TABLE_NAME_MAX + 1];
	uint64_t records, events, bytes;
	int64_t oldest_ms;
};

struct spool_inspect {
	const char *directory;
	struct io_ops *io;
	bool whole; /* read every record */
	struct seen *seen;
	uint32_t count, room;
	struct total *totals;
	uint32_t total_count;
	uint64_t oldest_epoch;
	struct moved_set sources;
	bool no_memory;
};

static void
see(void *arg, const char *name, uint64_t size)
{
	struct spool_inspect *in = arg;
	uint64_t id;

	if (!segment_name_get(name, &id) || in->no_memory)
		return;
	in->no_memory = !array_reserve(
	    &in->seen, &in->room, in->count + 1, sizeof *in->seen);
	if (in->no_memory)
		return;
	in->seen[in->count] = (struct seen){ 0 };
	in->seen[in->count].segment = segment_new(id, size, -1);
	in->no_memory = in->seen[in->count].segment == NULL;
	in->count += !in->no_memory;
}

static bool
read_head(struct spool_inspect *in, struct seen *seen, struct scan *scan,
    struct err *err)
{
	struct segment_head head = { 0 };
	const char *bytes;
	size_t len = 0;

	bytes = scan_at(scan, 0, SEGMENT_HEADER, &len, err);
	if (bytes == NULL)
		return false;
	if (len >= SEGMENT_HEADER && segment_head_get(&head, bytes)) {
		seen->segment->epoch = head.epoch;
		seen->told_size = head.size;
		if (head.oldest > in->oldest_epoch)
			in->oldest_epoch = head.oldest;
		return true;
	}
	if (!scan_epoch(scan, &seen->segment->epoch, err))
		return false;
	seen->headless = seen->segment->epoch != 0;
	return true;
}

static int
by_epoch(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->segment->epoch < y->segment->epoch
		   ? -1
		   : x->segment->epoch > y->segment->epoch;
}

/* Every segment's file, and its place in the order. */
static bool
scan_files(struct spool_inspect *in, struct err *err)
{
	char name[SEGMENT_NAME];
	struct scan scan;
	bool ok = true;
	int result = in->io->list(in->io, ".", see, in);

	if (result < 0)
		return err_set(err, ERR_HOST, 0, "%s", strerror(-result));
	if (in->no_memory)
		return err_set(err, ERR_HOST, 0, "no memory");
	if (in->count == 0)
		return err_set(err, ERR_INPUT, 0,
		    "%.200s: no spool is here, no file such as "
		    "0000000000000001.seg",
		    in->directory);
	for (uint32_t i = 0; ok && i < in->count; i++) {
		struct segment *segment = in->seen[i].segment;

		segment_name(name, segment->id);
		segment->file = in->io->open(in->io, name, IO_OPS_READ);
		if (segment->file == -ENOENT)
			continue; /* gone meanwhile */
		if (segment->file < 0)
			return err_set(err, ERR_HOST, 0, "%.200s/%s: %s",
			    in->directory, name, strerror(-segment->file));
		scan_init(&scan, in->io, segment->file, segment->size);
		scan.forgiving = true;
		ok = read_head(in, &in->seen[i], &scan, err);
		scan_fini(&scan);
	}
	if (in->count > 0)
		qsort(in->seen, in->count, sizeof *in->seen, by_epoch);
	return ok;
}

static bool
is_over(const struct spool_inspect *in, const struct segment *segment)
{
	return segment->file < 0 || segment->epoch == 0 ||
	       segment->epoch < in->oldest_epoch;
}

static bool
read_contents(struct spool_inspect *in, struct seen *seen, struct err *err)
{
	struct segment *segment = seen->segment;
	struct segment_contents *c = &seen->contents;
	enum segment_footer_answer answer = SEGMENT_FOOTER_NONE;
	struct scan scan;
	bool ok = true;

	scan_init(&scan, in->io, segment->file, segment->limit);
	scan.forgiving = true;
	if (!in->whole && segment->limit == segment->size)
		answer = segment_footer_read(&scan, segment->epoch, c, err);
	if (answer == SEGMENT_FOOTER_READ &&
	    !segment_footer_read_acks(&scan, segment->epoch, c, err)) {
		segment_contents_fini(c);
		answer = SEGMENT_FOOTER_NONE;
	}
	if (answer == SEGMENT_FOOTER_NONE)
		ok =
		    scan_segment(&scan, segment->epoch, SEGMENT_HEADER, c, err);
	scan_fini(&scan);
	return ok && answer != SEGMENT_FOOTER_FAILED;
}

static struct segment *
find(const struct spool_inspect *in, uint64_t epoch)
{
	for (uint32_t i = 0; i < in->count; i++)
		if (in->seen[i].segment->epoch == epoch)
			return in->seen[i].segment;
	return NULL;
}

static void
apply_one(struct spool_inspect *in, const struct frame_ack *s)
{
	struct segment *segment = find(in, s->epoch);

	if (segment != NULL && !is_over(in, segment))
		segment_ack(segment, s);
}

/* As recovery.c has it. */
static void
apply_move(struct spool_inspect *in, struct segment *segment,
    const struct segment_contents_move *move)
{
	struct segment *source = find(in, move->source_epoch);
	bool again = moved_set_add(
	    &in->sources, move->source_epoch, move->source_ordinal);

	if (!segment_reserve(segment, move->ordinal + 1))
		return;
	if (again) {
		segment_set_dead(segment, move->ordinal);
		return;
	}
	if (source == NULL || is_over(in, source) ||
	    move->source_ordinal > source->size / FRAME_HEADER ||
	    !segment_reserve(source, move->source_ordinal + 1))
		return;
	if (segment_is_dead(source, move->source_ordinal))
		segment_set_dead(segment, move->ordinal);
	else
		segment_set_dead(source, move->source_ordinal);
}

static void
apply(struct spool_inspect *in, struct segment *of,
    const struct segment_contents *c)
{
	struct segment *segment;

	for (uint32_t i = 0; i < c->aborted_count; i++) {
		segment = find(in, c->aborted[i].epoch);
		if (segment != NULL && c->aborted[i].tail < segment->limit)
			segment->limit = c->aborted[i].tail;
	}
	for (uint32_t i = 0; i < c->move_count; i++)
		apply_move(in, of, &c->moves[i]);
	for (uint32_t i = 0; i < c->ack_count; i++)
		apply_one(in, &c->acks[i]);
}

static struct total *
total_of(struct spool_inspect *in, const char *name)
{
	struct total *more;
	uint32_t i = 0;

	while (i < in->total_count && strcmp(in->totals[i].name, name) != 0)
		i++;
	if (i < in->total_count)
		return &in->totals[i];
	more = realloc(in->totals, (i + 1) * sizeof *more);
	if (more == NULL)
		return NULL;
	in->totals = more;
	in->totals[i] = (struct total){ .oldest_ms = INT64_MAX };
	snprintf(in->totals[i].name, sizeof in->totals[i].name, "%s", name);
	in->total_count++;
	return &in->totals[i];
}

/* Events of it that wait, or 0. */
static uint32_t
waiting(const struct seen *seen, uint32_t ordinal)
{
	const struct segment_entry *entry = &seen->contents.entries[ordinal];
	const struct range_set *acked = segment_acked(seen->segment, ordinal);

	if (entry->at8 == 0 || segment_is_dead(seen->segment, ordinal))
		return 0;
	return acked == NULL                   ? entry->events
	       : acked->events < entry->events ? entry->events - acked->events
					       : 0;
}

static bool
count(struct spool_inspect *in, struct seen *seen, struct err *err)
{
	struct segment_contents *c = &seen->contents;

	for (uint32_t i = 0; i < c->records; i++) {
		const struct segment_entry *entry = &c->entries[i];
		uint32_t events = waiting(seen, i);
		struct segment_contents_table *table;
		struct total *total;

		if (events == 0)
			continue;
		table = &c->tables[entry->number];
		total = total_of(in, table->name);
		if (total == NULL)
			return err_set(err, ERR_HOST, 0, "no memory");
		seen->segment->living++;
		seen->events += events;
		seen->bytes += entry->bytes;
		total->records++;
		total->events += events;
		total->bytes += entry->bytes;
		if (table->accepted_ms < total->oldest_ms)
			total->oldest_ms = table->accepted_ms;
	}
	return true;
}

/* As a start does it: settlements first, from the youngest on. */
static bool
take_stock(struct spool_inspect *in, struct err *err)
{
	bool ok = scan_files(in, err);

	for (uint32_t i = in->count; ok && i > 0; i--) {
		if (is_over(in, in->seen[i - 1].segment))
			continue;
		ok = read_contents(in, &in->seen[i - 1], err);
		apply(in, in->seen[i - 1].segment, &in->seen[i - 1].contents);
	}
	for (uint32_t i = 0; ok && i < in->count; i++)
		if (!is_over(in, in->seen[i].segment))
			ok = count(in, &in->seen[i], err);
	return ok;
}

static bool
begin(struct spool_inspect *in, const char *directory, bool whole,
    struct err *err)
{
	*in = (struct spool_inspect){ .directory = directory, .whole = whole };
	return io_ops_open(&in->io, directory, false, err);
}

static void
end(struct spool_inspect *in)
{
	for (uint32_t i = 0; i < in->count; i++) {
		if (in->seen[i].segment->file >= 0)
			in->io->close(in->io, in->seen[i].segment->file);
		segment_contents_fini(&in->seen[i].contents);
		segment_free(in->seen[i].segment);
	}
	free(in->seen);
	free(in->totals);
	moved_set_fini(&in->sources);
	io_ops_close(&in->io);
}

static void
print_segments(const struct spool_inspect *in, FILE *out)
{
	fprintf(out, "%-20s %8s %12s %10s %10s %12s %14s\n", "segment", "epoch",
	    "size", "records", "waiting", "events", "bytes");
	for (uint32_t i = 0; i < in->count; i++) {
		const struct seen *seen = &in->seen[i];
		const struct segment *s = seen->segment;

		fprintf(out,
		    "%016" PRIx64 ".seg %8" PRIu64 " %12" PRIu64
		    " %10u %10u %12" PRIu64 " %14" PRIu64 "%s\n",
		    s->id, s->epoch >> 32, s->size, seen->contents.records,
		    s->living, seen->events, seen->bytes,
		    is_over(in, s) ? "  free" : "");
	}
}

static void
print_total(const struct total *t, int64_t wall_ms, FILE *out)
{
	fprintf(out,
	    "%-32s %10" PRIu64 " %12" PRIu64 " %14" PRIu64 " %8" PRId64 " s\n",
	    t->name, t->records, t->events, t->bytes,
	    wall_ms > t->oldest_ms ? (wall_ms - t->oldest_ms) / 1000 : 0);
}

static void
print_totals(const struct spool_inspect *in, int64_t wall_ms, FILE *out)
{
	struct total all = { .name = ALL_TABLES, .oldest_ms = INT64_MAX };

	fprintf(out, "\n%-32s %10s %12s %14s %10s\n", "table", "records",
	    "events", "bytes", "oldest");
	for (uint32_t i = 0; i < in->total_count; i++) {
		const struct total *t = &in->totals[i];

		print_total(t, wall_ms, out);
		all.records += t->records;
		all.events += t->events;
		all.bytes += t->bytes;
		if (t->oldest_ms < all.oldest_ms)
			all.oldest_ms = t->oldest_ms;
	}
	print_total(&all, wall_ms, out);
}

bool
spool_inspect_stat(
    const char *directory, int64_t wall_ms, FILE *out, struct err *err)
{
	struct spool_inspect in;
	bool ok;

	if (!begin(&in, directory, false, err))
		return false;
	ok = take_stock(&in, err);
	if (ok) {
		print_segments(&in, out);
		print_totals(&in, wall_ms, out);
	}
	end(&in);
	return ok;
}

static uint64_t
print_damage(const struct spool_inspect *in, const struct seen *seen, FILE *out)
{
	const struct segment_contents *c = &seen->contents;
	uint64_t id = seen->segment->id, bad = 0;

	if (seen->headless) {
		fprintf(out, "%016" PRIx64 ".seg: the header is damaged\n", id);
		bad++;
	}
	if (seen->told_size > seen->segment->size) {
		fprintf(out,
		    "%016" PRIx64 ".seg: cut short: %" PRIu64
		    " bytes of %" PRIu64 "\n",
		    id, seen->segment->size, seen->told_size);
		bad++;
	}
	if (is_over(in, seen->segment))
		return bad;
	for (uint32_t i = 0; i < c->damage_count; i++, bad++)
		fprintf(out,
		    "%016" PRIx64 ".seg: no whole record in %" PRIu64
		    " bytes at %" PRIu64 "\n",
		    id, c->damage[i].len, c->damage[i].at);
	for (uint32_t i = 0; i < c->records; i++) {
		if (c->entries[i].at8 != 0 || segment_is_dead(seen->segment, i))
			continue;
		fprintf(out,
		    "%016" PRIx64 ".seg: record %u is missing, and was not "
		    "settled\n",
		    id, i);
		bad++;
	}
	return bad;
}

bool
spool_inspect_verify(
    const char *directory, FILE *out, uint64_t *bad_out, struct err *err)
{
	struct spool_inspect in;
	uint64_t records = 0, bad = 0;
	bool ok;

	if (!begin(&in, directory, true, err))
		return false;
	ok = take_stock(&in, err);
	for (uint32_t i = 0; ok && i < in.count; i++) {
		bad += print_damage(&in, &in.seen[i], out);
		records += in.seen[i].contents.records;
	}
	if (ok) {
		fprintf(out,
		    "%u segments, %" PRIu64 " records read, %" PRIu64
		    " places damaged\n",
		    in.count, records, bad);
		*bad_out = bad;
	}
	end(&in);
	return ok;
}
