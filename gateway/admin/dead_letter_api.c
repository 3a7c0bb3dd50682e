#include "gateway/admin/dead_letter_api.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "parsers/json/jstring.h"
#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"
#include "parsers/json/jwriter.h"
#include "parsers/timestamp.h"
#include "parsers/unit.h"

#define DEPTH_MAX 2

static bool
refuse(char message[DEAD_LETTER_API_MESSAGE], const char *text)
{
	snprintf(message, DEAD_LETTER_API_MESSAGE, "%s", text);
	return false;
}

static void
order_begin(struct admin_job_request *out, enum admin_job_kind kind)
{
	*out = (struct admin_job_request){
		.kind = kind,
		.before_ms = INT64_MAX,
		.limit = DEAD_LETTER_API_LIMIT,
	};
}

/* --------------------------------------------------------------- query -- */

static bool
take_name(char out[ADMIN_JOB_NAME], struct span value)
{
	if (value.len >= ADMIN_JOB_NAME ||
	    (value.len > 0 && memchr(value.at, '\0', value.len) != NULL))
		return false;
	if (value.len > 0)
		memcpy(out, value.at, value.len);
	out[value.len] = '\0';
	return true;
}

static bool
take_limit(size_t *out, struct span value)
{
	char text[UNIT_TEXT_MAX];
	struct err err;
	uint64_t limit;

	if (value.at == NULL)
		return true;
	if (value.len >= sizeof text)
		return false;
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	if (!unit_parse(UNIT_COUNT, text, &limit, &err) ||
	    limit > DEADLETTER_QUERY_MOST)
		return false;
	*out = (size_t)limit;
	return true;
}

bool
dead_letter_api_read_query(struct admin_job_request *out, struct span table,
    struct span reason, struct span limit,
    char message[DEAD_LETTER_API_MESSAGE])
{
	order_begin(out, ADMIN_JOB_QUERY);
	if (!take_name(out->table, table) || !take_name(out->reason, reason))
		return refuse(message, "table and reason are short names");
	if (!take_limit(&out->limit, limit))
		return refuse(message, "limit may be 0 to 1000");
	return true;
}

/* ---------------------------------------------------------------- body -- */

/* An empty name is refused: it would mean any. */
static bool
member_name(char out[ADMIN_JOB_NAME], struct span value)
{
	size_t len;

	if (value.len < 3 || value.at[0] != '"' ||
	    !jstring_decode(value.at, value.at + value.len - 1, out,
		ADMIN_JOB_NAME - 1, &len))
		return false;
	out[len] = '\0';
	return strlen(out) == len;
}

static bool
member_table(struct admin_job_request *out, struct span value, bool *all)
{
	(void)all;
	return member_name(out->table, value);
}

static bool
member_reason(struct admin_job_request *out, struct span value, bool *all)
{
	(void)all;
	return member_name(out->reason, value);
}

static bool
member_before(struct admin_job_request *out, struct span value, bool *all)
{
	(void)all;
	return value.len > 2 && value.at[0] == '"' &&
	       timestamp_parse(value.at + 1, value.len - 2, &out->before_ms);
}

static bool
member_all(struct admin_job_request *out, struct span value, bool *all)
{
	(void)out;
	*all = jwalk_true(value);
	return *all;
}

/* clang-format off */
static const struct {
	const char *name;
	bool (*take)(struct admin_job_request *, struct span value, bool *all);
	bool for_replay;
	const char *message;
} members[] = {
	{ "table",	member_table,	true,	"table must be a table's name" },
	{ "reason",	member_reason,	true,	"reason must be a word, such as "
						"those that GET /dead-letters shows" },
	{ "before",	member_before,	false,	"before must be a time, such as "
						"2022-04-16T00:46:58Z" },
	{ "all",	member_all,	false,	"all may be true, or not be there" },
};
/* clang-format on */

#define MEMBERS (sizeof members / sizeof members[0])

static size_t
find_member(struct span name, enum admin_job_kind kind)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if ((members[i].for_replay || kind == ADMIN_JOB_PURGE) &&
		    jstring_equal(name.at, name.at + name.len - 1,
			members[i].name, strlen(members[i].name)))
			return i;
	return MEMBERS;
}

static bool
read_members(struct admin_job_request *out, struct span body, bool *all,
    char message[DEAD_LETTER_API_MESSAGE])
{
	struct span rest = body, name, value;
	bool seen[MEMBERS] = { false };

	while (jwalk_entry(&rest, &name, &value)) {
		size_t i = find_member(name, out->kind);

		if (i == MEMBERS)
			return refuse(message,
			    out->kind == ADMIN_JOB_PURGE
				? "there may be table, reason and before, or "
				  "all, and nothing else"
				: "there may be table and reason, and nothing "
				  "else");
		if (seen[i] || !members[i].take(out, value, all))
			return refuse(message, members[i].message);
		seen[i] = true;
	}
	return true;
}

static bool
is_object(struct span body)
{
	const struct jvalid_rules rules = { .max_depth = DEPTH_MAX };
	struct jvalid_facts facts;

	return jvalid_check(body.at, body.len, &rules, &facts) &&
	       facts.deep_at == JVALID_NOWHERE && body.at[0] == '{';
}

/* A purge of all needs "all": an empty body may be a mistake. */
static bool
purge_is_explicit(const struct admin_job_request *order, bool all)
{
	bool filtered = order->table[0] != '\0' || order->reason[0] != '\0' ||
			order->before_ms != INT64_MAX;

	return filtered != all;
}

bool
dead_letter_api_read_body(struct admin_job_request *out,
    enum admin_job_kind kind, struct span body,
    char message[DEAD_LETTER_API_MESSAGE])
{
	bool all = false;

	order_begin(out, kind);
	while (body.len > 0 && strchr(" \t\r\n", body.at[0]) != NULL) {
		body.at++;
		body.len--;
	}
	if (body.len > 0 && !is_object(body))
		return refuse(message, "the body must be one JSON object");
	if (body.len > 0 && !read_members(out, body, &all, message))
		return false;
	if (kind == ADMIN_JOB_PURGE && !purge_is_explicit(out, all))
		return refuse(message, "say which: table, reason and before; "
				       "or all, without these");
	return true;
}

/* -------------------------------------------------------------- report -- */

static void
write_time(struct jwriter *json, const char *name,
    const struct deadletter_query_group *group, int64_t ms)
{
	char text[CLOCK_UTC_ROOM];

	clock_utc(ms, text);
	if (group->count > 0)
		jwriter_text(json, name, text);
	else
		jwriter_null(json, name);
}

static void
write_counts(struct jwriter *json, const struct deadletter_query_group *group)
{
	jwriter_number(json, "count", group->count);
	jwriter_number(json, "bytes", group->bytes);
	write_time(json, "oldest", group, group->oldest_ms);
	write_time(json, "newest", group, group->newest_ms);
}

static void
write_query(struct jwriter *json, const struct admin_job_report *report)
{
	const struct deadletter_query *query = report->query;
	struct span line;

	write_counts(json, &query->count.sum);
	jwriter_open(json, "groups", '[');
	for (size_t i = 0; i < query->count.group_count; i++) {
		const struct deadletter_query_group *group =
		    &query->count.groups[i];

		jwriter_open(json, NULL, '{');
		jwriter_text(json, "table", group->table);
		jwriter_text(json, "reason", group->reason);
		write_counts(json, group);
		jwriter_close(json, '}');
	}
	jwriter_close(json, ']');
	jwriter_number(json, "damaged", query->damaged);
	if (query->damaged > 0)
		jwriter_text(json, "damage", query->damage);
	jwriter_bool(json, "whole", query->complete);
	jwriter_open(json, "letters", '[');
	for (size_t n = 0; (line = deadletter_query_newest(query, n)).len > 0;
	     n++)
		jwriter_json(json, NULL, line);
	jwriter_close(json, ']');
}

static void
write_replay(struct jwriter *json, const struct admin_job_report *report)
{
	const struct replay *r = &report->replay;

	jwriter_number(json, "replayed", r->replayed);
	jwriter_open(json, "rejected", '{');
	for (unsigned reason = 0; reason < REPLAY_REASONS; reason++)
		if (r->rejected[reason] > 0)
			jwriter_number(json, replay_reason_word(reason),
			    r->rejected[reason]);
	jwriter_close(json, '}');
	if (r->left_known)
		jwriter_number(json, "left", r->left);
	else
		jwriter_null(json, "left");
	jwriter_number(json, "damaged", r->damaged);
	jwriter_text(json, "end", replay_end_word(r->end));
	jwriter_text(json, "message", replay_end_text(r->end));
	if (r->err.kind != ERR_NONE)
		jwriter_text(json, "error", r->err.text);
}

static void
write_purge(struct jwriter *json, const struct admin_job_report *report)
{
	jwriter_number(json, "purged", report->purge.removed);
	jwriter_number(json, "bytes", report->purge.removed_bytes);
	jwriter_number(json, "left", report->purge.left);
	jwriter_number(json, "damaged", report->purge.damaged);
	jwriter_text(json, "end", report->stopped ? "stopped" : "done");
}

static void (*const writers[])(
    struct jwriter *json, const struct admin_job_report *report) = {
	[ADMIN_JOB_QUERY] = write_query,
	[ADMIN_JOB_REPLAY] = write_replay,
	[ADMIN_JOB_PURGE] = write_purge,
};

bool
dead_letter_api_write(const struct admin_job_report *report, struct buffer *out)
{
	struct jwriter json = { .out = out, .ok = true, .first = true };

	jwriter_open(&json, NULL, '{');
	if (report->ok) {
		writers[report->kind](&json, report);
	} else {
		jwriter_text(&json, "code", "DeadLettersFailed");
		jwriter_text(&json, "message", report->err.text);
	}
	jwriter_close(&json, '}');
	return json.ok && buffer_append(out, "\n", 1);
}

/* ---------------------------------------------------------------- jobs -- */

void
dead_letter_api_init(struct dead_letter_api *api)
{
	pthread_mutex_init(&api->lock, NULL);
	api->jobs = NULL;
}

void
dead_letter_api_fini(struct dead_letter_api *api)
{
	pthread_mutex_destroy(&api->lock);
}

void
dead_letter_api_set_jobs(struct dead_letter_api *api, struct admin_jobs *jobs)
{
	pthread_mutex_lock(&api->lock);
	api->jobs = jobs;
	pthread_mutex_unlock(&api->lock);
}

/* In the job's thread.  After the resume, the request is not ours any more. */
static void
on_done(void *arg, struct admin_job_report *report)
{
	struct dead_letter_request *request = arg;

	request->report = *report;
	MHD_resume_connection(request->connection);
}

/* Suspended first: the job may be done before admin_job_start returns. */
void
dead_letter_api_begin(struct dead_letter_api *api,
    const struct admin_job_request *order, struct dead_letter_request *request)
{
	request->begun = true;
	MHD_suspend_connection(request->connection);
	pthread_mutex_lock(&api->lock);
	request->started = api->jobs == NULL ? ADMIN_JOB_UNAVAILABLE
					     : admin_job_start(api->jobs, order,
						   on_done, request);
	pthread_mutex_unlock(&api->lock);
	if (request->started != ADMIN_JOB_STARTED)
		MHD_resume_connection(request->connection);
}

const struct dead_letter_refusal *
dead_letter_api_refusal(const struct dead_letter_request *request)
{
	static const struct dead_letter_refusal refusals[] = {
		[ADMIN_JOB_BUSY] = { MHD_HTTP_CONFLICT, "ErrandRunning",
		    "another replay, purge or look at the dead letters is at "
		    "work; ask again when it is done" },
		[ADMIN_JOB_STOPPING] = { MHD_HTTP_SERVICE_UNAVAILABLE,
		    "Draining",
		    "the gateway is shutting down; ask again when it runs" },
		[ADMIN_JOB_UNAVAILABLE] = { MHD_HTTP_NOT_FOUND, "NoDeadLetters",
		    "this gateway keeps no dead letters (see "
		    "dead_letters.directory), or is just starting or ending" },
	};

	if (request->started == ADMIN_JOB_STARTED)
		return NULL;
	return &refusals[request->started];
}
