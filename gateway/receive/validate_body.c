#include "gateway/receive/validate_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/deadletter/record.h"
#include "parsers/ndjson.h"

static bool
is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/*
 * Into a JSON string.  What is not printable ASCII is shown as the text \xNN:
 * the line may be no UTF-8 at all, but the answer must be.
 */
static void
append_quoted(struct buffer *out, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];

		if (is_plain(c))
			buffer_append(out, &at[i], 1);
		else if (c == '"' || c == '\\')
			buffer_print(out, "\\%c", c);
		else
			buffer_print(out, "\\\\x%02x", c);
	}
}

static void
tell(struct buffer *detail, bool first, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	const char *text = event_fault_text(verdict->fault);
	size_t at = verdict->at < line->len ? verdict->at : line->len;
	size_t rest = line->len - at;
	size_t shown =
	    rest < VALIDATE_BODY_QUOTED ? rest : VALIDATE_BODY_QUOTED;

	buffer_print(detail,
	    "%s{\"line\":%" PRIu64 ",\"offset\":%zu,\"reason\":\"%s\","
	    "\"message\":\"",
	    first ? "" : ",", line->number, verdict->at,
	    event_fault_word(verdict->fault));
	append_quoted(detail, text, strlen(text));
	if (shown > 0) {
		buffer_print(detail, "; here: ");
		append_quoted(detail, line->at + at, shown);
		buffer_print(detail, "%s", shown < rest ? "..." : "");
	}
	buffer_print(detail, "\"}");
}

/* What the walk goes by. */
struct rules {
	struct event_limits limits;
	const struct validate_body_skip *skip;
	struct span table;
	int64_t wall_ms;
};

static bool
write_letter(const struct rules *rules, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	struct deadletter_record letter = {
		.at_ms = rules->wall_ms,
		.table = rules->table,
		.producer = rules->skip->producer,
		.reason = span_of(event_fault_word(verdict->fault)),
		.line = line->number,
		.offset = verdict->at,
		.event = { line->at, line->len },
	};

	return deadletter_record_append(rules->skip->letters, &letter);
}

static void
count(struct validate_body *check, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	check->bad++;
	if (check->faults[verdict->fault].count++ > 0)
		return;
	check->faults[verdict->fault].line = line->number;
	check->faults[verdict->fault].at = verdict->at;
}

static void
walk(struct validate_body *check, struct ndjson *lines,
    const struct rules *rules, struct buffer *detail)
{
	struct ndjson_line line;
	struct event_verdict verdict;
	uint64_t good = 0;

	while (ndjson_next(lines, &line)) {
		if (event_check(line.at, line.len, &rules->limits, &verdict)) {
			check->gaps |= line.number != ++good;
			if (verdict.time_ms < check->earliest_ms)
				check->earliest_ms = verdict.time_ms;
			ndjson_keep(lines, &line);
			continue;
		}
		if (check->bad == 0)
			buffer_print(detail, ",\"errors\":[");
		if (check->bad < VALIDATE_BODY_ERRORS_TOLD)
			tell(detail, check->bad == 0, &line, &verdict);
		count(check, &line, &verdict);
		if (rules->skip != NULL && !check->unwritten)
			check->unwritten =
			    !write_letter(rules, &line, &verdict);
	}
}

/* What a skipping request is told, whatever was found. */
static enum outcome
end_skip(const struct validate_body *check, struct buffer *detail)
{
	if (check->bad > 0)
		buffer_append(detail, "]", 1);
	return check->unwritten ? OUTCOME_TOO_MANY_INVALID : OUTCOME_KEPT;
}

enum outcome
validate_body(struct validate_body *check, char *body, size_t len,
    const struct table_options *table, int64_t wall_ms,
    const struct validate_body_skip *skip, struct buffer *detail)
{
	struct rules rules = {
		.limits = table_limits(table, wall_ms),
		.skip = skip,
		.table = span_of(table->name),
		.wall_ms = wall_ms,
	};
	struct ndjson lines;

	*check = (struct validate_body){ .earliest_ms = INT64_MAX };
	if (ndjson_is_array(body, len))
		return OUTCOME_ARRAY;
	ndjson_init(&lines, body, len);
	walk(check, &lines, &rules, detail);
	check->bytes = lines.kept_bytes;
	check->events = lines.kept_lines;
	if (skip != NULL)
		return end_skip(check, detail);
	if (check->bad == 0)
		return OUTCOME_KEPT;
	buffer_print(detail, "],\"more\":%" PRIu32,
	    check->bad > VALIDATE_BODY_ERRORS_TOLD
		? check->bad - VALIDATE_BODY_ERRORS_TOLD
		: 0);
	snprintf(check->message, sizeof check->message,
	    "%" PRIu32 " of %" PRIu32 " events are invalid; none was kept",
	    check->bad, check->bad + check->events);
	return OUTCOME_BAD_EVENTS;
}
