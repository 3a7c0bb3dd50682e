#include "gateway/deadletter/record.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "parsers/base64.h"
#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"
#include "parsers/json/jstring.h"
#include "parsers/timestamp.h"
#include "parsers/utf8.h"

static bool
is_utf8(struct span text)
{
	const char *at = text.at, *end = text.at + text.len;
	size_t len;

	for (; at < end; at += len)
		if ((len = utf8_length(at, end)) == 0)
			return false;
	return true;
}

static bool
is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\' && c != 0x7f;
}

static bool
append_escaped(struct buffer *out, struct span text)
{
	size_t from = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (is_plain(c))
			continue;
		ok = buffer_append(out, text.at + from, i - from) &&
		     buffer_print(
			 out, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
		from = i + 1;
	}
	return ok && buffer_append(out, text.at + from, text.len - from);
}

static bool
append_text(struct buffer *out, const char *key, struct span text)
{
	bool plain = is_utf8(text);

	return buffer_print(out, ",\"%s%s\":\"", key, plain ? "" : "_base64") &&
	       (plain ? append_escaped(out, text) : base64_append(out, text)) &&
	       buffer_append(out, "\"", 1);
}

static bool
append_members(struct buffer *out, const struct deadletter_record *l)
{
	char at[CLOCK_UTC_ROOM];

	clock_utc(l->at_ms, at);
	if (!buffer_print(out, "{\"at\":\"%s\"", at) ||
	    !append_text(out, "table", l->table))
		return false;
	if (l->producer.len > 0 && !append_text(out, "producer", l->producer))
		return false;
	if (!append_text(out, "reason", l->reason))
		return false;
	if (l->line > 0 &&
	    !buffer_print(out, ",\"line\":%" PRIu64 ",\"offset\":%" PRIu64,
		l->line, l->offset))
		return false;
	if (l->status > 0 && (!buffer_print(out, ",\"status\":%u", l->status) ||
				 !append_text(out, "answer", l->answer)))
		return false;
	return append_text(out, "event", l->event) &&
	       buffer_append(out, "}\n", 2);
}

bool
deadletter_record_append(
    struct buffer *out, const struct deadletter_record *letter)
{
	size_t before = out->len;

	if (append_members(out, letter))
		return true;
	out->len = before;
	return false;
}

/* ---------------------------------------------------------------- read -- */

/* clang-format off */
static const struct {
	const char *name;
	size_t at; /* of the span in struct deadletter_record */
	bool encoded;
} texts[] = {
	{ "table",		offsetof(struct deadletter_record, table),		false },
	{ "producer",		offsetof(struct deadletter_record, producer),	false },
	{ "producer_base64",	offsetof(struct deadletter_record, producer),	true },
	{ "reason",		offsetof(struct deadletter_record, reason),	false },
	{ "answer",		offsetof(struct deadletter_record, answer),	false },
	{ "answer_base64",	offsetof(struct deadletter_record, answer),	true },
	{ "event",		offsetof(struct deadletter_record, event),		false },
	{ "event_base64",	offsetof(struct deadletter_record, event),		true },
};

static const struct {
	const char *name;
	size_t at; /* of the uint64_t in struct deadletter_record */
} numbers[] = {
	{ "line",	offsetof(struct deadletter_record, line) },
	{ "offset",	offsetof(struct deadletter_record, offset) },
};
/* clang-format on */

static bool
is_named(struct span key, const char *name)
{
	return jstring_equal(key.at, key.at + key.len - 1, name, strlen(name));
}

/* Decodes a string to *room, and moves *room behind it. */
static bool
read_text(struct span value, bool encoded, char **room, struct span *out)
{
	size_t len;

	if (value.len < 2 || value.at[0] != '"' ||
	    !jstring_decode(
		value.at, value.at + value.len - 1, *room, value.len, &len))
		return false;
	if (encoded && !base64_decode((struct span){ *room, len }, *room, &len))
		return false;
	*out = (struct span){ *room, len };
	*room += len;
	return true;
}

static bool
read_number(struct span value, uint64_t *out)
{
	uint64_t number = 0;

	if (value.len == 0 || value.len > 18)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(value.at[i] - '0');
	}
	*out = number;
	return true;
}

static bool
read_time(struct span value, int64_t *ms_out)
{
	return value.len > 2 && value.at[0] == '"' &&
	       timestamp_parse(value.at + 1, value.len - 2, ms_out);
}

/* Unknown names are allowed: people add notes. */
static bool
read_member(struct deadletter_record *l, struct span key, struct span value,
    char **room)
{
	uint64_t status;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (is_named(key, texts[i].name))
			return read_text(value, texts[i].encoded, room,
			    (struct span *)((char *)l + texts[i].at));
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (is_named(key, numbers[i].name))
			return read_number(
			    value, (uint64_t *)((char *)l + numbers[i].at));
	if (is_named(key, "at"))
		return read_time(value, &l->at_ms);
	if (!is_named(key, "status"))
		return true;
	if (!read_number(value, &status) || status > 999)
		return false;
	l->status = (unsigned)status;
	return true;
}

bool
deadletter_record_read(
    struct deadletter_record *out, struct span line, char *room)
{
	struct jvalid_rules rules = { .one_line = true, .max_depth = 64 };
	struct deadletter_record letter = { 0 };
	struct span rest = line, key, value;
	struct jvalid_facts facts;

	if (!jvalid_check(line.at, line.len, &rules, &facts) ||
	    facts.deep_at != JVALID_NOWHERE || line.at[facts.root_at] != '{')
		return false;
	while (jwalk_entry(&rest, &key, &value))
		if (!read_member(&letter, key, value, &room))
			return false;
	if (letter.table.at == NULL || letter.reason.at == NULL ||
	    letter.event.at == NULL)
		return false;
	*out = letter;
	return true;
}
