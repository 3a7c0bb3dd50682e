#include "parsers/http/response.h"

#include <string.h>

#include "parsers/http/header.h"

/*
 * The part of a response that the next byte belongs to; each state has a
 * function that reads it.
 */
enum state {
	STATUS_LINE,
	FIELDS,
	SIZED_BODY,
	OPEN_BODY, /* until the connection is closed */
	CHUNK_SIZE,
	CHUNK_DATA,
	CHUNK_END,
	TRAILERS,
	DONE,
	BROKEN,
	STATES,
};

#define HEX_MAX 15 /* digits of a chunk's size: no overflow */

void
http_response_init(struct http_response *r)
{
	*r = (struct http_response){ .state = STATUS_LINE };
	buffer_init(&r->line, HTTP_RESPONSE_LINE_MAX);
}

void
http_response_fini(struct http_response *r)
{
	buffer_fini(&r->line);
}

void
http_response_begin(struct http_response *r)
{
	struct buffer line = r->line;

	buffer_reset(&line);
	*r = (struct http_response){ .state = STATUS_LINE, .line = line };
}

static enum http_response_step
fail(struct http_response *r)
{
	r->state = BROKEN;
	return HTTP_RESPONSE_BROKEN;
}

/* ---------------------------------------------------------------- lines -- */

/* A line that came in one piece is not copied. */
static enum http_response_step
take_line(struct http_response *r, struct span *in, struct span *out)
{
	const char *end;
	struct span piece;

	if (r->line_given)
		buffer_reset(&r->line);
	r->line_given = false;
	if (in->len == 0)
		return HTTP_RESPONSE_WANTS;
	end = memchr(in->at, '\n', in->len);
	piece =
	    span_take(in, end != NULL ? (size_t)(end + 1 - in->at) : in->len);
	if (end != NULL && r->line.len == 0) {
		*out = piece;
		return HTTP_RESPONSE_LINE;
	}
	if (!buffer_append(&r->line, piece.at, piece.len)) {
		r->state = BROKEN;
		return HTTP_RESPONSE_LINE_TOO_LONG;
	}
	if (end == NULL)
		return HTTP_RESPONSE_WANTS;
	*out = (struct span){ r->line.at, r->line.len };
	r->line_given = true;
	return HTTP_RESPONSE_LINE;
}

static const char begin[] = "HTTP/1."; /* of a status line */

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200", and then a reason or nothing. */
static bool
read_status(struct http_response *r, struct span line)
{
	const char *at = line.at + sizeof begin - 1;

	if (line.len < sizeof begin + 4 ||
	    memcmp(line.at, begin, sizeof begin - 1) != 0 || !digit(at[0]) ||
	    at[1] != ' ' || at[2] < '1' || at[2] > '9' || !digit(at[3]) ||
	    !digit(at[4]))
		return false;
	if (line.len > sizeof begin + 4 && at[5] != ' ')
		return false;
	r->minor = (unsigned)(at[0] - '0');
	r->status = (unsigned)((at[2] - '0') * 100 + (at[3] - '0') * 10 +
			       (at[4] - '0'));
	r->chunked = r->coded = r->sized = r->close = r->keep_alive = false;
	return true;
}

/* Can the part that has arrived become a status line? */
static bool
may_be_status(const struct buffer *line)
{
	size_t len = sizeof begin - 1;

	return line->len == 0 ||
	       memcmp(line->at, begin, line->len < len ? line->len : len) == 0;
}

static enum http_response_step
status_line(struct http_response *r, struct span *in, struct span *out)
{
	enum http_response_step step = take_line(r, in, out);

	if (step == HTTP_RESPONSE_WANTS && !may_be_status(&r->line))
		return fail(r);
	if (step != HTTP_RESPONSE_LINE)
		return step;
	if (!read_status(r, span_line(*out)))
		return fail(r);
	r->state = FIELDS;
	return HTTP_RESPONSE_LINE;
}

/* --------------------------------------------------------------- fields -- */

/* The next word of a list, without the blanks around it. */
static bool
next_word(struct span *list, struct span *word)
{
	const char *comma;

	if (list->len == 0)
		return false;
	comma = memchr(list->at, ',', list->len);
	*word = span_take(
	    list, comma != NULL ? (size_t)(comma - list->at) : list->len);
	if (comma != NULL)
		span_take(list, 1);
	*word = span_trim(*word);
	return true;
}

/* A second Content-Length must be equal. */
static bool
take_length(struct http_response *r, struct span value)
{
	uint64_t length;

	if (!http_header_count(value, &length) ||
	    (r->sized && r->left != length))
		return false;
	r->sized = true;
	r->left = length;
	return true;
}

/* Only if chunked is the last coding does the body mark its end. */
static bool
take_coding(struct http_response *r, struct span value)
{
	struct span word;

	while (next_word(&value, &word)) {
		r->coded = true;
		r->chunked = span_equal_nocase(word, SPAN("chunked"));
	}
	return true;
}

static bool
take_connection(struct http_response *r, struct span value)
{
	struct span word;

	while (next_word(&value, &word)) {
		r->close |= span_equal_nocase(word, SPAN("close"));
		r->keep_alive |= span_equal_nocase(word, SPAN("keep-alive"));
	}
	return true;
}

static const struct {
	struct span name;
	bool (*take)(struct http_response *r, struct span value);
} framing[] = {
	{ { "Content-Length", 14 }, take_length },
	{ { "Transfer-Encoding", 17 }, take_coding },
	{ { "Connection", 10 }, take_connection },
};

static bool
read_field(struct http_response *r, struct span line)
{
	struct span name, value;

	if (memchr(line.at, '\0', line.len) != NULL)
		return false;
	if (!http_header_split(line, &name, &value))
		return true;
	for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++)
		if (span_equal_nocase(name, framing[i].name))
			return framing[i].take(r, value);
	return true;
}

static enum state
after_head(const struct http_response *r)
{
	if (r->status < 200)
		return STATUS_LINE;
	if (r->status == 204 || r->status == 304)
		return DONE;
	if (r->chunked)
		return CHUNK_SIZE;
	if (r->coded || !r->sized)
		return OPEN_BODY;
	return r->left > 0 ? SIZED_BODY : DONE;
}

static enum http_response_step
fields(struct http_response *r, struct span *in, struct span *out)
{
	enum http_response_step step = take_line(r, in, out);
	struct span line;

	if (step != HTTP_RESPONSE_LINE)
		return step;
	line = span_line(*out);
	if (line.len == 0)
		r->state = after_head(r);
	else if (!read_field(r, line))
		return fail(r);
	return HTTP_RESPONSE_LINE;
}

/* ----------------------------------------------------------------- body -- */

static enum http_response_step
counted(
    struct http_response *r, struct span *in, struct span *out, enum state next)
{
	if (in->len == 0)
		return HTTP_RESPONSE_WANTS;
	*out = span_take(in, r->left < in->len ? (size_t)r->left : in->len);
	r->left -= out->len;
	if (r->left == 0)
		r->state = next;
	return HTTP_RESPONSE_PIECE;
}

static enum http_response_step
sized_body(struct http_response *r, struct span *in, struct span *out)
{
	return counted(r, in, out, DONE);
}

static enum http_response_step
open_body(struct http_response *r, struct span *in, struct span *out)
{
	(void)r;
	if (in->len == 0)
		return HTTP_RESPONSE_WANTS;
	*out = span_take(in, in->len);
	return HTTP_RESPONSE_PIECE;
}

/* Digits, then the end, or blanks or an extension, which are ignored. */
static bool
read_size(struct http_response *r, struct span line)
{
	size_t i = 0;

	r->left = 0;
	for (; i < line.len && span_hex_digit(line.at[i]) >= 0; i++)
		r->left = r->left << 4 | (uint64_t)span_hex_digit(line.at[i]);
	return i > 0 && i <= HEX_MAX &&
	       (i == line.len || strchr(" \t;", line.at[i]) != NULL) &&
	       memchr(line.at, '\0', line.len) == NULL;
}

static enum http_response_step
chunk_size(struct http_response *r, struct span *in, struct span *out)
{
	enum http_response_step step = take_line(r, in, out);

	if (step != HTTP_RESPONSE_LINE)
		return step;
	if (!read_size(r, span_line(*out)))
		return fail(r);
	r->state = r->left > 0 ? CHUNK_DATA : TRAILERS;
	return http_response_next(r, in, out);
}

static enum http_response_step
chunk_data(struct http_response *r, struct span *in, struct span *out)
{
	return counted(r, in, out, CHUNK_END);
}

static enum http_response_step
chunk_end(struct http_response *r, struct span *in, struct span *out)
{
	enum http_response_step step = take_line(r, in, out);

	if (step != HTTP_RESPONSE_LINE)
		return step;
	if (span_line(*out).len > 0)
		return fail(r);
	r->state = CHUNK_SIZE;
	return http_response_next(r, in, out);
}

static enum http_response_step
trailers(struct http_response *r, struct span *in, struct span *out)
{
	enum http_response_step step = take_line(r, in, out);

	if (step == HTTP_RESPONSE_LINE && span_line(*out).len == 0)
		r->state = DONE;
	return step;
}

static enum http_response_step
done(struct http_response *r, struct span *in, struct span *out)
{
	(void)r, (void)in, (void)out;
	return HTTP_RESPONSE_DONE;
}

static enum http_response_step
broken(struct http_response *r, struct span *in, struct span *out)
{
	(void)r, (void)in, (void)out;
	return HTTP_RESPONSE_BROKEN;
}

enum http_response_step
http_response_next(struct http_response *r, struct span *in, struct span *out)
{
	static enum http_response_step (*const readers[STATES])(
	    struct http_response *, struct span *, struct span *) = {
		[STATUS_LINE] = status_line,
		[FIELDS] = fields,
		[SIZED_BODY] = sized_body,
		[OPEN_BODY] = open_body,
		[CHUNK_SIZE] = chunk_size,
		[CHUNK_DATA] = chunk_data,
		[CHUNK_END] = chunk_end,
		[TRAILERS] = trailers,
		[DONE] = done,
		[BROKEN] = broken,
	};

	return readers[r->state](r, in, out);
}

bool
http_response_reusable(const struct http_response *r)
{
	return r->state == DONE && !r->close && !(r->sized && r->coded) &&
	       (r->minor >= 1 || r->keep_alive);
}
