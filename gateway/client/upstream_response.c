#include "gateway/client/upstream_response.h"

#include <string.h>

#include "parsers/http/header.h"

static void
forget_fields(struct upstream_response *reply)
{
	reply->retry_after_ms = -1;
	reply->reset_ms = -1;
	reply->remaining = -1;
	reply->date_ms = -1;
}

void
upstream_response_reset(struct upstream_response *reply)
{
	reply->whole = false;
	reply->status = 0;
	forget_fields(reply);
	reply->head_bytes = 0;
	reply->body_bytes = 0;
}

/* "HTTP/1.1 200 OK" begins a head, and forgets the one before. */
static void
begin_head(struct upstream_response *reply, struct span line)
{
	const char *blank = memchr(line.at, ' ', line.len);
	size_t left = 0;

	reply->status = 0;
	forget_fields(reply);
	if (blank != NULL)
		left = line.len - (size_t)(blank + 1 - line.at);
	for (size_t i = 1; i <= left && i <= 3; i++) {
		if (blank[i] < '0' || blank[i] > '9')
			break;
		reply->status = reply->status * 10 + (unsigned)(blank[i] - '0');
	}
}

static void
take_retry_after(
    struct upstream_response *reply, struct span value, int64_t wall_ms)
{
	http_header_retry_after(value, wall_ms, &reply->retry_after_ms);
}

static void
take_reset(struct upstream_response *reply, struct span value, int64_t wall_ms)
{
	(void)wall_ms;
	http_header_seconds(value, &reply->reset_ms);
}

static void
take_remaining(
    struct upstream_response *reply, struct span value, int64_t wall_ms)
{
	uint64_t count;

	(void)wall_ms;
	if (http_header_count(value, &count) && count <= INT64_MAX)
		reply->remaining = (int64_t)count;
}

static void
take_date(struct upstream_response *reply, struct span value, int64_t wall_ms)
{
	http_header_date(value, wall_ms, &reply->date_ms);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*take)(struct upstream_response *, struct span value, int64_t wall_ms);
} fields[] = {
	{ "Retry-After",	 take_retry_after },
	{ "RateLimit-Reset",	 take_reset },
	{ "RateLimit-Remaining", take_remaining },
	{ "Date",		 take_date },
};
/* clang-format on */

static void
take_field(struct upstream_response *reply, struct span line, int64_t wall_ms)
{
	struct span name, value;

	if (!http_header_split(line, &name, &value))
		return;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (span_equal_nocase(name, span_of(fields[i].name)))
			fields[i].take(reply, value, wall_ms);
}

bool
upstream_response_head(
    struct upstream_response *reply, struct span line, int64_t wall_ms)
{
	reply->head_bytes += line.len;
	if (reply->head_bytes > UPSTREAM_RESPONSE_HEAD_MAX)
		return false;
	if (reply->whole)
		return true;
	line = span_line(line);
	if (line.len == 0)
		reply->whole = reply->status >= 200;
	else if (line.len > 5 && memcmp(line.at, "HTTP/", 5) == 0)
		begin_head(reply, line);
	else
		take_field(reply, line, wall_ms);
	return true;
}

bool
upstream_response_body(struct upstream_response *reply, struct span piece)
{
	size_t had = upstream_response_text_len(reply);
	size_t room = UPSTREAM_RESPONSE_TEXT_MAX - had;

	memcpy(
	    reply->text + had, piece.at, piece.len < room ? piece.len : room);
	reply->body_bytes += piece.len;
	return reply->body_bytes <= UPSTREAM_RESPONSE_BODY_MAX;
}

size_t
upstream_response_text_len(const struct upstream_response *reply)
{
	return reply->body_bytes < UPSTREAM_RESPONSE_TEXT_MAX
		   ? reply->body_bytes
		   : UPSTREAM_RESPONSE_TEXT_MAX;
}
