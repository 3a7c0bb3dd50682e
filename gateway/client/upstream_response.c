#include "gateway/client/upstream_response.h"

#include <string.h>

#include "parsers/http/header.h"

static void
clear_fields(struct upstream_response *response)
{
	response->retry_after_ms = -1;
	response->reset_ms = -1;
	response->remaining = -1;
	response->date_ms = -1;
}

void
upstream_response_reset(struct upstream_response *response)
{
	response->whole = false;
	response->status = 0;
	clear_fields(response);
	response->head_bytes = 0;
	response->body_bytes = 0;
}

/* "HTTP/1.1 200 OK" begins a head and clears the one before. */
static void
begin_head(struct upstream_response *response, struct span line)
{
	const char *blank = memchr(line.at, ' ', line.len);
	size_t left = 0;

	response->status = 0;
	clear_fields(response);
	if (blank != NULL)
		left = line.len - (size_t)(blank + 1 - line.at);
	for (size_t i = 1; i <= left && i <= 3; i++) {
		if (blank[i] < '0' || blank[i] > '9')
			break;
		response->status =
		    response->status * 10 + (unsigned)(blank[i] - '0');
	}
}

static void
parse_retry_after(
    struct upstream_response *response, struct span value, int64_t wall_ms)
{
	http_header_retry_after(value, wall_ms, &response->retry_after_ms);
}

static void
parse_reset(
    struct upstream_response *response, struct span value, int64_t wall_ms)
{
	(void)wall_ms;
	http_header_seconds(value, &response->reset_ms);
}

static void
parse_remaining(
    struct upstream_response *response, struct span value, int64_t wall_ms)
{
	uint64_t count;

	(void)wall_ms;
	if (http_header_count(value, &count) && count <= INT64_MAX)
		response->remaining = (int64_t)count;
}

static void
parse_date(
    struct upstream_response *response, struct span value, int64_t wall_ms)
{
	http_header_date(value, wall_ms, &response->date_ms);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*parse)(struct upstream_response *, struct span value, int64_t wall_ms);
} fields[] = {
	{ "Retry-After",	 parse_retry_after },
	{ "RateLimit-Reset",	 parse_reset },
	{ "RateLimit-Remaining", parse_remaining },
	{ "Date",		 parse_date },
};
/* clang-format on */

static void
parse_field(
    struct upstream_response *response, struct span line, int64_t wall_ms)
{
	struct span name, value;

	if (!http_header_split(line, &name, &value))
		return;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (span_equal_nocase(name, span_of(fields[i].name)))
			fields[i].parse(response, value, wall_ms);
}

bool
upstream_response_head(
    struct upstream_response *response, struct span line, int64_t wall_ms)
{
	response->head_bytes += line.len;
	if (response->head_bytes > UPSTREAM_RESPONSE_HEAD_MAX)
		return false;
	if (response->whole)
		return true;
	line = span_line(line);
	if (line.len == 0)
		response->whole = response->status >= 200;
	else if (line.len > 5 && memcmp(line.at, "HTTP/", 5) == 0)
		begin_head(response, line);
	else
		parse_field(response, line, wall_ms);
	return true;
}

bool
upstream_response_body(struct upstream_response *response, struct span piece)
{
	size_t had = upstream_response_text_len(response);
	size_t room = UPSTREAM_RESPONSE_TEXT_MAX - had;

	memcpy(response->text + had, piece.at,
	    piece.len < room ? piece.len : room);
	response->body_bytes += piece.len;
	return response->body_bytes <= UPSTREAM_RESPONSE_BODY_MAX;
}

size_t
upstream_response_text_len(const struct upstream_response *response)
{
	return response->body_bytes < UPSTREAM_RESPONSE_TEXT_MAX
		   ? response->body_bytes
		   : UPSTREAM_RESPONSE_TEXT_MAX;
}
