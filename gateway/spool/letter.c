#include "gateway/spool/letter.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/clock.h"
#include "parsers/base64.h"
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
append_members(struct buffer *out, const struct letter *l)
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
letter_append(struct buffer *out, const struct letter *letter)
{
	size_t before = out->len;

	if (append_members(out, letter))
		return true;
	out->len = before;
	return false;
}
