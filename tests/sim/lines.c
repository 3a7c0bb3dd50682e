#include "tests/sim/lines.h"

#include <inttypes.h>
#include <string.h>

#include "tests/sim/doc.h"
#include "tests/sim/zip.h"

static bool
take_line(struct span *rest, struct span *line)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	line->at = rest->at;
	line->len = end != NULL ? (size_t)(end - rest->at) : rest->len;
	rest->at += line->len + (end != NULL);
	rest->len -= line->len + (end != NULL);
	return true;
}

/* Is the member's name "__time", however it is escaped? */
static bool
is_time(struct span name)
{
	struct buffer plain;
	bool yes;

	if (memchr(name.at, '\\', name.len) == NULL)
		return span_equal(name, SPAN("\"__time\""));
	buffer_init(&plain, name.len);
	yes = doc_string(name, &plain) &&
	      span_equal((struct span){ plain.at, plain.len }, SPAN("__time"));
	buffer_fini(&plain);
	return yes;
}

static bool
has_one_time(struct span object)
{
	struct doc_walk w;
	struct span name, value;
	unsigned times = 0;
	bool text = true;

	doc_walk(&w, object);
	while (doc_next(&w, &name, &value))
		if (is_time(name)) {
			times++;
			text = value.at[0] == '"';
		}
	return times == 1 && text;
}

static enum violation
check(struct span line, bool strict)
{
	struct span value;

	if (line.len == 0)
		return VIOLATION_BLANK_LINE;
	if (line.at[line.len - 1] == '\r')
		return VIOLATION_CARRIAGE_RETURN;
	if (line.at[0] != '{' || line.at[line.len - 1] != '}')
		return VIOLATION_NOT_OBJECT;
	if (!strict)
		return VIOLATION_COUNT;
	if (!doc_whole(line, &value))
		return VIOLATION_NOT_JSON;
	return has_one_time(value) ? VIOLATION_COUNT : VIOLATION_NO_TIME;
}

struct lines
lines_read(struct span body, bool strict, const char *where,
    struct violations *violations)
{
	struct lines found = { 0 };
	struct span rest = body, line;
	uint64_t number = 0;

	while (take_line(&rest, &line)) {
		enum violation v = check(line, strict);

		number++;
		if (v != VIOLATION_COUNT)
			violation_count(violations, v,
			    "table %s, line %" PRIu64, where, number);
		if (line.len == 0)
			continue;
		found.events++;
		found.digest += zip_mark(line);
	}
	if (body.len == 0)
		violation_count(
		    violations, VIOLATION_EMPTY_BODY, "table %s", where);
	else if (body.at[body.len - 1] != '\n')
		violation_count(
		    violations, VIOLATION_NO_NEWLINE, "table %s", where);
	return found;
}

uint64_t
lines_mark_all(struct span body, struct marks *seen)
{
	struct span line;
	uint64_t again = 0;

	while (take_line(&body, &line))
		if (line.len > 0)
			again += !marks_add(seen, zip_mark(line));
	return again;
}
