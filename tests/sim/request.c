#include "tests/sim/request.h"

#include <string.h>
#include <strings.h>

#define LENGTH_MAX INT64_C(1000000000000)

static const char *const names[HEADERS] = {
	[HEADER_HOST] = "host",
	[HEADER_USER_AGENT] = "user-agent",
	[HEADER_AUTHORIZATION] = "authorization",
	[HEADER_CONTENT_TYPE] = "content-type",
	[HEADER_CONTENT_LENGTH] = "content-length",
	[HEADER_CONTENT_ENCODING] = "content-encoding",
	[HEADER_TRANSFER_ENCODING] = "transfer-encoding",
	[HEADER_EXPECT] = "expect",
	[HEADER_CONNECTION] = "connection",
};

/* Takes what stands before `stop` off the front of `rest`. */
static bool
take_until(struct span *rest, char stop, struct span *out)
{
	const char *at = memchr(rest->at, stop, rest->len);

	if (at == NULL)
		return false;
	*out = (struct span){ rest->at, (size_t)(at - rest->at) };
	rest->len -= out->len + 1;
	rest->at = at + 1;
	return true;
}

static bool
take_line(struct span *rest, struct span *line)
{
	if (!take_until(rest, '\n', line) || line->len == 0 ||
	    line->at[line->len - 1] != '\r')
		return false;
	line->len--;
	return memchr(line->at, '\r', line->len) == NULL;
}

static bool
is_visible(struct span s, bool blanks_too)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == 127 || (c < ' ' && c != '\t'))
			return false;
		if ((c == ' ' || c == '\t') && !blanks_too)
			return false;
	}
	return s.len > 0 || blanks_too;
}

static const char *
read_first_line(struct span line, struct request *r)
{
	struct span target, version;

	if (!take_until(&line, ' ', &r->method) || r->method.len == 0 ||
	    !take_until(&line, ' ', &target))
		return "request line";
	version = line;
	if (!is_visible(target, false) || target.at[0] != '/')
		return "request target";
	if (span_equal(version, SPAN("HTTP/1.1")))
		r->keep_alive = true;
	else if (!span_equal(version, SPAN("HTTP/1.0")))
		return "HTTP version";
	r->path = target;
	if (take_until(&target, '?', &r->path))
		r->query = target;
	return NULL;
}

static void
remember(struct request *r, struct span name, struct span value)
{
	for (int h = 0; h < HEADERS; h++)
		if (strlen(names[h]) == name.len &&
		    strncasecmp(names[h], name.at, name.len) == 0) {
			r->header[h] = value;
			r->times[h]++;
			return;
		}
}

static const char *
read_header(struct span line, struct request *r)
{
	struct span name;

	if (line.at[0] == ' ' || line.at[0] == '\t')
		return "folded header";
	if (!take_until(&line, ':', &name) || !is_visible(name, false))
		return "header name";
	if (!is_visible(line, true))
		return "control byte in a header";
	remember(r, name, span_trim(line));
	return NULL;
}

static bool
read_length(struct span digits, int64_t *out)
{
	int64_t n = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
		n = n * 10 + (digits.at[i] - '0');
		if (n > LENGTH_MAX)
			return false;
	}
	*out = n;
	return true;
}

static const char *
read_framing(struct request *r)
{
	if (r->times[HEADER_CONTENT_LENGTH] > 1)
		return "more than one Content-Length";
	if (r->times[HEADER_CONTENT_LENGTH] == 1 &&
	    r->times[HEADER_TRANSFER_ENCODING] > 0)
		return "Content-Length and Transfer-Encoding";
	if (r->times[HEADER_CONTENT_LENGTH] == 1 &&
	    !read_length(r->header[HEADER_CONTENT_LENGTH], &r->content_length))
		return "Content-Length";
	if (span_equal_nocase(r->header[HEADER_CONNECTION], SPAN("close")))
		r->keep_alive = false;
	return NULL;
}

static const char *
read_head(struct span head, struct request *r)
{
	struct span line;
	const char *why;

	if (!take_line(&head, &line))
		return "line end";
	why = read_first_line(line, r);
	while (why == NULL && head.len > 0) {
		if (!take_line(&head, &line))
			return "line end";
		if (line.len == 0)
			break;
		why = read_header(line, r);
	}
	return why != NULL ? why : read_framing(r);
}

enum request_got
request_read(struct span bytes, struct request *out, const char **why_bad)
{
	struct request r = { 0 };
	const char *end = NULL;

	if (bytes.len > 0)
		end = memmem(bytes.at, bytes.len, "\r\n\r\n", 4);
	if (end == NULL) {
		*why_bad = "head too long";
		return bytes.len > REQUEST_HEAD_MAX ? REQUEST_BAD
						    : REQUEST_MORE;
	}
	r.head_bytes = (size_t)(end - bytes.at) + 4;
	*why_bad = read_head((struct span){ bytes.at, r.head_bytes }, &r);
	if (*why_bad != NULL)
		return REQUEST_BAD;
	*out = r;
	return REQUEST_READY;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
decode_form(struct span s, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i] == '+' ? ' ' : s.at[i];

		if (c == '%') {
			if (i + 2 >= s.len || hex(s.at[i + 1]) < 0 ||
			    hex(s.at[i + 2]) < 0)
				return false;
			c = (char)(hex(s.at[i + 1]) << 4 | hex(s.at[i + 2]));
			i += 2;
		}
		if (c == '\0' || n + 1 >= room)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

bool
request_parameter(struct span form, const char *name, char *out, size_t room)
{
	struct span pair, key;

	while (form.len > 0) {
		if (!take_until(&form, '&', &pair)) {
			pair = form;
			form.len = 0;
		}
		if (take_until(&pair, '=', &key) &&
		    span_equal(key, span_of(name)))
			return decode_form(pair, out, room);
	}
	return false;
}
