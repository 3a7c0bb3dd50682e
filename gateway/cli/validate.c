#include "gateway/cli/validate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/json/event.h"
#include "parsers/ndjson.h"
#include "parsers/span.h"
#include "parsers/utf8.h"

/* Bytes of a line that are shown before the place and behind it. */
#define BEFORE 40
#define BEHIND 30

/* Files that are not NDJSON at all, by their first bytes. */
/* clang-format off */
static const struct foreign_format {
	struct span begins;
	enum event_fault fault;
	const char *text;
} foreign_formats[] = {
	{ SPAN("["),		EVENT_NOT_OBJECT,
	    "this is a JSON array; write its elements instead, one object a "
	    "line, without brackets and without commas between them" },
	{ SPAN("\xef\xbb\xbf"),	EVENT_NOT_JSON,
	    "the file begins with a byte order mark; write it without one" },
	{ SPAN("\xff\xfe"),	EVENT_BAD_UTF8,
	    "this is UTF-16; write the file as UTF-8" },
	{ SPAN("\xfe\xff"),	EVENT_BAD_UTF8,
	    "this is UTF-16; write the file as UTF-8" },
	{ SPAN("\x1f\x8b"),	EVENT_NOT_JSON,
	    "this is gzip; unpack it: gunzip -c FILE | polaris-gateway "
	    "validate -" },
};
/* clang-format on */

/* One invalid event. */
struct finding {
	const char *path;
	uint64_t line;
	size_t at; /* in the line, from 0 */
	const char *reason, *text;
};

const struct table_options *
validate_table(const struct tables_options *tables, const char *name)
{
	for (size_t i = 0; name != NULL && i < tables->configured_count; i++)
		if (strcmp(tables->configured[i].name, name) == 0)
			return &tables->configured[i];
	return &tables->defaults;
}

/* One character, made printable; *columns_out is its width. */
static size_t
show_one(FILE *out, const char *at, const char *end, size_t *columns_out)
{
	unsigned char c = (unsigned char)*at;
	size_t len = utf8_length(at, end);

	if (len == 0 || c < ' ' || c == 0x7f) {
		fprintf(out, "\\x%02x", c);
		*columns_out = 4;
		return 1;
	}
	fwrite(at, 1, len, out);
	*columns_out = 1;
	return len;
}

/* Not in the middle of a character, if it is one. */
static size_t
back_to_character(const char *line, size_t at)
{
	size_t back = 0;

	while (back < 3 && at > back &&
	       ((unsigned char)line[at - back] & 0xc0) == 0x80)
		back++;
	return at - back;
}

static void
show_place(FILE *out, const char *line, size_t len, size_t at)
{
	size_t from = at > BEFORE ? back_to_character(line, at - BEFORE) : 0;
	size_t to = len - at > BEHIND ? at + BEHIND : len;
	size_t columns, caret = 0;

	fputs(from > 0 ? "    ..." : "    ", out);
	for (size_t i = from; i < to;) {
		size_t step = show_one(out, line + i, line + len, &columns);

		if (i < at)
			caret += columns;
		i += step;
	}
	fprintf(out, "%s\n%*s^\n", to < len ? "..." : "",
	    (int)(caret + (from > 0 ? 7 : 4)), "");
}

/* A path into a JSON string; what is no UTF-8 in it becomes a question mark. */
static void
print_quoted(FILE *out, const char *text)
{
	const char *end = text + strlen(text);
	size_t len;

	fputc('"', out);
	while (text < end) {
		len = utf8_length(text, end);
		if (len == 0)
			fputc('?', out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			fwrite(text, 1, len, out);
		text += len > 0 ? len : 1;
	}
	fputc('"', out);
}

static void
report(
    struct validate *v, const struct finding *f, const char *line, size_t len)
{
	v->invalid++;
	if (v->json) {
		fputs("{\"file\":", v->out);
		print_quoted(v->out, f->path);
		fprintf(v->out,
		    ",\"line\":%" PRIu64
		    ",\"column\":%zu,\"offset\":%zu,\"reason\":\"%s\","
		    "\"message\":",
		    f->line, f->at + 1, f->at, f->reason);
		print_quoted(v->out, f->text);
		fputs("}\n", v->out);
		return;
	}
	fprintf(v->out, "%s:%" PRIu64 ":%zu: %s: %s\n", f->path, f->line,
	    f->at + 1, f->reason, f->text);
	show_place(v->out, line, len, f->at);
}

static void
check(struct validate *v, const char *path, uint64_t number, const char *line,
    size_t len)
{
	const struct event_limits limits = table_limits(v->table, v->wall_ms);
	struct event_verdict verdict;

	v->events++;
	if (event_check(line, len, &limits, &verdict))
		return;
	report(v,
	    &(struct finding){ path, number, verdict.at,
		event_fault_word(verdict.fault),
		event_fault_text(verdict.fault) },
	    line, len);
}

static const struct foreign_format *
find_foreign(const char *at, size_t len)
{
	for (size_t i = 0;
	     i < sizeof foreign_formats / sizeof foreign_formats[0]; i++) {
		struct span begins = foreign_formats[i].begins;

		if (len >= begins.len && memcmp(at, begins.at, begins.len) == 0)
			return &foreign_formats[i];
	}
	return ndjson_is_array(at, len) ? &foreign_formats[0] : NULL;
}

/* False: the file is not NDJSON at all; the rest would only repeat that. */
static bool
read_line(struct validate *v, const char *path, uint64_t number, char *at,
    size_t len, bool first)
{
	struct ndjson walk;
	struct ndjson_line line;
	const struct foreign_format *foreign =
	    first ? find_foreign(at, len) : NULL;

	if (foreign != NULL) {
		v->events++;
		report(v,
		    &(struct finding){ path, number, 0,
			event_fault_word(foreign->fault), foreign->text },
		    at, strcspn(at, "\r\n"));
		return false;
	}
	ndjson_init(&walk, at, len);
	if (ndjson_next(&walk, &line))
		check(v, path, number, line.at, line.len);
	return true;
}

bool
validate_file(struct validate *v, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0, ok;
	FILE *in = standard_input ? stdin : fopen(path, "re");
	const char *name = standard_input ? "<stdin>" : path;
	uint64_t before = v->events;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (in == NULL) {
		fprintf(stderr, "%s: cannot read: %s\n", name, strerror(errno));
		return false;
	}
	for (uint64_t n = 1; (len = getline(&line, &room, in)) > 0; n++)
		if (!read_line(
			v, name, n, line, (size_t)len, v->events == before))
			break;
	ok = ferror(in) == 0;
	if (!ok)
		fprintf(stderr, "%s: cannot read: %s\n", name, strerror(errno));
	free(line);
	if (!standard_input)
		fclose(in);
	return ok;
}

void
validate_summary(const struct validate *v)
{
	if (v->json)
		fprintf(v->out,
		    "{\"events\":%" PRIu64 ",\"invalid\":%" PRIu64 "}\n",
		    v->events, v->invalid);
	else if (v->invalid > 0)
		fprintf(v->out,
		    "%" PRIu64 " of %" PRIu64 " events %s invalid\n",
		    v->invalid, v->events, v->invalid == 1 ? "is" : "are");
	else
		fprintf(v->out, "%" PRIu64 " events, all valid\n", v->events);
}
