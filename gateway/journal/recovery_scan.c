#include "gateway/journal/recovery_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "gateway/journal/scan.h"

#define QUARANTINE "quarantine"

/* What list() found, before any of it is opened. */
struct found {
	struct found_file {
		uint64_t id, size;
	} * files;
	uint32_t count, room;
	bool no_memory;
	char fresh[8][SEGMENT_NAME + 4]; /* half-made ones, to be removed */
	uint32_t fresh_count;
};

static void
see(void *arg, const char *name, uint64_t size)
{
	struct found *found = arg;
	size_t len = strlen(name);
	uint64_t id;

	if (len > 8 && len < sizeof found->fresh[0] &&
	    strcmp(name + len - 8, ".seg.new") == 0 && found->fresh_count < 8)
		memcpy(found->fresh[found->fresh_count++], name, len + 1);
	if (!segment_name_get(name, &id))
		return; /* not ours: left alone */
	if (!array_reserve(&found->files, &found->room, found->count + 1,
		sizeof *found->files)) {
		found->no_memory = true;
		return;
	}
	found->files[found->count++] = (struct found_file){ id, size };
}

static void
see_aside(void *arg, const char *name, uint64_t size)
{
	uint64_t *bytes = arg;

	(void)name;
	*bytes += size;
}

static bool
no_memory(struct err *err)
{
	return err_set(err, ERR_HOST, 0, "no memory");
}

static void
put_aside(struct journal *j, uint64_t id, uint64_t size)
{
	char name[SEGMENT_NAME], aside[SEGMENT_NAME + 16];

	segment_name(name, id);
	snprintf(aside, sizeof aside, QUARANTINE "/%s", name);
	(void)j->disk->rename(j->disk, name, aside);
	(void)j->disk->sync_names(j->disk);
	j->aside_bytes += size; /* it still takes room */
	atomic_fetch_add(&j->counts.damaged_segments, 1);
}

enum sort { SORT_USED, SORT_FREE, SORT_ASIDE, SORT_FAILED };

/* What kind of file is it, and of which epoch? */
static enum sort
sort_out(struct journal *j, struct segment *segment, uint64_t *oldest,
    struct err *err)
{
	struct segment_head head = { 0 };
	struct scan scan;
	const char *bytes;
	size_t len = 0;
	enum sort sort = SORT_FAILED;
	static const char zeros[SEGMENT_HEADER];

	scan_init(&scan, j->disk, segment->file, segment->size);
	scan.forgiving = true;
	bytes = scan_at(&scan, 0, SEGMENT_HEADER, &len, err);
	if (bytes == NULL)
		goto out;
	sort = SORT_ASIDE;
	if (len < SEGMENT_HEADER)
		goto out;
	if (segment_head_get(&head, bytes)) {
		segment->epoch = head.epoch;
		segment->odd |= head.size != segment->size;
		if (head.size > segment->size)
			atomic_fetch_add(&j->counts.damaged_segments, 1);
		if (head.oldest > *oldest)
			*oldest = head.oldest;
		sort = SORT_USED;
		goto out;
	}
	sort = memcmp(bytes, zeros, sizeof zeros) == 0 ? SORT_FREE : SORT_ASIDE;
	if (!scan_epoch(&scan, &segment->epoch, err))
		sort = SORT_FAILED;
	else if (segment->epoch != 0)
		sort = SORT_USED; /* the header alone is damaged */
	if (sort == SORT_USED)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
out:
	scan_fini(&scan);
	return sort;
}

static bool
remember(struct recovery_scan *r, struct segment *segment)
{
	if (!array_reserve(
		&r->segments, &r->room, r->count + 1, sizeof *r->segments))
		return false;
	r->segments[r->count++] = segment;
	return true;
}

/*
 * What it holds may have been acknowledged, so it is not done without, unless
 * a person says so: tomorrow the disk may read it again.
 */
static bool
cannot_read(const char *name, const char *why, struct err *err)
{
	return err_set(err, ERR_HOST, 0,
	    "%s: %.100s; events may be in it: mend that, or move the file "
	    "elsewhere to start without them",
	    name, why);
}

static bool
take_file(struct journal *j, struct recovery_scan *m,
    const struct found_file *file, uint64_t *oldest, struct err *err)
{
	struct err why = { 0 };
	struct segment *segment;
	char name[SEGMENT_NAME];
	int fd;

	if (file->id >= j->next_id)
		j->next_id = file->id + 1;
	segment_name(name, file->id);
	if (file->size == 0) {
		(void)j->disk->unlink(j->disk, name);
		return true;
	}
	fd = j->disk->open(j->disk, name, IO_OPS_EXISTING);
	if (fd < 0)
		return cannot_read(name, strerror(-fd), err);
	segment = segment_new(file->id, file->size, fd);
	if (segment == NULL) {
		j->disk->close(j->disk, fd);
		return no_memory(err);
	}
	segment->odd = file->size != j->options.segment_bytes;
	segment->state = SEGMENT_SEALED;
	switch (sort_out(j, segment, oldest, &why)) {
	case SORT_USED:
		return remember(m, segment) || no_memory(err);
	case SORT_FREE:
		segment->state = SEGMENT_FREE;
		segment_list_push(&j->free, segment);
		return true;
	case SORT_ASIDE:
		put_aside(j, file->id, file->size);
		break;
	case SORT_FAILED:
		cannot_read(name, why.text, err);
		break;
	}
	j->disk->close(j->disk, fd);
	segment_free(segment);
	return err->kind == ERR_NONE;
}

static int
by_epoch(const void *a, const void *b)
{
	const struct segment *const *x = a, *const *y = b;

	return (*x)->epoch < (*y)->epoch ? -1 : (*x)->epoch > (*y)->epoch;
}

/* Those before `oldest` were dead already; all others may hold something. */
static void
line_up(struct journal *j, struct recovery_scan *r, uint64_t oldest)
{
	uint32_t kept = 0;

	if (r->count > 0)
		qsort(r->segments, r->count, sizeof *r->segments, by_epoch);
	for (uint32_t i = 0; i < r->count; i++) {
		struct segment *segment = r->segments[i];

		if (segment->epoch >> 32 > j->counter)
			j->counter = segment->epoch >> 32;
		segment_list_push(&j->used, segment);
		if (segment->epoch < oldest) {
			segment->loaded = true;
			continue;
		}
		r->segments[kept++] = segment;
		atomic_fetch_add(&j->reserved, segment->size);
	}
	r->count = kept;
	atomic_store(&j->counts.unverified, kept);
}

static void
let_go(struct journal *j, struct recovery_scan *m)
{
	for (uint32_t i = 0; i < m->count; i++) {
		j->disk->close(j->disk, m->segments[i]->file);
		segment_free(m->segments[i]);
	}
	m->count = 0;
}

bool
recovery_scan_run(struct journal *j, struct recovery_scan *m, struct err *err)
{
	struct found found = { 0 };
	uint64_t oldest = 0;
	int result;
	bool ok = false;

	result = j->disk->make_folder(j->disk, QUARANTINE);
	if (result == 0)
		result = j->disk->list(j->disk, ".", see, &found);
	if (result == 0)
		result = j->disk->list(
		    j->disk, QUARANTINE, see_aside, &j->aside_bytes);
	if (result < 0) {
		err_set(err, ERR_HOST, 0, "%s", strerror(-result));
		goto out;
	}
	for (uint32_t i = 0; i < found.fresh_count; i++)
		(void)j->disk->unlink(j->disk, found.fresh[i]);
	ok = !found.no_memory || no_memory(err);
	for (uint32_t i = 0; ok && i < found.count; i++)
		ok = take_file(j, m, &found.files[i], &oldest, err);
	if (!ok)
		goto out;
	line_up(j, m, oldest);
	j->names_at_risk = j->disk->sync_names(j->disk) != 0;
out:
	if (!ok)
		let_go(j, m);
	free(found.files);
	return ok;
}
