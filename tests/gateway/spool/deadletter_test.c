#include "gateway/spool/deadletter.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define FIRST  "letters-0000000000000001.ndjson"
#define SECOND "letters-0000000000000002.ndjson"
#define MIB    (1 << 20)

static char root[] = "/tmp/deadletter-XXXXXX";
static char folder[64];
static struct deadletter *letters;
static struct deadletter_place place;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(folder, sizeof folder, "%s/dead", root);
}

static void
end(void)
{
	deadletter_close(&letters);
	cr_assert(scratch_remove(root));
}

TestSuite(deadletter, .init = begin, .fini = end);

static void
start(uint64_t max_bytes)
{
	struct deadletter_options options = { .directory = folder,
		.max_bytes = max_bytes };
	struct err err = { 0 };

	cr_assert(deadletter_open(&letters, &options, &err), "%s", err.text);
}

static enum deadletter_answer
keep(const char *lines)
{
	struct err err = { 0 };

	return deadletter_keep(letters, span_of(lines), &place, &err);
}

static bool
take_back(struct deadletter_place at)
{
	struct err err = { 0 };

	return deadletter_take_back(letters, &at, &err);
}

/* A file of the folder as text; "" when it is not there. */
static const char *
text_of(const char *name)
{
	static char text[4096];
	char path[128];
	FILE *file;
	size_t len = 0;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file != NULL) {
		len = fread(text, 1, sizeof text - 1, file);
		fclose(file);
	}
	text[len] = '\0';
	return text;
}

static void
append_to(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

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
	cr_expect_eq(keep("a\nb\n"), DEADLETTER_KEPT);
	cr_expect_eq(keep("c\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\nc\n");
	cr_expect_eq(stat(folder, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0700);
	deadletter_close(&letters);
	start(MIB);
	cr_expect_eq(deadletter_bytes(letters), 6);
	cr_expect_eq(keep("d\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\nc\nd\n");
}

Test(deadletter, a_folder_above_must_be_there)
{
	struct deadletter_options options = {
		.directory = "/tmp/no/such/folder", .max_bytes = MIB
	};
	struct err err = { 0 };

	cr_expect(!deadletter_open(&letters, &options, &err));
	cr_expect_not_null(
	    strstr(err.text, "/tmp/no/such/folder"), "%s", err.text);
}

Test(deadletter, a_second_owner_is_told_of_the_first)
{
	struct deadletter_options options = { .directory = folder,
		.max_bytes = MIB };
	struct deadletter *second = NULL;
	struct err err = { 0 };
	char pid[32];

	start(MIB);
	snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
	cr_expect(!deadletter_open(&second, &options, &err));
	cr_expect_eq(err.kind, ERR_BUSY);
	cr_expect_not_null(strstr(err.text, pid), "%s", err.text);
	deadletter_close(&letters);
	start(MIB);
}

/* clang-format off */
static const struct {
	const char *torn, *left;
} ends[] = {
	{ "",			"a\n" },
	{ "{\"at\":\"20",	"a\n" },
	{ "b\n{",		"a\nb\n" },
	{ "\n",			"a\n\n" },
};
/* clang-format on */

Test(deadletter, a_torn_end_is_cut_off_at_the_start)
{
	char want[128];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		start(MIB);
		cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
		deadletter_close(&letters);
		append_to(FIRST, ends[i].torn);
		start(MIB);
		cr_expect_str_eq(text_of(FIRST), ends[i].left, "%zu", i);
		cr_expect_eq(deadletter_bytes(letters), strlen(ends[i].left));
		cr_expect_eq(keep("z\n"), DEADLETTER_KEPT);
		snprintf(want, sizeof want, "%sz\n", ends[i].left);
		cr_expect_str_eq(text_of(FIRST), want, "%zu", i);
		deadletter_close(&letters);
		snprintf(want, sizeof want, "%s/%s", folder, FIRST);
		unlink(want);
	}
}

Test(deadletter, a_torn_end_may_be_long_and_a_file_all_of_it)
{
	static char torn[20000];

	memset(torn, 'x', sizeof torn - 1);
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	deadletter_close(&letters);
	append_to(FIRST, torn);
	append_to(SECOND, torn);
	start(MIB);
	cr_expect_str_eq(text_of(SECOND), "");
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

/* Bytes with NULs among them, at the end of the file. */
static void
append_bytes(const char *name, const char *bytes, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

/* clang-format off */
#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *left;
	size_t len;
	const char *made;
} holes[] = {
	{ BYTES("b\0b\n"),		"a\n   \nz\n" },
	{ BYTES("\0\0\n"),		"a\n  \nz\n" },
	{ BYTES("\0b\nc\nd\0\n"),	"a\n  \nc\n  \nz\n" },
	{ BYTES("b\nc\0\nd"),		"a\nb\n  \nz\n" },
	{ BYTES("b\nc\0"),		"a\nb\nz\n" },
};
/* clang-format on */

Test(deadletter, what_a_power_cut_left_with_holes_is_blanked)
{
	char path[128];

	for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
		start(MIB);
		cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
		deadletter_close(&letters);
		append_bytes(FIRST, holes[i].left, holes[i].len);
		start(MIB);
		cr_expect_eq(keep("z\n"), DEADLETTER_KEPT);
		cr_expect_str_eq(text_of(FIRST), holes[i].made, "%zu", i);
		deadletter_close(&letters);
		snprintf(path, sizeof path, "%s/%s", folder, FIRST);
		unlink(path);
	}
}

Test(deadletter, an_older_file_is_healed_too)
{
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	deadletter_close(&letters);
	append_bytes(FIRST, BYTES("b\0\nc"));
	append_to(SECOND, "y\n");
	start(MIB);
	cr_expect_str_eq(text_of(FIRST), "a\n  \n");
	cr_expect_str_eq(text_of(SECOND), "y\n");
	cr_expect_eq(deadletter_bytes(letters), 7);
}

Test(deadletter, the_files_never_exceed_their_bound_and_are_rotated)
{
	static char line[10001];
	unsigned kept = 0, files;

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	while (kept < 1000 && keep(line) == DEADLETTER_KEPT)
		kept++;
	cr_expect_eq(kept, MIB / 10000);
	cr_expect_eq(on_disk(&files), kept * UINT64_C(10000));
	cr_expect_geq(files, 16);
	cr_expect_eq(deadletter_bytes(letters), kept * UINT64_C(10000));
	cr_expect_eq(keep("small\n"), DEADLETTER_KEPT, "what fits is kept");
	deadletter_close(&letters);
	start(MIB);
	cr_expect_eq(keep(line), DEADLETTER_FULL);
}

Test(deadletter, room_that_people_made_is_seen)
{
	static char line[60001];
	char path[128];

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	while (keep(line) == DEADLETTER_KEPT)
		;
	snprintf(path, sizeof path, "%s/%s", folder, FIRST);
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(keep(line), DEADLETTER_KEPT);
	cr_expect_eq(keep(line), DEADLETTER_FULL);
}

Test(deadletter, a_file_that_people_took_away_is_written_to_no_more)
{
	char path[128];

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	snprintf(path, sizeof path, "%s/%s", folder, FIRST);
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

Test(deadletter, that_are_taken_back_are_gone_wherever_they_stand)
{
	struct deadletter_place first;

	start(MIB);
	cr_expect_eq(keep("aaa\nbbb\n"), DEADLETTER_KEPT);
	first = place;
	cr_expect_eq(keep("c\n"), DEADLETTER_KEPT);
	cr_expect_eq(keep("d\n"), DEADLETTER_KEPT);
	cr_expect(take_back(place), "the last");
	cr_expect_str_eq(text_of(FIRST), "aaa\nbbb\nc\n");
	cr_expect(take_back(first), "with others behind them");
	cr_expect_str_eq(text_of(FIRST), "       \nc\n");
	cr_expect_eq(keep("e\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(FIRST), "       \nc\ne\n");
	cr_expect_eq(deadletter_bytes(letters), 12);
	cr_expect(take_back((struct deadletter_place){ 0 }), "none");
}

Test(deadletter, that_are_taken_back_may_stand_in_an_older_file)
{
	static char line[65001];
	struct deadletter_place first;

	memset(line, 'x', sizeof line - 2);
	line[sizeof line - 2] = '\n';
	start(MIB);
	cr_expect_eq(keep("aaa\n"), DEADLETTER_KEPT);
	first = place;
	cr_expect_eq(keep(line), DEADLETTER_KEPT);
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_eq(keep(line), DEADLETTER_KEPT);
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
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	for (rlim_t room = 2; room < 1002; room += 100) {
		limit_files(room);
		cr_expect_eq(keep(line), DEADLETTER_FAILED);
		cr_expect_str_eq(text_of(FIRST), "a\n");
	}
	limit_files(RLIM_INFINITY);
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(FIRST), "a\nb\n");
	cr_expect_eq(deadletter_bytes(letters), 4);
}

static void *
keep_many(void *arg)
{
	struct deadletter_place mine;
	struct err err = { 0 };
	char lines[16];

	for (int i = 0; i < 50; i++) {
		snprintf(lines, sizeof lines, "%s%d\n%s%d\n", (char *)arg, i,
		    (char *)arg, i);
		if (deadletter_keep(letters, span_of(lines), &mine, &err) !=
		    DEADLETTER_KEPT)
			return arg;
		if (i % 2 == 1 && !deadletter_take_back(letters, &mine, &err))
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

/* ---------------------------------------------------------------- turn -- */

Test(deadletter, a_turn_leaves_what_is_there_to_another)
{
	struct deadletter_place before, since;
	struct err err = { 0 };
	uint64_t last = 0;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	before = place;
	cr_expect_eq(
	    deadletter_keep(letters, SPAN("b\n"), NULL, &err), DEADLETTER_KEPT);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_eq(last, 1);
	cr_expect_not(deadletter_turned(letters), "the first may go yet");
	cr_expect_eq(keep("c\n"), DEADLETTER_KEPT);
	since = place;
	cr_expect_str_eq(text_of(FIRST), "a\nb\n");
	cr_expect_str_eq(text_of(SECOND), "c\n");
	cr_expect(take_back(since));
	cr_expect_not(deadletter_turned(letters));
	cr_expect(take_back(before));
	cr_expect(deadletter_turned(letters));
	cr_expect_str_eq(text_of(FIRST), " \nb\n");
}

Test(deadletter, letters_that_stay_hold_no_turn_up)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_eq(last, 0, "none was there");
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	cr_expect(deadletter_turned(letters), "it came after the turn");
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_not(deadletter_turned(letters));
	deadletter_leave(letters, &place);
	cr_expect(deadletter_turned(letters));
	deadletter_leave(letters, &(struct deadletter_place){ 0 });
}

/* The last of a file that a turn has left may still be cut off. */
Test(deadletter, taking_back_after_a_turn_is_taking_back)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect(take_back(place));
	cr_expect_str_eq(text_of(FIRST), "");
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

Test(deadletter, who_removes_files_has_them_counted_again)
{
	char path[128];

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(deadletter_bytes(letters), 2);
	deadletter_recount(letters);
	cr_expect_eq(deadletter_bytes(letters), 0);
}

Test(deadletter, a_start_clears_away_what_a_crash_left_of_a_sweep)
{
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	deadletter_close(&letters);
	append_to(FIRST ".new", "half of a");
	append_to("notes.new", "a person's");
	start(MIB);
	cr_expect_str_eq(text_of(FIRST ".new"), "");
	cr_expect_str_eq(text_of("notes.new"), "a person's");
	cr_expect_str_eq(text_of(FIRST), "a\n");
}
