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
count_quarantined(void *arg, const char *name, uint64_t size)
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
quarantine_file(struct journal *j, uint64_t id, uint64_t size)
{
	char name[SEGMENT_NAME], aside[SEGMENT_NAME + 16];

	segment_name(name, id);
	snprintf(aside, sizeof aside, QUARANTINE "/%s", name);
	(void)j->io->rename(j->io, name, aside);
	(void)j->io->sync_names(j->io);
	j->quarantine_bytes += size; /* it still takes room */
	atomic_fetch_add(&j->counts.damaged_segments, 1);
}

enum file_kind { FILE_USED, FILE_FREE, FILE_QUARANTINE, FILE_UNREADABLE };

/* What kind of file is it, and of which epoch? */
static enum file_kind
classify(struct journal *j, struct segment *segment, uint64_t *oldest,
    struct err *err)
{
	struct segment_head head = { 0 };
	struct scan scan;
	const char *bytes;
	size_t len = 0;
	enum file_kind kind = FILE_UNREADABLE;
	static const char zeros[SEGMENT_HEADER];

	scan_init(&scan, j->io, segment->file, segment->size);
	scan.forgiving = true;
	bytes = scan_at(&scan, 0, SEGMENT_HEADER, &len, err);
	if (bytes == NULL)
		goto out;
	kind = FILE_QUARANTINE;
	if (len < SEGMENT_HEADER)
		goto out;
	if (segment_head_get(&head, bytes)) {
		segment->epoch = head.epoch;
		segment->foreign_size |= head.size != segment->size;
		if (head.size > segment->size)
			atomic_fetch_add(&j->counts.damaged_segments, 1);
		if (head.oldest > *oldest)
			*oldest = head.oldest;
		kind = FILE_USED;
		goto out;
	}
	kind = memcmp(bytes, zeros, sizeof zeros) == 0 ? FILE_FREE
						       : FILE_QUARANTINE;
	if (!scan_epoch(&scan, &segment->epoch, err))
		kind = FILE_UNREADABLE;
	else if (segment->epoch != 0)
		kind = FILE_USED; /* the header alone is damaged */
	if (kind == FILE_USED)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
out:
	scan_fini(&scan);
	return kind;
}

static bool
remember(struct journal *j, struct segment *segment)
{
	if (!array_reserve(&j->found, &j->found_room, j->found_count + 1,
		sizeof *j->found))
		return false;
	j->found[j->found_count++] = segment;
	return true;
}

/*
 * It may hold acknowledged events, so a start without it needs a person's
 * decision: the disk may be able to read it tomorrow.
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
take_file(struct journal *j, const struct found_file *file, uint64_t *oldest,
    struct err *err)
{
	struct err why = { 0 };
	struct segment *segment;
	char name[SEGMENT_NAME];
	int fd;

	if (file->id >= j->next_id)
		j->next_id = file->id + 1;
	segment_name(name, file->id);
	if (file->size == 0) {
		(void)j->io->unlink(j->io, name);
		return true;
	}
	fd = j->io->open(j->io, name, IO_OPS_EXISTING);
	if (fd < 0)
		return cannot_read(name, strerror(-fd), err);
	segment = segment_new(file->id, file->size, fd);
	if (segment == NULL) {
		j->io->close(j->io, fd);
		return no_memory(err);
	}
	segment->foreign_size = file->size != j->options.segment_bytes;
	segment->state = SEGMENT_SEALED;
	switch (classify(j, segment, oldest, &why)) {
	case FILE_USED:
		return remember(j, segment) || no_memory(err);
	case FILE_FREE:
		segment->state = SEGMENT_FREE;
		segment_list_push(&j->free, segment);
		return true;
	case FILE_QUARANTINE:
		quarantine_file(j, file->id, file->size);
		break;
	case FILE_UNREADABLE:
		cannot_read(name, why.text, err);
		break;
	}
	j->io->close(j->io, fd);
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
order_by_epoch(struct journal *j, uint64_t oldest)
{
	uint32_t kept = 0;

	if (j->found_count > 0)
		qsort(j->found, j->found_count, sizeof *j->found, by_epoch);
	for (uint32_t i = 0; i < j->found_count; i++) {
		struct segment *segment = j->found[i];

		if (segment->epoch >> 32 > j->counter)
			j->counter = segment->epoch >> 32;
		segment_list_push(&j->used, segment);
		if (segment->epoch < oldest) {
			segment->loaded = true;
			continue;
		}
		j->found[kept++] = segment;
		atomic_fetch_add(&j->reserved, segment->size);
	}
	j->found_count = kept;
	atomic_store(&j->counts.unverified, kept);
}

static void
close_found(struct journal *j)
{
	for (uint32_t i = 0; i < j->found_count; i++) {
		j->io->close(j->io, j->found[i]->file);
		segment_free(j->found[i]);
	}
	j->found_count = 0;
}

bool
recovery_scan_run(struct journal *j, struct err *err)
{
	struct found found = { 0 };
	uint64_t oldest = 0;
	int result;
	bool ok = false;

	result = j->io->make_folder(j->io, QUARANTINE);
	if (result == 0)
		result = j->io->list(j->io, ".", see, &found);
	if (result == 0)
		result = j->io->list(
		    j->io, QUARANTINE, count_quarantined, &j->quarantine_bytes);
	if (result < 0) {
		err_set(err, ERR_HOST, 0, "%s", strerror(-result));
		goto out;
	}
	for (uint32_t i = 0; i < found.fresh_count; i++)
		(void)j->io->unlink(j->io, found.fresh[i]);
	ok = !found.no_memory || no_memory(err);
	for (uint32_t i = 0; ok && i < found.count; i++)
		ok = take_file(j, &found.files[i], &oldest, err);
	if (!ok)
		goto out;
	order_by_epoch(j, oldest);
	j->names_unsynced = j->io->sync_names(j->io) != 0;
out:
	if (!ok)
		close_found(j);
	free(found.files);
	return ok;
}
