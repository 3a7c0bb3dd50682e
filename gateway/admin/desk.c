#include "gateway/admin/desk.h"

#include <stdio.h>
#include <string.h>

#include "gateway/admin/tree.h"
#include "gateway/clock.h"
#include "parsers/grammar.h"
#include "parsers/jseek.h"
#include "parsers/quote.h"
#include "parsers/timestamp.h"
#include "parsers/units.h"

#define DEPTH_MOST 2

static bool
refuse(char message[DESK_MESSAGE], const char *text)
{
	snprintf(message, DESK_MESSAGE, "%s", text);
	return false;
}

static void
order_begin(struct errand_order *out, enum errand_kind kind)
{
	*out = (struct errand_order){
		.kind = kind,
		.before_ms = INT64_MAX,
		.limit = DESK_LIMIT,
	};
}

/* --------------------------------------------------------------- query -- */

static bool
take_name(char out[ERRAND_NAME], struct span value)
{
	if (value.len >= ERRAND_NAME ||
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
	    limit > LETTERLOOK_MOST)
		return false;
	*out = (size_t)limit;
	return true;
}

bool
desk_read_query(struct errand_order *out, struct span table, struct span reason,
    struct span limit, char message[DESK_MESSAGE])
{
	order_begin(out, ERRAND_LOOK);
	if (!take_name(out->table, table) || !take_name(out->reason, reason))
		return refuse(message, "table and reason are short names");
	if (!take_limit(&out->limit, limit))
		return refuse(message, "limit may be 0 to 1000");
	return true;
}

/* ---------------------------------------------------------------- body -- */

/* An empty name would mean any. */
static bool
member_name(char out[ERRAND_NAME], struct span value)
{
	size_t len;

	if (value.len < 3 || value.at[0] != '"' ||
	    !quote_decode(
		value.at, value.at + value.len - 1, out, ERRAND_NAME - 1, &len))
		return false;
	out[len] = '\0';
	return strlen(out) == len;
}

static bool
member_table(struct errand_order *out, struct span value, bool *all)
{
	(void)all;
	return member_name(out->table, value);
}

static bool
member_reason(struct errand_order *out, struct span value, bool *all)
{
	(void)all;
	return member_name(out->reason, value);
}

static bool
member_before(struct errand_order *out, struct span value, bool *all)
{
	(void)all;
	return value.len > 2 && value.at[0] == '"' &&
	       timestamp_parse(value.at + 1, value.len - 2, &out->before_ms);
}

static bool
member_all(struct errand_order *out, struct span value, bool *all)
{
	(void)out;
	*all = jseek_true(value);
	return *all;
}

/* clang-format off */
static const struct {
	const char *name;
	bool (*take)(struct errand_order *, struct span value, bool *all);
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
find_member(struct span name, enum errand_kind kind)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if ((members[i].of_replay || kind == ERRAND_PURGE) &&
		    quote_equal(name.at, name.at + name.len - 1,
			members[i].name, strlen(members[i].name)))
			return i;
	return MEMBERS;
}

static bool
read_members(struct errand_order *out, struct span body, bool *all,
    char message[DESK_MESSAGE])
{
	struct span rest = body, name, value;
	bool seen[MEMBERS] = { false };

	while (jseek_entry(&rest, &name, &value)) {
		size_t i = find_member(name, out->kind);

		if (i == MEMBERS)
			return refuse(message,
			    out->kind == ERRAND_PURGE
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
	const struct grammar_rules rules = { .max_depth = DEPTH_MOST };
	struct grammar_facts facts;

	return grammar_check(body.at, body.len, &rules, &facts) &&
	       facts.deep_at == GRAMMAR_NOWHERE && body.at[0] == '{';
}

/* Nothing that is meant by chance may be lost. */
static bool
purge_is_meant(const struct errand_order *order, bool all)
{
	bool filtered = order->table[0] != '\0' || order->reason[0] != '\0' ||
			order->before_ms != INT64_MAX;

	return filtered != all;
}

bool
desk_read_body(struct errand_order *out, enum errand_kind kind,
    struct span body, char message[DESK_MESSAGE])
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
	if (kind == ERRAND_PURGE && !purge_is_meant(out, all))
		return refuse(message,
		    "say which: table, reason and before, or all alone");
	return true;
}

/* -------------------------------------------------------------- report -- */

static void
write_time(struct tree *tree, const char *name,
    const struct lettercount_group *group, int64_t ms)
{
	char text[CLOCK_UTC_ROOM];

	clock_utc(ms, text);
	if (group->count > 0)
		tree_text(tree, name, text);
	else
		tree_null(tree, name);
}

static void
write_counts(struct tree *tree, const struct lettercount_group *group)
{
	tree_number(tree, "count", group->count);
	tree_number(tree, "bytes", group->bytes);
	write_time(tree, "oldest", group, group->oldest_ms);
	write_time(tree, "newest", group, group->newest_ms);
}

static void
write_look(struct tree *tree, const struct errand_report *report)
{
	const struct letterlook *look = report->look;
	struct span line;

	write_counts(tree, &look->count.sum);
	tree_open(tree, "groups", '[');
	for (size_t i = 0; i < look->count.group_count; i++) {
		const struct lettercount_group *group = &look->count.groups[i];

		tree_open(tree, NULL, '{');
		tree_text(tree, "table", group->table);
		tree_text(tree, "reason", group->reason);
		write_counts(tree, group);
		tree_close(tree, '}');
	}
	tree_close(tree, ']');
	tree_number(tree, "damaged", look->damaged);
	if (look->damaged > 0)
		tree_text(tree, "damage", look->damage);
	tree_bool(tree, "whole", look->whole);
	tree_open(tree, "letters", '[');
	for (size_t n = 0; (line = letterlook_newest(look, n)).len > 0; n++)
		tree_json(tree, NULL, line);
	tree_close(tree, ']');
}

static void
write_replay(struct tree *tree, const struct errand_report *report)
{
	const struct replay *r = &report->replay;

	tree_number(tree, "replayed", r->replayed);
	tree_open(tree, "rejected", '{');
	for (unsigned reason = 0; reason < REPLAY_REASONS; reason++)
		if (r->rejected[reason] > 0)
			tree_number(tree, replay_reason_word(reason),
			    r->rejected[reason]);
	tree_close(tree, '}');
	if (r->left_known)
		tree_number(tree, "left", r->left);
	else
		tree_null(tree, "left");
	tree_number(tree, "damaged", r->damaged);
	tree_text(tree, "end", replay_end_word(r->end));
	tree_text(tree, "message", replay_end_text(r->end));
	if (r->err.kind != ERR_NONE)
		tree_text(tree, "error", r->err.text);
}

static void
write_purge(struct tree *tree, const struct errand_report *report)
{
	tree_number(tree, "purged", report->purge.removed);
	tree_number(tree, "bytes", report->purge.removed_bytes);
	tree_number(tree, "left", report->purge.left);
	tree_number(tree, "damaged", report->purge.damaged);
	tree_text(tree, "end", report->stopped ? "stopped" : "done");
}

static void (*const writers[])(
    struct tree *tree, const struct errand_report *report) = {
	[ERRAND_LOOK] = write_look,
	[ERRAND_REPLAY] = write_replay,
	[ERRAND_PURGE] = write_purge,
};

bool
desk_write(const struct errand_report *report, struct buffer *out)
{
	struct tree tree = { .out = out, .ok = true, .first = true };

	tree_open(&tree, NULL, '{');
	if (report->ok) {
		writers[report->kind](&tree, report);
	} else {
		tree_text(&tree, "code", "DeadLettersFailed");
		tree_text(&tree, "message", report->err.text);
	}
	tree_close(&tree, '}');
	return tree.ok && buffer_append(out, "\n", 1);
}
