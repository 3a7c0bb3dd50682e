#include "tests/bench/corpus.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/rival.h"
#include "tests/support/shared.h"

#define MIB  1048576
#define ROOM (2 * MIB)
#define TIME "{\"__time\":\"2022-04-16T00:46:58.771Z\""

/* ---- writing ---- */

static void
put(struct corpus *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	c->len += (size_t)vsnprintf(c->body + c->len, ROOM - c->len, fmt, args);
	va_end(args);
	if (c->len >= ROOM)
		abort();
}

static uint32_t
any(uint32_t below)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static void
put_words(struct corpus *c, uint32_t count)
{
	static const char *const words[] = { "event", "gateway", "order", "the",
		"of", "user", "a", "payment", "failed", "checkout", "retry",
		"Z\xc3\xbcrich", "naming", "is", "hard", "\\\"so\\\"", "and",
		"latency", "in", "eu-west-1" };

	while (count-- > 0)
		put(c, "%s%s", words[any(sizeof words / sizeof *words)],
		    count > 0 ? " " : "");
}

/* ---- typical ---- */

/*
 * The time of these edits is in `time`; ours must be in `__time`.  There are
 * a hundred of them, which a processor learns by heart: hence in disorder.
 */
static void
fill_wikipedia(struct corpus *c)
{
	static char *lines[1000];
	uint32_t count = 0;
	size_t len = 0;
	char *bytes = shared_read("wikipedia-edits-2015-09-12.ndjson", &len);
	char *rest = bytes;

	if (bytes == NULL)
		return;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && count < sizeof lines / sizeof *lines)
			lines[count++] = line;
	while (c->len < MIB)
		put(c, "{\"__%s\n", lines[any(count)] + strlen("{\""));
	free(bytes);
}

static void
fill_small(struct corpus *c)
{
	static const char *const levels[] = { "info", "warn", "error" };

	while (c->len < MIB / 4)
		put(c,
		    TIME ",\"host\":\"web-%02u\",\"service\":\"checkout\","
			 "\"level\":\"%s\",\"status\":%u,\"ms\":%u.%u,"
			 "\"bytes\":%u,\"cached\":%s,\"user\":\"u%u\","
			 "\"path\":\"/v1/cart/%u\"}\n",
		    any(40), levels[any(3)], 200 + any(300), any(1000), any(10),
		    any(100000), any(2) ? "true" : "false", any(1000000),
		    any(100000));
}

static void
fill_large(struct corpus *c)
{
	while (c->len < MIB) {
		size_t begin = c->len;

		put(c, TIME ",\"message\":\"");
		put_words(c, 60);
		put(c, "\",\"spans\":[");
		while (c->len - begin < 20000) {
			put(c,
			    "{\"id\":\"%08x\",\"took\":%u.%03u,\"ok\":%s,"
			    "\"tags\":{\"zone\":\"%c\",\"n\":%u},\"note\":\"",
			    any(UINT32_MAX), any(1000), any(1000),
			    any(2) ? "true" : "null", 'a' + any(5), any(99));
			put_words(c, 5 + any(30));
			put(c, "\"},");
		}
		put(c, "{}]}\n");
	}
}

static void
fill_pretty(struct corpus *c)
{
	while (c->len < MIB / 4)
		put(c,
		    "{ \"__time\" : \"2022-04-16 00:46:58\" , \"a\" : [ %u , "
		    "%u ] , \"b\" : { \"c\" : \"%x\" , \"d\" : null } }\n",
		    any(100), any(100000), any(UINT32_MAX));
}

static void
fill_tiny(struct corpus *c)
{
	while (c->len < MIB / 4)
		put(c, "{\"__time\":\"2022-04-16T00:%02u:%02uZ\"}\n", any(60),
		    any(60));
}

/* ---- as bad as they come ---- */

static void
put_repeated(struct corpus *c, const char *text, size_t up_to)
{
	while (c->len < up_to)
		put(c, "%s", text);
}

static void
fill_string_of(struct corpus *c, const char *text)
{
	put(c, TIME ",\"v\":\"");
	put_repeated(c, text, MIB);
	put(c, "\"}\n");
}

static void
fill_escapes(struct corpus *c)
{
	fill_string_of(c, "\\n\\\"");
}

static void
fill_unicode_escapes(struct corpus *c)
{
	fill_string_of(c, "\\u00e9\\ud83d\\ude00");
}

static void
fill_backslashes(struct corpus *c)
{
	fill_string_of(c, "\\\\");
}

static void
fill_two_bytes(struct corpus *c)
{
	fill_string_of(c, "\xc3\xa9");
}

static void
fill_mixed_text(struct corpus *c)
{
	fill_string_of(c, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 ");
}

static void
fill_array_of(struct corpus *c, const char *text)
{
	put(c, TIME ",\"v\":[");
	put_repeated(c, text, MIB);
	put(c, "0]}\n");
}

static void
fill_digits(struct corpus *c)
{
	fill_array_of(c, "7,");
}

static void
fill_words(struct corpus *c)
{
	fill_array_of(c, "true,null,");
}

static void
fill_empties(struct corpus *c)
{
	fill_array_of(c, "[],{},");
}

static void
fill_names(struct corpus *c)
{
	put(c, TIME);
	put_repeated(c, ",\"_\":\"\"", MIB);
	put(c, "}\n");
}

/* 62 levels down and up again, then random walks. */
static void
put_nested(struct corpus *c)
{
	while (c->len < MIB / 2) {
		for (int i = 0; i < 62; i++)
			put(c, "[");
		for (int i = 0; i < 62; i++)
			put(c, "]");
		put(c, ",");
	}
	while (c->len < MIB) {
		put(c, "[");
		for (unsigned depth = 1; depth > 0;) {
			bool open = depth < 50 && any(2) == 0;

			put(c, open ? "%s[" : "]",
			    c->body[c->len - 1] == ']' ? "," : "");
			depth += open ? 1u : -1u;
		}
		put(c, ",");
	}
}

static void
fill_nested(struct corpus *c)
{
	put(c, TIME ",\"v\":[");
	put_nested(c);
	put(c, "0]}\n");
}

/* Whatever is wrong stands at the very end: all is looked at twice. */
static void
fill_late_fault(struct corpus *c)
{
	while (c->len < MIB / 4) {
		put(c, TIME ",\"message\":\"");
		put_words(c, 20);
		put(c, "\",\"n\":%u}}\n", any(1000));
	}
}

static void
fill_one_number(struct corpus *c)
{
	put(c, TIME ",\"v\":");
	put_repeated(c, "7", MIB);
	put(c, "}\n");
}

static void
fill_bottomless(struct corpus *c)
{
	put_repeated(c, "[", MIB - 1);
	put(c, "\n");
}

static void
fill_deep_late_fault(struct corpus *c)
{
	fill_nested(c);
	c->len -= strlen("}\n");
	put(c, "]\n");
}

/* Too deep at once, so that the quick way is of no help. */
static void
fill_too_deep(struct corpus *c)
{
	put(c, TIME ",\"d\":");
	for (int i = 0; i < 65; i++)
		put(c, "[");
	for (int i = 0; i < 65; i++)
		put(c, "]");
	put(c, ",\"v\":[");
	put_nested(c);
	put(c, "0]}\n");
}

/* The same, and then a token a byte. */
static void
fill_too_deep_digits(struct corpus *c)
{
	put(c, TIME ",\"d\":");
	for (int i = 0; i < 65; i++)
		put(c, "[");
	for (int i = 0; i < 65; i++)
		put(c, "]");
	put(c, ",\"v\":[");
	put_repeated(c, "7,", MIB);
	put(c, "0]}\n");
}

static void
fill_escapes_late_fault(struct corpus *c)
{
	fill_escapes(c);
	c->len -= strlen("}\n");
	put(c, "]\n");
}

/* clang-format off */
static const struct {
	const char *name;
	bool good;
	void (*fill)(struct corpus *);
} makers[] = {
	{ "Wikipedia edits",			true,	fill_wikipedia },
	{ "small events, 200 B",		true,	fill_small },
	{ "large events, 20 kB",		true,	fill_large },
	{ "with blanks everywhere",		true,	fill_pretty },
	{ "only a time, 33 B",			true,	fill_tiny },
	{ "1 MB of \\n\\\"",			true,	fill_escapes },
	{ "1 MB of \\uXXXX",			true,	fill_unicode_escapes },
	{ "1 MB of \\\\",			true,	fill_backslashes },
	{ "1 MB of e acute",			true,	fill_two_bytes },
	{ "1 MB of mixed text",			true,	fill_mixed_text },
	{ "1 MB of 7,7,7",			true,	fill_digits },
	{ "1 MB of true,null",			true,	fill_words },
	{ "1 MB of [],{}",			true,	fill_empties },
	{ "1 MB of \"_\":\"\"",			true,	fill_names },
	{ "1 MB nested to 64",			true,	fill_nested },
	{ "bad: } at each end",			false,	fill_late_fault },
	{ "bad: 1 MB is one number",		false,	fill_one_number },
	{ "bad: 1 MB of [[[[",			false,	fill_bottomless },
	{ "bad: nested, wrong end",		false,	fill_deep_late_fault },
	{ "bad: nested to 65 and on",		false,	fill_too_deep },
	{ "bad: nested to 65, then 7,7",	false,	fill_too_deep_digits },
	{ "bad: \\n\\\", wrong end",		false,	fill_escapes_late_fault },
};
/* clang-format on */

size_t
corpus_count(void)
{
	return sizeof makers / sizeof makers[0];
}

struct corpus
corpus_make(size_t n)
{
	struct corpus c = { .name = makers[n].name, .good = makers[n].good };

	c.body = calloc(1, ROOM + RIVAL_PADDING);
	if (c.body == NULL)
		abort();
	makers[n].fill(&c);
	for (size_t i = 0; i < c.len; i++)
		c.lines += c.body[i] == '\n';
	return c;
}

void
corpus_free(struct corpus *corpus)
{
	free(corpus->body);
	*corpus = (struct corpus){ 0 };
}
