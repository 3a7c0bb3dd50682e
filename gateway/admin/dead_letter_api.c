#include "gateway/admin/dead_letter_api.h"

#include <stdio.h>
#include <string.h>

#include "parsers/json/jwriter.h"
#include "gateway/base/clock.h"
#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"
#include "parsers/json/jstring.h"
#include "parsers/timestamp.h"
#include "parsers/unit.h"

#define DEPTH_MOST 2

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

/* An empty name would mean any. */
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
	bool of_replay;
	const char *wrong;
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
		if ((members[i].of_replay || kind == ADMIN_JOB_PURGE) &&
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
			return refuse(message, members[i].wrong);
		seen[i] = true;
	}
	return true;
}

static bool
is_object(struct span body)
{
	const struct jvalid_rules rules = { .max_depth = DEPTH_MOST };
	struct jvalid_facts facts;

	return jvalid_check(body.at, body.len, &rules, &facts) &&
	       facts.deep_at == JVALID_NOWHERE && body.at[0] == '{';
}

/* Nothing that is meant by chance may be lost. */
static bool
purge_is_meant(const struct admin_job_request *order, bool all)
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
	if (kind == ADMIN_JOB_PURGE && !purge_is_meant(out, all))
		return refuse(message,
		    "say which: table, reason and before, or all alone");
	return true;
}

/* -------------------------------------------------------------- report -- */

static void
write_time(struct jwriter *tree, const char *name,
    const struct deadletter_query_group *group, int64_t ms)
{
	char text[CLOCK_UTC_ROOM];

	clock_utc(ms, text);
	if (group->count > 0)
		jwriter_text(tree, name, text);
	else
		jwriter_null(tree, name);
}

static void
write_counts(struct jwriter *tree, const struct deadletter_query_group *group)
{
	jwriter_number(tree, "count", group->count);
	jwriter_number(tree, "bytes", group->bytes);
	write_time(tree, "oldest", group, group->oldest_ms);
	write_time(tree, "newest", group, group->newest_ms);
}

static void
write_look(struct jwriter *tree, const struct admin_job_report *report)
{
	const struct deadletter_query *look = report->query;
	struct span line;

	write_counts(tree, &look->count.sum);
	jwriter_open(tree, "groups", '[');
	for (size_t i = 0; i < look->count.group_count; i++) {
		const struct deadletter_query_group *group =
		    &look->count.groups[i];

		jwriter_open(tree, NULL, '{');
		jwriter_text(tree, "table", group->table);
		jwriter_text(tree, "reason", group->reason);
		write_counts(tree, group);
		jwriter_close(tree, '}');
	}
	jwriter_close(tree, ']');
	jwriter_number(tree, "damaged", look->damaged);
	if (look->damaged > 0)
		jwriter_text(tree, "damage", look->damage);
	jwriter_bool(tree, "whole", look->complete);
	jwriter_open(tree, "letters", '[');
	for (size_t n = 0; (line = deadletter_query_newest(look, n)).len > 0;
	     n++)
		jwriter_json(tree, NULL, line);
	jwriter_close(tree, ']');
}

static void
write_replay(struct jwriter *tree, const struct admin_job_report *report)
{
	const struct replay *r = &report->replay;

	jwriter_number(tree, "replayed", r->replayed);
	jwriter_open(tree, "rejected", '{');
	for (unsigned reason = 0; reason < REPLAY_REASONS; reason++)
		if (r->rejected[reason] > 0)
			jwriter_number(tree, replay_reason_word(reason),
			    r->rejected[reason]);
	jwriter_close(tree, '}');
	if (r->left_known)
		jwriter_number(tree, "left", r->left);
	else
		jwriter_null(tree, "left");
	jwriter_number(tree, "damaged", r->damaged);
	jwriter_text(tree, "end", replay_end_word(r->end));
	jwriter_text(tree, "message", replay_end_text(r->end));
	if (r->err.kind != ERR_NONE)
		jwriter_text(tree, "error", r->err.text);
}

static void
write_purge(struct jwriter *tree, const struct admin_job_report *report)
{
	jwriter_number(tree, "purged", report->purge.removed);
	jwriter_number(tree, "bytes", report->purge.removed_bytes);
	jwriter_number(tree, "left", report->purge.left);
	jwriter_number(tree, "damaged", report->purge.damaged);
	jwriter_text(tree, "end", report->stopped ? "stopped" : "done");
}

static void (*const writers[])(
    struct jwriter *tree, const struct admin_job_report *report) = {
	[ADMIN_JOB_QUERY] = write_look,
	[ADMIN_JOB_REPLAY] = write_replay,
	[ADMIN_JOB_PURGE] = write_purge,
};

bool
dead_letter_api_write(const struct admin_job_report *report, struct buffer *out)
{
	struct jwriter tree = { .out = out, .ok = true, .first = true };

	jwriter_open(&tree, NULL, '{');
	if (report->ok) {
		writers[report->kind](&tree, report);
	} else {
		jwriter_text(&tree, "code", "DeadLettersFailed");
		jwriter_text(&tree, "message", report->err.text);
	}
	jwriter_close(&tree, '}');
	return tree.ok && buffer_append(out, "\n", 1);
}
