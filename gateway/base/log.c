#include "gateway/base/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/base/log_writer.h"

/*
 * A line is built on the stack and written at once: lines of several threads
 * never mix, and logging needs no memory that could be missing.  What does not
 * fit is left out and said so by a last field, "cut".
 */
#define LINE_MAX  4096
#define TAIL_ROOM 64 /* for what closes a line that was cut */

struct line {
	char at[LINE_MAX];
	size_t len, max;
	bool cut;
};

struct style {
	const char *before_key, *after_key; /* of every field */
	void (*number)(struct line *line, int64_t number);
	void (*text)(struct line *line, const char *text);
	const char *cut, *end;
};

static const char *const level_words[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

static _Atomic(enum log_level) least_level = LOG_INFO;
static _Atomic(enum log_format) format = LOG_TEXT;

/* All of it or nothing, so that no escape is torn. */
static void
put(struct line *line, const char *bytes, size_t len)
{
	if (line->cut || len > line->max - line->len) {
		line->cut = true;
		return;
	}
	memcpy(line->at + line->len, bytes, len);
	line->len += len;
}

static void
put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void
put_number(struct line *line, int64_t number)
{
	char text[24];

	put(line, text,
	    (size_t)snprintf(text, sizeof text, "%" PRId64, number));
}

/* Controls, surrogates, and the marks that turn a terminal's writing around. */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2066, 0x2069 },
	{ 0xd800, 0xdfff },
};

static bool
may_be_shown(uint32_t code)
{
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (code >= hidden[i].from && code <= hidden[i].to)
			return false;
	return code <= 0x10ffff;
}

static size_t
length_by_lead(unsigned char lead)
{
	static const unsigned char from[] = { 0xf8, 0xf0, 0xe0, 0xc0, 0x80 };
	static const unsigned char length[] = { 0, 4, 3, 2, 0 };

	for (size_t i = 0; i < sizeof from; i++)
		if (lead >= from[i])
			return length[i];
	return 1;
}

/*
 * The length of the UTF-8 character at `s`, or 0 when it is malformed or must
 * not be shown: then its first byte is written as a number.
 */
static size_t
character_length(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = length_by_lead(s[0]);
	uint32_t code = len == 1 ? s[0] : s[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code >= least[len] && may_be_shown(code) ? len : 0;
}

/* What stands between quotes: the same escapes, but for a byte's number. */
static void
put_escaped(struct line *line, const char *text, const char *byte_format)
{
	static const char plain[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
	const unsigned char *s = (const unsigned char *)text;
	char escape[8];
	const char *found;
	size_t len;

	for (; *s != '\0'; s += len) {
		len = character_length(s);
		found = strchr(plain, *s);
		if (found != NULL) {
			escape[0] = '\\';
			escape[1] = letters[found - plain];
			put(line, escape, 2);
			len = 1;
		} else if (len == 0) {
			put(line, escape,
			    (size_t)snprintf(
				escape, sizeof escape, byte_format, *s));
			len = 1;
		} else {
			put(line, (const char *)s, len);
		}
	}
}

static void
put_quoted_json(struct line *line, const char *text)
{
	put_text(line, "\"");
	put_escaped(line, text, "\\u%04x");
	put_text(line, "\"");
}

static bool
needs_quotes(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	if (*s == '\0')
		return true;
	for (; *s != '\0'; s += len) {
		len = character_length(s);
		if (len == 0 || strchr(" =\"\\", *s) != NULL)
			return true;
	}
	return false;
}

static void
put_text_value(struct line *line, const char *text)
{
	if (!needs_quotes(text)) {
		put_text(line, text);
		return;
	}
	put_text(line, "\"");
	put_escaped(line, text, "\\x%02x");
	put_text(line, "\"");
}

/* clang-format off */
static const struct style styles[] = {
	[LOG_TEXT] = { " ",   "=",   put_number, put_text_value,
	    " cut=true\n",    "\n" },
	[LOG_JSON] = { ",\"", "\":", put_number, put_quoted_json,
	    ",\"cut\":true}\n", "}\n" },
};
/* clang-format on */

static void
put_head(struct line *line, enum log_format as, enum log_level level,
    const char *word)
{
	bool json = as == LOG_JSON;
	char time[CLOCK_UTC_ROOM];

	clock_utc(clock_wall_ms(), time);
	put_text(line, json ? "{\"time\":\"" : "");
	put_text(line, time);
	put_text(line, json ? "\",\"level\":\"" : " ");
	put_text(line, level_words[level]);
	put_text(line, json ? "\",\"event\":" : " ");
	styles[as].text(line, word);
}

/* A field that does not fit whole is left out, and so are those behind it. */
static void
put_field(
    struct line *line, const struct style *style, const struct log_field *field)
{
	size_t before = line->len;

	put_text(line, style->before_key);
	put_text(line, field->key);
	put_text(line, style->after_key);
	if (field->text != NULL)
		style->text(line, field->text);
	else
		style->number(line, field->number);
	if (line->cut)
		line->len = before;
}

void
log_setup(const struct log_options *options)
{
	atomic_store(&least_level, options->level);
	atomic_store(&format, options->format);
}

void
log_write(enum log_level level, const struct log_field *fields)
{
	enum log_format as = atomic_load(&format);
	const struct style *style = &styles[as];
	struct line line;
	bool cut;

	if (level < atomic_load(&least_level))
		return;
	line.len = 0;
	line.max = LINE_MAX - TAIL_ROOM;
	line.cut = false;
	put_head(&line, as, level, fields[0].text);
	for (fields++; fields->key != NULL && !line.cut; fields++)
		put_field(&line, style, fields);
	cut = line.cut;
	line.cut = false;
	line.max = LINE_MAX;
	put_text(&line, cut ? style->cut : style->end);
	log_writer_put(line.at, line.len);
}

static void
tell_dropped(uint64_t lines)
{
	log_event(LOG_WARN, "log_lines_dropped",
	    LOG_INT("lines", (int64_t)lines),
	    LOG_STR("advice",
		"whoever reads standard error did not read for a while, and "
		"these lines are lost; nothing else waited for it"));
}

bool
log_start(struct err *err)
{
	return log_writer_start(tell_dropped, err);
}

void
log_stop(void)
{
	log_writer_stop();
}
