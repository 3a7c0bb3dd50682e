#include "gateway/cli/dead_letter.h"

#include <assert.h>
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

#define ANSWER_MAX   (16 << 20)
#define LOCK_MODE    0600
#define DEFAULT_NAME "dead-letters" /* in the folder of a spool */

struct command {
	const struct dead_letter_args *args;
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
filter_of(const struct dead_letter_args *args)
{
	return (struct deadletter_reader_filter){
		.table = span_of(args->table),
		.reason = span_of(args->reason),
		.since_ms = INT64_MIN,
		.before_ms = args->before_ms,
	};
}

/* -------------------------------------------------------------- folder -- */

/* Is this a folder of dead letters, by the files in it? */
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

/* For a spool's folder the one inside it is opened. */
static bool
open_folder(struct command *cmd, struct err *err)
{
	const char *directory = cmd->args->directory;
	int inside;

	assert(directory != NULL);
	snprintf(cmd->path, sizeof cmd->path, "%s", directory);
	cmd->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cmd->folder == -1)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", directory, strerror(errno));
	if (is_letters(cmd->folder))
		return true;
	inside = openat(
	    cmd->folder, DEFAULT_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (inside == -1)
		return err_set(err, ERR_INPUT, 0,
		    "%s: no dead letters are kept here; which folder is it? "
		    "dead_letters.directory in the configuration, or %s in the "
		    "spool's",
		    directory, DEFAULT_NAME);
	close(cmd->folder);
	cmd->folder = inside;
	snprintf(
	    cmd->path, sizeof cmd->path, "%.4000s/%s", directory, DEFAULT_NAME);
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
    FILE *out, const char *table, const struct deadletter_query_group *group)
{
	fprintf(out, "%-24s %-16s %10" PRIu64 " %12" PRIu64, table,
	    group->reason, group->count, group->bytes);
	print_time(out, group->oldest_ms);
	print_time(out, group->newest_ms);
	fputc('\n', out);
}

static void
print_query(const struct command *cmd, const struct deadletter_query *query)
{
	const struct deadletter_query_counts *count = &query->count;
	FILE *out = cmd->out;

	if (count->sum.count == 0)
		fputs("no dead letters\n", out);
	else
		fprintf(out, "%-24s %-16s %10s %12s  %-20s  %s\n", "table",
		    "reason", "letters", "bytes", "oldest", "newest");
	for (size_t i = 0; i < count->group_count; i++)
		print_group(out, count->groups[i].table, &count->groups[i]);
	if (count->group_count > 1)
		print_group(out, "(all)", &count->sum);
	if (query->damaged > 0)
		fprintf(out,
		    "%" PRIu64 " lines are no letters; the first: %s\n",
		    query->damaged, query->damage);
}

static enum dead_letter_end
print_report(const struct admin_job_report *report, FILE *out)
{
	struct buffer text;
	bool ok;

	buffer_init(&text, ANSWER_MAX);
	ok = dead_letter_api_write(report, &text);
	if (ok)
		fwrite(text.at, 1, text.len, out); /* main checks stdout */
	else
		fprintf(stderr, "polaris-gateway: out of memory\n");
	buffer_fini(&text);
	return ok ? DEAD_LETTER_DONE : DEAD_LETTER_FAILED;
}

static enum dead_letter_end
list(struct command *cmd)
{
	struct deadletter_reader_filter filter = filter_of(cmd->args);
	struct admin_job_report report = { .kind = ADMIN_JOB_QUERY,
		.ok = true };
	enum dead_letter_end end = DEAD_LETTER_DONE;
	struct deadletter_query *query = malloc(sizeof *query);
	struct err err = { 0 };

	report.query = query;
	if (query == NULL)
		err_set(&err, ERR_HOST, 0, "out of memory");
	if (query == NULL ||
	    !deadletter_query_read(query, cmd->path, &filter, 0, NULL, &err)) {
		free(query);
		return fail(DEAD_LETTER_FAILED, &err);
	}
	if (cmd->args->json)
		end = print_report(&report, cmd->out);
	else
		print_query(cmd, query);
	deadletter_query_fini(query);
	free(query);
	return end;
}

/* ---------------------------------------------------------------- show -- */

static enum dead_letter_end
show(struct command *cmd)
{
	struct deadletter_reader_filter filter = filter_of(cmd->args);
	enum dead_letter_end end = DEAD_LETTER_DONE;
	struct deadletter_reader_item item;
	enum deadletter_reader_kind kind;
	struct deadletter_reader *reader;
	struct err err = { 0 };
	uint64_t left = cmd->args->limit;

	if (!deadletter_reader_open(&reader, cmd->path, &err))
		return fail(DEAD_LETTER_FAILED, &err);
	while (left > 0 && !ferror(cmd->out) &&
	       (kind = deadletter_reader_next(reader, &item)) !=
		   DEADLETTER_READER_END) {
		if (kind == DEADLETTER_READER_DAMAGED) {
			fprintf(stderr, "polaris-gateway: %s\n", item.why);
			end = DEAD_LETTER_NOT_ALL;
		} else if (deadletter_reader_matches(&filter, &item.letter)) {
			fwrite(item.line.at, 1, item.line.len, cmd->out);
			fputc('\n', cmd->out);
			left--;
		}
	}
	deadletter_reader_close(&reader);
	return end;
}

/* ------------------------------------------------------------- request -- */

static bool
write_request(const struct dead_letter_args *args, struct buffer *body)
{
	struct jwriter tree = { .out = body, .ok = true, .first = true };
	char before[CLOCK_UTC_ROOM];

	jwriter_open(&tree, NULL, '{');
	if (args->table != NULL)
		jwriter_text(&tree, "table", args->table);
	if (args->reason != NULL)
		jwriter_text(&tree, "reason", args->reason);
	if (args->before_ms != INT64_MAX) {
		clock_utc(args->before_ms, before);
		jwriter_text(&tree, "before", before);
	}
	if (args->all)
		jwriter_bool(&tree, "all", true);
	jwriter_close(&tree, '}');
	return tree.ok;
}

/* To the gateway that has the folder, or the one given with --admin. */
static bool
post(const struct command *cmd, const char *path, struct buffer *answer,
    struct err *err)
{
	const char *address =
	    cmd->args->admin != NULL ? cmd->args->admin : cmd->address;
	struct buffer body;
	bool ok;

	if (address[0] == '\0')
		return err_set(err, ERR_INPUT, 0,
		    "%s is in use by another process (%s), which does not say "
		    "where it is asked: give its admin address with --admin",
		    cmd->path, cmd->holder);
	buffer_init(&body, DEAD_LETTER_API_BODY);
	ok = write_request(cmd->args, &body);
	if (!ok)
		err_set(err, ERR_INPUT, 0, "these names are too long");
	else
		ok = admin_client_post(address, path,
		    cmd->token[0] != '\0' ? cmd->token : NULL,
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

/* Why the replay ended early. */
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
is_known(struct command *cmd, struct err *err)
{
	return cmd->held || cmd->args->admin != NULL ||
	       err_set(err, ERR_BUSY, 0,
		   "no gateway has %s, so there is no spool to replay into: "
		   "start it, then ask again (or name it with --admin)",
		   cmd->path);
}

static enum dead_letter_end
replay(struct command *cmd)
{
	struct buffer answer;
	struct err err = { 0 };
	struct span text;
	bool all;

	buffer_init(&answer, ANSWER_MAX);
	if (!is_known(cmd, &err) ||
	    !post(cmd, "/dead-letters/replay", &answer, &err)) {
		buffer_fini(&answer);
		return fail(DEAD_LETTER_NOT_ALL, &err);
	}
	text = (struct span){ answer.at, answer.len };
	if (cmd->args->json)
		fwrite(text.at, 1, text.len, cmd->out); /* main checks stdout */
	else
		print_replay(cmd->out, text);
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
purge_remote(const struct command *cmd)
{
	struct buffer answer;
	struct err err = { 0 };
	struct span text;
	bool ok;

	buffer_init(&answer, ANSWER_MAX);
	ok = post(cmd, "/dead-letters/purge", &answer, &err);
	text = (struct span){ answer.at, answer.len };
	if (!ok)
		fail(DEAD_LETTER_NOT_ALL, &err);
	else if (cmd->args->json)
		fwrite(answer.at, 1, answer.len,
		    cmd->out); /* main checks stdout */
	else
		print_purge(cmd->out, count_of(text, "purged"),
		    count_of(text, "left"), count_of(text, "damaged"));
	buffer_fini(&answer);
	return ok ? DEAD_LETTER_DONE : DEAD_LETTER_NOT_ALL;
}

/* With the lock, so that no gateway starts to use the folder meanwhile. */
static enum dead_letter_end
purge_local(const struct command *cmd)
{
	struct deadletter_reader_filter filter = filter_of(cmd->args);
	struct admin_job_report report = { .kind = ADMIN_JOB_PURGE };
	enum dead_letter_end end = DEAD_LETTER_DONE;
	int lock = -1;

	report.ok = dir_lock_take(cmd->folder, cmd->path, LOCK_MODE, &lock,
			&report.err) &&
		    deadletter_compaction_purge(cmd->folder, &filter,
			UINT64_MAX, NULL, &report.purge, &report.err);
	if (lock != -1)
		close(lock);
	if (!report.ok)
		return fail(DEAD_LETTER_FAILED, &report.err);
	if (cmd->args->json)
		end = print_report(&report, cmd->out);
	else
		print_purge(cmd->out, report.purge.removed, report.purge.left,
		    report.purge.damaged);
	return end;
}

static enum dead_letter_end
purge(struct command *cmd)
{
	return cmd->held || cmd->args->admin != NULL ? purge_remote(cmd)
						     : purge_local(cmd);
}

/* ----------------------------------------------------------------- run -- */

static enum dead_letter_end (*const commands[])(struct command *cmd) = {
	[DEAD_LETTER_LIST] = list,
	[DEAD_LETTER_SHOW] = show,
	[DEAD_LETTER_REPLAY] = replay,
	[DEAD_LETTER_PURGE] = purge,
};

/* Checks the arguments and opens the folder. */
static enum dead_letter_end
prepare(struct command *cmd)
{
	const struct dead_letter_args *args = cmd->args;
	struct err err = { 0 };

	if (args->directory == NULL)
		err_set(&err, ERR_INPUT, 0,
		    "dead-letter needs a folder, or -c FILE with a "
		    "configuration that keeps dead letters");
	else if (args->token_file != NULL &&
		 !admin_client_token(args->token_file, cmd->token))
		err_set(&err, ERR_INPUT, 0, "there is no token in %s",
		    args->token_file);
	if (err.kind != ERR_NONE)
		return (enum dead_letter_end)dead_letter_args_usage(&err);
	if (!open_folder(cmd, &err))
		return fail(err.kind == ERR_INPUT ? DEAD_LETTER_NOT_ALL
						  : DEAD_LETTER_FAILED,
		    &err);
	cmd->held = dir_lock_held(cmd->folder, cmd->holder, cmd->address);
	return DEAD_LETTER_DONE;
}

enum dead_letter_end
dead_letter_run(const struct dead_letter_args *args, FILE *out)
{
	struct command cmd = { .args = args, .out = out, .folder = -1 };
	enum dead_letter_end end = prepare(&cmd);

	if (end == DEAD_LETTER_DONE)
		end = commands[args->command](&cmd);
	if (cmd.folder != -1)
		close(cmd.folder);
	explicit_bzero(cmd.token, sizeof cmd.token);
	return end;
}
