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
append_error(struct buffer *detail, bool first, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	const char *text = event_fault_text(verdict->fault);
	size_t at = verdict->at < line->len ? verdict->at : line->len;
	size_t rest = line->len - at;
	size_t shown =
	    rest < VALIDATE_BODY_QUOTE_MAX ? rest : VALIDATE_BODY_QUOTE_MAX;

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

struct rules {
	struct event_limits limits;
	const struct validate_body_skip *skip;
	struct span table;
	int64_t wall_ms;
};

static bool
write_dead_letter(const struct rules *rules, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	struct deadletter_record record = {
		.at_ms = rules->wall_ms,
		.table = rules->table,
		.producer = rules->skip->producer,
		.reason = span_of(event_fault_word(verdict->fault)),
		.line = line->number,
		.offset = verdict->at,
		.event = { line->at, line->len },
	};

	return deadletter_record_append(rules->skip->dead_letters, &record);
}

static void
count_fault(struct validate_body *found, const struct ndjson_line *line,
    const struct event_verdict *verdict)
{
	found->invalid++;
	if (found->faults[verdict->fault].count++ > 0)
		return;
	found->faults[verdict->fault].line = line->number;
	found->faults[verdict->fault].at = verdict->at;
}

static void
walk(struct validate_body *found, struct ndjson *lines,
    const struct rules *rules, struct buffer *detail)
{
	struct ndjson_line line;
	struct event_verdict verdict;
	uint64_t valid = 0;

	while (ndjson_next(lines, &line)) {
		if (event_check(line.at, line.len, &rules->limits, &verdict)) {
			found->gaps |= line.number != ++valid;
			if (verdict.time_ms < found->earliest_ms)
				found->earliest_ms = verdict.time_ms;
			ndjson_keep(lines, &line);
			continue;
		}
		if (found->invalid == 0)
			buffer_print(detail, ",\"errors\":[");
		if (found->invalid < VALIDATE_BODY_ERRORS_MAX)
			append_error(
			    detail, found->invalid == 0, &line, &verdict);
		count_fault(found, &line, &verdict);
		if (rules->skip != NULL && !found->overflow)
			found->overflow =
			    !write_dead_letter(rules, &line, &verdict);
	}
}

static enum outcome
end_skip(const struct validate_body *found, struct buffer *detail)
{
	if (found->invalid > 0)
		buffer_append(detail, "]", 1);
	return found->overflow ? OUTCOME_TOO_MANY_INVALID : OUTCOME_KEPT;
}

enum outcome
validate_body(struct validate_body *found, char *body, size_t len,
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

	*found = (struct validate_body){ .earliest_ms = INT64_MAX };
	if (ndjson_is_array(body, len))
		return OUTCOME_ARRAY;
	ndjson_init(&lines, body, len);
	walk(found, &lines, &rules, detail);
	found->bytes = lines.kept_bytes;
	found->events = lines.kept_lines;
	if (skip != NULL)
		return end_skip(found, detail);
	if (found->invalid == 0)
		return OUTCOME_KEPT;
	buffer_print(detail, "],\"more\":%" PRIu32,
	    found->invalid > VALIDATE_BODY_ERRORS_MAX
		? found->invalid - VALIDATE_BODY_ERRORS_MAX
		: 0);
	snprintf(found->message, sizeof found->message,
	    "%" PRIu32 " of %" PRIu32 " events are invalid; none was kept",
	    found->invalid, found->invalid + found->events);
	return OUTCOME_BAD_EVENTS;
}
