#include "gateway/cli/dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/admin/dead_letter_api.h"
#include "parsers/json/jwriter.h"
#include "gateway/cli/admin_client.h"
#include "gateway/base/clock.h"
#include "gateway/deadletter/query.h"
#include "gateway/deadletter/compaction.h"
#include "gateway/base/dir_lock.h"
#include "parsers/json/jwalk.h"

#define ANSWER_MAX (16 << 20)
#define LOCK_MODE  0600
#define BESIDE     "dead-letters" /* in a spool's folder */

struct health_input {
	const struct dead_letter_args *words;
	char token[ADMIN_CLIENT_TOKEN_MAX]; /* "": none */
	FILE *out;
	int folder;
	char path[4096];
	char holder[DIR_LOCK_TEXT], address[DIR_LOCK_TEXT];
	bool held; /* a gateway has the folder */
};

static enum dead_letter_end
fail(enum dead_letter_end end, const struct err *err)
{
	fprintf(stderr, "polaris-gateway: %s\n", err->text);
	return end;
}

static struct deadletter_reader_filter
filter_of(const struct dead_letter_args *words)
{
	return (struct deadletter_reader_filter){
		.table = span_of(words->table),
		.reason = span_of(words->reason),
		.since_ms = INT64_MIN,
		.before_ms = words->before_ms,
	};
}

/* -------------------------------------------------------------- folder -- */

/* Is this a folder of letters, by what stands in it? */
static bool
is_letters(int folder)
{
	struct deadletter_file_list list;
	struct stat st;
	bool some;

	if (!deadletter_file_list(folder, &list))
		return false;
	some = list.count > 0;
	free(list.numbers);
	return some || (list.foreign == 0 &&
			   fstatat(folder, DIR_LOCK_NAME, &st, 0) == 0);
}

/* A spool's folder is meant for the one in it. */
static bool
open_folder(struct health_input *scene, struct err *err)
{
	const char *directory = scene->words->directory;
	int beside;

	snprintf(scene->path, sizeof scene->path, "%s", directory);
	scene->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scene->folder == -1)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", directory, strerror(errno));
	if (is_letters(scene->folder))
		return true;
	beside =
	    openat(scene->folder, BESIDE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (beside == -1)
		return err_set(err, ERR_INPUT, 0,
		    "%s: no dead letters are kept here; which folder is it? "
		    "dead_letters.directory in the configuration, or %s in the "
		    "spool's",
		    directory, BESIDE);
	close(scene->folder);
	scene->folder = beside;
	snprintf(
	    scene->path, sizeof scene->path, "%.4000s/%s", directory, BESIDE);
	return true;
}

/* ---------------------------------------------------------------- list -- */

static void
print_time(FILE *out, int64_t ms)
{
	char text[CLOCK_UTC_ROOM];

	clock_utc(ms, text);
	fprintf(out, "  %.19sZ", text); /* to the second */
}

static void
print_group(
    FILE *out, const char *table, const struct deadletter_counts_group *group)
{
	fprintf(out, "%-24s %-16s %10" PRIu64 " %12" PRIu64, table,
	    group->reason, group->count, group->bytes);
	print_time(out, group->oldest_ms);
	print_time(out, group->newest_ms);
	fputc('\n', out);
}

static void
print_look(
    const struct health_input *scene, const struct deadletter_query *look)
{
	const struct deadletter_counts *count = &look->count;
	FILE *out = scene->out;

	if (count->sum.count == 0)
		fputs("no dead letters\n", out);
	else
		fprintf(out, "%-24s %-16s %10s %12s  %-20s  %s\n", "table",
		    "reason", "letters", "bytes", "oldest", "newest");
	for (size_t i = 0; i < count->group_count; i++)
		print_group(out, count->groups[i].table, &count->groups[i]);
	if (count->group_count > 1)
		print_group(out, "(all)", &count->sum);
	if (look->damaged > 0)
		fprintf(out,
		    "%" PRIu64 " lines are no letters; the first: %s\n",
		    look->damaged, look->damage);
}

static enum dead_letter_end
print_report(const struct admin_job_report *report, FILE *out)
{
	struct buffer text;
	bool ok;

	buffer_init(&text, ANSWER_MAX);
	ok = dead_letter_api_write(report, &text);
	if (ok)
		fwrite(text.at, 1, text.len, out); /* main looks */
	else
		fprintf(stderr, "polaris-gateway: out of memory\n");
	buffer_fini(&text);
	return ok ? DEAD_LETTER_DONE : DEAD_LETTER_FAILED;
}

static enum dead_letter_end
list(struct health_input *scene)
{
	struct deadletter_reader_filter meant = filter_of(scene->words);
	struct admin_job_report report = { .kind = ADMIN_JOB_LOOK, .ok = true };
	enum dead_letter_end end = DEAD_LETTER_DONE;
	struct deadletter_query *look = malloc(sizeof *look);
	struct err err = { 0 };

	report.look = look;
	if (look == NULL)
		err_set(&err, ERR_HOST, 0, "out of memory");
	if (look == NULL ||
	    !deadletter_query_read(look, scene->path, &meant, 0, NULL, &err)) {
		free(look);
		return fail(DEAD_LETTER_FAILED, &err);
	}
	if (scene->words->json)
		end = print_report(&report, scene->out);
	else
		print_look(scene, look);
	deadletter_query_fini(look);
	free(look);
	return end;
}

/* ---------------------------------------------------------------- show -- */

static enum dead_letter_end
show(struct health_input *scene)
{
	struct deadletter_reader_filter meant = filter_of(scene->words);
	enum dead_letter_end end = DEAD_LETTER_DONE;
	struct deadletter_reader_item item;
	enum deadletter_reader_kind kind;
	struct deadletter_reader *box;
	struct err err = { 0 };
	uint64_t left = scene->words->limit;

	if (!deadletter_reader_open(&box, scene->path, &err))
		return fail(DEAD_LETTER_FAILED, &err);
	while (left > 0 && !ferror(scene->out) &&
	       (kind = deadletter_reader_next(box, &item)) !=
		   DEADLETTER_READER_END) {
		if (kind == DEADLETTER_READER_DAMAGED) {
			fprintf(stderr, "polaris-gateway: %s\n", item.why);
			end = DEAD_LETTER_NOT_ALL;
		} else if (deadletter_reader_means(&meant, &item.letter)) {
			fwrite(item.line.at, 1, item.line.len, scene->out);
			fputc('\n', scene->out);
			left--;
		}
	}
	deadletter_reader_close(&box);
	return end;
}

/* ----------------------------------------------------------------- ask -- */

static bool
write_order(const struct dead_letter_args *words, struct buffer *body)
{
	struct jwriter tree = { .out = body, .ok = true, .first = true };
	char before[CLOCK_UTC_ROOM];

	jwriter_open(&tree, NULL, '{');
	if (words->table != NULL)
		jwriter_text(&tree, "table", words->table);
	if (words->reason != NULL)
		jwriter_text(&tree, "reason", words->reason);
	if (words->before_ms != INT64_MAX) {
		clock_utc(words->before_ms, before);
		jwriter_text(&tree, "before", before);
	}
	if (words->all)
		jwriter_bool(&tree, "all", true);
	jwriter_close(&tree, '}');
	return tree.ok;
}

/* Asks the gateway that has the folder, or the one that is named. */
static bool
ask(const struct health_input *scene, const char *path, struct buffer *answer,
    struct err *err)
{
	const char *address =
	    scene->words->admin != NULL ? scene->words->admin : scene->address;
	struct buffer body;
	bool ok;

	if (address[0] == '\0')
		return err_set(err, ERR_INPUT, 0,
		    "%s is in use by another process (%s), which does not say "
		    "where it is asked: give its admin address with --admin",
		    scene->path, scene->holder);
	buffer_init(&body, DEAD_LETTER_API_BODY);
	ok = write_order(scene->words, &body);
	if (!ok)
		err_set(err, ERR_INPUT, 0, "these names are too long");
	else
		ok = admin_client_post(address, path,
		    scene->token[0] != '\0' ? scene->token : NULL,
		    (struct span){ body.at, body.len }, answer, err);
	buffer_fini(&body);
	return ok;
}

static uint64_t
count_of(struct span document, const char *name)
{
	return (uint64_t)jwalk_number(jwalk_member(document, name));
}

static const char *
letters(uint64_t count)
{
	return count == 1 ? "letter" : "letters";
}

/* -------------------------------------------------------------- replay -- */

static uint64_t
rejected_of(struct span answer)
{
	struct span rest = jwalk_member(answer, "rejected"), name, value;
	uint64_t sum = 0;

	while (jwalk_entry(&rest, &name, &value))
		sum += (uint64_t)jwalk_number(value);
	return sum;
}

static bool
is_done(struct span answer)
{
	char end[40];

	jwalk_text(jwalk_member(answer, "end"), end, sizeof end);
	return strcmp(end, "done") == 0;
}

static void
print_rejected(FILE *out, struct span answer)
{
	struct span rest = jwalk_member(answer, "rejected"), name, value;
	char word[64];

	while (jwalk_entry(&rest, &name, &value))
		fprintf(out, "rejected %.0f: %s\n", jwalk_number(value),
		    jwalk_text(name, word, sizeof word));
	if (rejected_of(answer) > 0)
		fputs("what was rejected is still no good, and stays\n", out);
}

/* Why not all was done. */
static void
print_end(FILE *out, struct span answer)
{
	char message[300], error[300];
	struct span left = jwalk_member(answer, "left");

	jwalk_text(jwalk_member(answer, "message"), message, sizeof message);
	jwalk_text(jwalk_member(answer, "error"), error, sizeof error);
	if (span_equal(left, SPAN("null")))
		fputs("it was stopped before all were looked at\n", out);
	else
		fprintf(out, "left %.0f\n", jwalk_number(left));
	fprintf(out, "%s%s%s\n", message, error[0] != '\0' ? ": " : "", error);
}

static void
print_replay(FILE *out, struct span answer)
{
	uint64_t replayed = count_of(answer, "replayed");

	fprintf(out, "replayed %" PRIu64 " %s\n", replayed, letters(replayed));
	print_rejected(out, answer);
	if (!is_done(answer))
		print_end(out, answer);
}

static bool
is_known(struct health_input *scene, struct err *err)
{
	return scene->held || scene->words->admin != NULL ||
	       err_set(err, ERR_BUSY, 0,
		   "no gateway has %s, so there is no spool to replay into: "
		   "start it, then ask again (or name it with --admin)",
		   scene->path);
}

static enum dead_letter_end
replay(struct health_input *scene)
{
	struct buffer answer;
	struct err err = { 0 };
	struct span text;
	bool all;

	buffer_init(&answer, ANSWER_MAX);
	if (!is_known(scene, &err) ||
	    !ask(scene, "/dead-letters/replay", &answer, &err)) {
		buffer_fini(&answer);
		return fail(DEAD_LETTER_NOT_ALL, &err);
	}
	text = (struct span){ answer.at, answer.len };
	if (scene->words->json)
		fwrite(text.at, 1, text.len, scene->out); /* main looks */
	else
		print_replay(scene->out, text);
	all = is_done(text) && rejected_of(text) == 0;
	buffer_fini(&answer);
	return all ? DEAD_LETTER_DONE : DEAD_LETTER_NOT_ALL;
}

/* --------------------------------------------------------------- purge -- */

static void
print_purge(FILE *out, uint64_t purged, uint64_t left, uint64_t damaged)
{
	fprintf(out, "purged %" PRIu64 " %s\n", purged, letters(purged));
	if (left > 0)
		fprintf(out, "left %" PRIu64 "\n", left);
	if (damaged > 0)
		fprintf(out, "%" PRIu64 " lines are no letters, and stay\n",
		    damaged);
}

static enum dead_letter_end
purge_asked(const struct health_input *scene)
{
	struct buffer answer;
	struct err err = { 0 };
	struct span text;
	bool ok;

	buffer_init(&answer, ANSWER_MAX);
	ok = ask(scene, "/dead-letters/purge", &answer, &err);
	text = (struct span){ answer.at, answer.len };
	if (!ok)
		fail(DEAD_LETTER_NOT_ALL, &err);
	else if (scene->words->json)
		fwrite(answer.at, 1, answer.len, scene->out); /* main looks */
	else
		print_purge(scene->out, count_of(text, "purged"),
		    count_of(text, "left"), count_of(text, "damaged"));
	buffer_fini(&answer);
	return ok ? DEAD_LETTER_DONE : DEAD_LETTER_NOT_ALL;
}

/* With the lock, so that no gateway begins to use the folder meanwhile. */
static enum dead_letter_end
purge_here(const struct health_input *scene)
{
	struct deadletter_reader_filter meant = filter_of(scene->words);
	struct admin_job_report report = { .kind = ADMIN_JOB_PURGE };
	enum dead_letter_end end = DEAD_LETTER_DONE;
	int lock = -1;

	report.ok = dir_lock_take(scene->folder, scene->path, LOCK_MODE, &lock,
			&report.err) &&
		    deadletter_compaction_purge(scene->folder, &meant,
			UINT64_MAX, NULL, &report.purge, &report.err);
	if (lock != -1)
		close(lock);
	if (!report.ok)
		return fail(DEAD_LETTER_FAILED, &report.err);
	if (scene->words->json)
		end = print_report(&report, scene->out);
	else
		print_purge(scene->out, report.purge.removed, report.purge.left,
		    report.purge.damaged);
	return end;
}

static enum dead_letter_end
purge(struct health_input *scene)
{
	return scene->held || scene->words->admin != NULL ? purge_asked(scene)
							  : purge_here(scene);
}

/* ----------------------------------------------------------------- act -- */

static enum dead_letter_end (*const acts[])(struct health_input *scene) = {
	[DEAD_LIST] = list,
	[DEAD_SHOW] = show,
	[DEAD_REPLAY] = replay,
	[DEAD_PURGE] = purge,
};

/* What is to be known before anything is done. */
static enum dead_letter_end
prepare(struct health_input *scene)
{
	const struct dead_letter_args *words = scene->words;
	struct err err = { 0 };

	if (words->directory == NULL)
		err_set(&err, ERR_INPUT, 0,
		    "dead-letter needs a folder, or -c FILE with a "
		    "configuration that keeps dead letters");
	else if (words->token_file != NULL &&
		 !admin_client_token(words->token_file, scene->token))
		err_set(&err, ERR_INPUT, 0, "there is no token in %s",
		    words->token_file);
	if (err.kind != ERR_NONE)
		return (enum dead_letter_end)dead_letter_args_usage(&err);
	if (!open_folder(scene, &err))
		return fail(err.kind == ERR_INPUT ? DEAD_LETTER_NOT_ALL
						  : DEAD_LETTER_FAILED,
		    &err);
	scene->held =
	    dir_lock_held(scene->folder, scene->holder, scene->address);
	return DEAD_LETTER_DONE;
}

enum dead_letter_end
dead_letter_act(const struct dead_letter_args *words, FILE *out)
{
	struct health_input scene = {
		.words = words, .out = out, .folder = -1
	};
	enum dead_letter_end end = prepare(&scene);

	if (end == DEAD_LETTER_DONE)
		end = acts[words->command](&scene);
	if (scene.folder != -1)
		close(scene.folder);
	explicit_bzero(scene.token, sizeof scene.token);
	return end;
}
