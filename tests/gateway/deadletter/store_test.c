#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/gateway/deadletter/store_rig.h"

TestSuite(deadletter, .init = begin, .fini = end);

/* What all files of letters hold, by the folder itself. */
static uint64_t
on_disk(unsigned *files_out)
{
	char path[400];
	struct dirent *entry;
	struct stat st;
	uint64_t bytes = 0;
	DIR *dir = opendir(folder);

	*files_out = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "letters-", 8) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		cr_assert_eq(stat(path, &st), 0);
		bytes += (uint64_t)st.st_size;
		(*files_out)++;
	}
	closedir(dir);
	return bytes;
}

Test(deadletter, are_there_for_their_owner_alone_and_after_a_restart)
{
	struct stat st;

	start(MIB);
	cr_expect_eq(keep("a\nb\n"), DEADLETTER_STORE_KEPT);
	cr_expect_eq(keep("c\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\nc\n");
	cr_expect_eq(stat(folder, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0700);
	deadletter_store_close(&letters);
	start(MIB);
	cr_expect_eq(deadletter_store_bytes(letters), 6);
	cr_expect_eq(keep("d\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\nc\nd\n");
}

Test(deadletter, a_folder_above_must_be_there)
{
	struct deadletter_store_options options = {
		.directory = "/tmp/no/such/folder", .max_bytes = MIB
	};
	struct err err = { 0 };

	cr_expect(!deadletter_store_open(&letters, &options, &err));
	cr_expect_not_null(
	    strstr(err.text, "/tmp/no/such/folder"), "%s", err.text);
}

Test(deadletter, a_second_owner_is_told_of_the_first)
{
	struct deadletter_store_options options = { .directory = folder,
		.max_bytes = MIB };
	struct deadletter_store *second = NULL;
	struct err err = { 0 };
	char pid[32];

	start(MIB);
	snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
	cr_expect(!deadletter_store_open(&second, &options, &err));
	cr_expect_eq(err.kind, ERR_BUSY);
	cr_expect_not_null(strstr(err.text, pid), "%s", err.text);
	deadletter_store_close(&letters);
	start(MIB);
}

Test(deadletter, the_files_never_exceed_their_bound_and_are_rotated)
{
	static char line[10001];
	unsigned kept = 0, files;

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	while (kept < 1000 && keep(line) == DEADLETTER_STORE_KEPT)
		kept++;
	cr_expect_eq(kept, MIB / 10000);
	cr_expect_eq(on_disk(&files), kept * UINT64_C(10000));
	cr_expect_geq(files, 16);
	cr_expect_eq(deadletter_store_bytes(letters), kept * UINT64_C(10000));
	cr_expect_eq(
	    keep("small\n"), DEADLETTER_STORE_KEPT, "what fits is kept");
	deadletter_store_close(&letters);
	start(MIB);
	cr_expect_eq(keep(line), DEADLETTER_STORE_FULL);
}

Test(deadletter, room_that_people_made_is_seen)
{
	static char line[60001];
	char path[128];

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	while (keep(line) == DEADLETTER_STORE_KEPT)
		;
	snprintf(path, sizeof path, "%s/%s", folder, FIRST);
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(keep(line), DEADLETTER_STORE_KEPT);
	cr_expect_eq(keep(line), DEADLETTER_STORE_FULL);
}

Test(deadletter, a_file_that_people_took_away_is_written_to_no_more)
{
	char path[128];

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	snprintf(path, sizeof path, "%s/%s", folder, FIRST);
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(keep("b\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

Test(deadletter, that_are_taken_back_are_gone_wherever_they_stand)
{
	struct deadletter_store_ref first;

	start(MIB);
	cr_expect_eq(keep("aaa\nbbb\n"), DEADLETTER_STORE_KEPT);
	first = place;
	cr_expect_eq(keep("c\n"), DEADLETTER_STORE_KEPT);
	cr_expect_eq(keep("d\n"), DEADLETTER_STORE_KEPT);
	cr_expect(take_back(place), "the last");
	cr_expect_str_eq(text_of(FIRST), "aaa\nbbb\nc\n");
	cr_expect(take_back(first), "with others behind them");
	cr_expect_str_eq(text_of(FIRST), "       \nc\n");
	cr_expect_eq(keep("e\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(FIRST), "       \nc\ne\n");
	cr_expect_eq(deadletter_store_bytes(letters), 12);
	cr_expect(take_back((struct deadletter_store_ref){ 0 }), "none");
}

Test(deadletter, that_are_taken_back_may_stand_in_an_older_file)
{
	static char line[65001];
	struct deadletter_store_ref first;

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	cr_expect_eq(keep("aaa\n"), DEADLETTER_STORE_KEPT);
	first = place;
	cr_expect_eq(keep(line), DEADLETTER_STORE_KEPT);
	cr_expect_eq(keep("b\n"), DEADLETTER_STORE_KEPT);
	cr_expect_eq(keep(line), DEADLETTER_STORE_KEPT);
	cr_expect(take_back(first));
	cr_expect_eq(strncmp(text_of(FIRST), "   \nx", 5), 0);
}

/* A full disk, as this process sees it: files may not grow past a size. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(deadletter, a_write_that_fails_leaves_nothing_and_heals)
{
	static char line[1001];

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	signal(SIGXFSZ, SIG_IGN);
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	for (rlim_t room = 2; room < 1002; room += 100) {
		limit_files(room);
		cr_expect_eq(keep(line), DEADLETTER_STORE_FAILED);
		cr_expect_str_eq(text_of(FIRST), "a\n");
	}
	limit_files(RLIM_INFINITY);
	cr_expect_eq(keep("b\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\n");
	cr_expect_eq(deadletter_store_bytes(letters), 4);
}

static void *
keep_many(void *arg)
{
	struct deadletter_store_ref mine;
	struct err err = { 0 };
	char lines[16];

	for (int i = 0; i < 50; i++) {
		snprintf(lines, sizeof lines, "%s%d\n%s%d\n", (char *)arg, i,
		    (char *)arg, i);
		if (deadletter_store_append(letters, span_of(lines), &mine,
			&err) != DEADLETTER_STORE_KEPT)
			return arg;
		if (i % 2 == 1 &&
		    !deadletter_store_take_back(letters, &mine, &err))
			return arg;
	}
	return NULL;
}

Test(deadletter, calls_side_by_side_keep_their_lines_together)
{
	pthread_t threads[4];
	char names[4][2] = { "a", "b", "c", "d" };
	unsigned count = 0;
	void *failed;
	char *line, *rest, copy[4096], before[16] = "";

	start(MIB);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, keep_many, names[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		cr_expect_null(failed);
	}
	strcpy(copy, text_of(FIRST));
	rest = copy;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == ' ' || line[0] == '\0')
			continue;
		if (count++ % 2 == 1)
			cr_expect_str_eq(line, before);
		snprintf(before, sizeof before, "%s", line);
		cr_expect_eq(atoi(line + 1) % 2, 0, "%s was taken back", line);
	}
	cr_expect_eq(count, 4 * 25 * 2);
}
