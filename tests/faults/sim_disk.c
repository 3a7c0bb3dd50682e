#include "tests/faults/sim_inside.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

uint64_t
sim_roll(struct sim *sim)
{
	uint64_t z = (sim->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct sim *
sim_of(struct io_ops *io)
{
	return (struct sim *)io;
}

/* One more call that changes something; true: the process is gone. */
static bool
dies(struct sim *sim)
{
	sim->calls++;
	if (sim->kill_at > 0 && --sim->kill_at == 0)
		sim->dead = true;
	return sim->dead;
}

/* 0, or what the plan says of this call. */
static int
fails(struct sim *sim, enum sim_call call)
{
	if (sim->dead)
		return -EIO;
	if (call != SIM_READ && call != SIM_OPEN && dies(sim))
		return -EIO;
	if (sim->fault.error == 0 || sim->fault.call != call)
		return 0;
	sim->seen++;
	if (sim->seen == sim->fault.at ||
	    (sim->fault.for_ever && sim->seen > sim->fault.at))
		return -sim->fault.error;
	return 0;
}

static struct name *
find(struct names *names, const char *text)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->at[i].text, text) == 0)
			return &names->at[i];
	return NULL;
}

static void
remove_name(struct names *names, struct name *name)
{
	*name = names->at[--names->count];
}

static void
add_name(struct names *names, const char *text, int file)
{
	struct name *name = &names->at[names->count++];

	assert(names->count < FILES_MOST && strlen(text) < NAME_ROOM);
	strcpy(name->text, text);
	name->file = file;
}

static void
note_names(struct sim *sim)
{
	assert(sim->step_count < STEPS_MOST);
	sim->steps[sim->step_count++] = sim->now;
}

uint64_t
sim_bytes(const struct sim *sim)
{
	uint64_t bytes = 0;

	for (int i = 0; i < sim->now.count; i++)
		bytes += sim->files[sim->now.at[i].file].size;
	return bytes;
}

uint64_t
sim_bytes_most(const struct sim *sim)
{
	return sim->most;
}

static int
op_open(struct io_ops *io, const char *text, enum io_ops_open how)
{
	struct sim *sim = sim_of(io);
	struct name *name = find(&sim->now, text);
	int failed = fails(sim, SIM_OPEN);

	if (failed != 0)
		return failed;
	if (how == IO_OPS_NEW) {
		if (name != NULL)
			return -EEXIST;
		assert(sim->file_count < EVER_MOST);
		if (dies(sim))
			return -EIO;
		add_name(&sim->now, text, sim->file_count);
		note_names(sim);
		return sim->file_count++;
	}
	return name != NULL ? name->file : -ENOENT;
}

static int
op_close(struct io_ops *io, int file)
{
	(void)io;
	(void)file;
	return 0;
}

static int64_t
op_read(struct io_ops *io, int number, void *to, size_t len, uint64_t at)
{
	struct sim *sim = sim_of(io);
	struct file *file = &sim->files[number];
	int failed = fails(sim, SIM_READ);

	if (failed != 0)
		return failed;
	if (at >= file->size)
		return 0;
	if (len > file->size - at)
		len = file->size - at;
	if (number == sim->bad_file && at < sim->bad_at + sim->bad_len &&
	    sim->bad_at < at + len)
		return -EIO;
	memcpy(to, file->now + at, len);
	return (int64_t)len;
}

static void
reserve(struct file *file, uint64_t size)
{
	uint64_t room = file->room > 0 ? file->room : 4096;

	while (room < size)
		room *= 2;
	if (room == file->room)
		return;
	file->now = realloc(file->now, room);
	file->durable = realloc(file->durable, room);
	file->dirty = realloc(file->dirty, room / SECTOR + 1);
	memset(file->now + file->room, 0, room - file->room);
	memset(file->durable + file->room, 0, room - file->room);
	memset(file->dirty + file->room / SECTOR, 0,
	    room / SECTOR + 1 - file->room / SECTOR);
	file->room = room;
}

static void
put(struct sim *sim, struct file *file, const void *bytes, size_t len,
    uint64_t at)
{
	if (len == 0)
		return;
	reserve(file, at + len);
	memcpy(file->now + at, bytes, len);
	for (uint64_t s = at / SECTOR; s <= (at + len - 1) / SECTOR; s++)
		file->dirty[s] = 1;
	if (at + len > file->size)
		file->size = at + len;
	if (sim_bytes(sim) > sim->most)
		sim->most = sim_bytes(sim);
}

/* A write that fails has done some of its work, as disks do. */
static int
op_write(
    struct io_ops *io, int number, struct iovec *parts, int count, uint64_t at)
{
	struct sim *sim = sim_of(io);
	struct file *file = &sim->files[number];
	int failed = fails(sim, SIM_WRITE);
	uint64_t whole = 0, most;

	if (sim->dead)
		return -EIO;
	for (int i = 0; i < count; i++)
		whole += parts[i].iov_len;
	if (sim->room > 0 && at + whole > file->size &&
	    sim_bytes(sim) + (at + whole - file->size) > sim->room)
		failed = -ENOSPC;
	most = failed != 0 ? sim_roll(sim) % (whole + 1) : whole;
	for (int i = 0; i < count && most > 0; i++) {
		size_t len = parts[i].iov_len < most ? parts[i].iov_len : most;

		if (failed != -ENOSPC)
			put(sim, file, parts[i].iov_base, len, at);
		at += len;
		most -= len;
	}
	return failed;
}

static int
op_sync(struct io_ops *io, int number)
{
	struct sim *sim = sim_of(io);
	struct file *file = &sim->files[number];
	int failed = fails(sim, SIM_SYNC);
	uint64_t sectors = file->size / SECTOR + 1;

	if (sim->dead)
		return -EIO;
	for (uint64_t s = 0; s < sectors; s++) {
		uint64_t at = s * SECTOR, len = SECTOR;

		if (at >= file->size || !file->dirty[s])
			continue;
		if (at + len > file->size)
			len = file->size - at;
		if (failed == 0 || sim_roll(sim) % 2 == 0)
			memcpy(file->durable + at, file->now + at, len);
		file->dirty[s] = 0;
	}
	if (failed == 0)
		file->durable_size = file->size;
	return failed;
}

static int
op_rename(struct io_ops *io, const char *from, const char *to)
{
	struct sim *sim = sim_of(io);
	struct name *old = find(&sim->now, from), *name;
	int failed = fails(sim, SIM_RENAME), file;

	if (failed != 0)
		return failed;
	if (old == NULL)
		return -ENOENT;
	file = old->file;
	remove_name(&sim->now, old);
	name = find(&sim->now, to);
	if (name != NULL)
		name->file = file;
	else
		add_name(&sim->now, to, file);
	note_names(sim);
	return 0;
}

static int
op_unlink(struct io_ops *io, const char *text)
{
	struct sim *sim = sim_of(io);
	struct name *name = find(&sim->now, text);
	int failed = fails(sim, SIM_UNLINK);

	if (failed != 0)
		return failed;
	if (name == NULL)
		return -ENOENT;
	remove_name(&sim->now, name);
	note_names(sim);
	return 0;
}

static int
op_make_folder(struct io_ops *io, const char *name)
{
	(void)name;
	return sim_of(io)->dead ? -EIO : 0;
}

static int
op_sync_names(struct io_ops *io)
{
	struct sim *sim = sim_of(io);
	int failed = fails(sim, SIM_NAMES);

	if (failed != 0)
		return failed;
	sim->steps[0] = sim->now;
	sim->step_count = 1;
	return 0;
}

static int
op_list(struct io_ops *io, const char *folder, io_ops_seen *seen, void *arg)
{
	struct sim *sim = sim_of(io);
	struct names names = sim->now;
	size_t len = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;

	for (int i = 0; i < names.count; i++) {
		const char *name = names.at[i].text;

		if (len > 0 && (strncmp(name, folder, len - 1) != 0 ||
				   name[len - 1] != '/'))
			continue;
		if (strchr(name + len, '/') == NULL)
			seen(
			    arg, name + len, sim->files[names.at[i].file].size);
	}
	return 0;
}

static void
op_end(struct io_ops *io)
{
	(void)io;
}

struct sim *
sim_open(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof *sim);

	assert(sim != NULL);
	sim->io = (struct io_ops){ op_open, op_close, op_read, op_write,
		op_sync, op_rename, op_unlink, op_make_folder, op_sync_names,
		op_list, op_end };
	sim->random = seed;
	sim->step_count = 1;
	return sim;
}

void
sim_free_file(struct file *file)
{
	free(file->now);
	free(file->durable);
	free(file->dirty);
	*file = (struct file){ 0 };
}

void
sim_free(struct sim *sim)
{
	for (int i = 0; i < sim->file_count; i++)
		sim_free_file(&sim->files[i]);
	free(sim);
}

static void *
copy_of(const void *bytes, uint64_t len)
{
	void *copy = malloc(len + 1);

	assert(copy != NULL);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

struct sim *
sim_copy(const struct sim *sim)
{
	struct sim *copy = malloc(sizeof *sim);

	/* Not the changes of names that nobody will go back to. */
	assert(copy != NULL && sim->step_count == 1);
	memcpy(copy, sim, offsetof(struct sim, steps[1]));
	memcpy(&copy->step_count, &sim->step_count,
	    sizeof *sim - offsetof(struct sim, step_count));

	for (int i = 0; i < sim->file_count; i++) {
		const struct file *f = &sim->files[i];

		if (f->room == 0)
			continue;
		copy->files[i].now = copy_of(f->now, f->room);
		copy->files[i].durable = copy_of(f->durable, f->room);
		copy->files[i].dirty = copy_of(f->dirty, f->room / SECTOR + 1);
	}
	return copy;
}

struct io_ops *
sim_disk(struct sim *sim)
{
	return &sim->io;
}

void
sim_set_fault(struct sim *sim, struct sim_fault fault)
{
	sim->fault = fault;
	sim->seen = 0;
}

void
sim_set_room(struct sim *sim, uint64_t bytes)
{
	sim->room = bytes;
}

void
sim_set_unreadable(struct sim *sim, const char *name, uint64_t at, uint64_t len)
{
	struct name *found = find(&sim->now, name);

	assert(found != NULL);
	sim->bad_file = found->file;
	sim->bad_at = at;
	sim->bad_len = len;
}

void
sim_kill(struct sim *sim)
{
	sim->dead = true;
}

void
sim_kill_at(struct sim *sim, uint64_t n)
{
	sim->kill_at = n;
}

bool
sim_is_dead(const struct sim *sim)
{
	return sim->dead;
}

char *
sim_file(struct sim *sim, int number, const char **name, uint64_t *size)
{
	struct file *file;

	if (number >= sim->now.count)
		return NULL;
	file = &sim->files[sim->now.at[number].file];
	*name = sim->now.at[number].text;
	*size = file->size;
	return file->now;
}

uint64_t
sim_calls(const struct sim *sim)
{
	return sim->calls;
}
