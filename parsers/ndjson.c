#include "parsers/ndjson.h"

#include <assert.h>
#include <string.h>

void
ndjson_init(struct ndjson *n, char *body, size_t len)
{
	*n = (struct ndjson){ .body = body, .at = body, .end = body + len };
}

static bool
is_blank(const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++, len--;
	return len == 0;
}

/* The next line, blank or not. */
static bool
take_line(struct ndjson *n, struct ndjson_line *out)
{
	char *end;

	if (n->at == n->end)
		return false;
	end = memchr(n->at, '\n', (size_t)(n->end - n->at));
	if (end == NULL)
		end = n->end;
	out->at = n->at;
	out->len = (size_t)(end - n->at);
	out->number = ++n->number;
	n->at = end < n->end ? end + 1 : n->end;
	if (out->len > 0 && out->at[out->len - 1] == '\r')
		out->len--;
	return true;
}

bool
ndjson_next(struct ndjson *n, struct ndjson_line *out)
{
	struct ndjson_line line;

	while (take_line(n, &line)) {
		if (is_blank(line.at, line.len))
			continue;
		*out = line;
		return true;
	}
	return false;
}

void
ndjson_keep(struct ndjson *n, const struct ndjson_line *line)
{
	char *to = n->body + n->kept_bytes;

	assert(to <= line->at && line->at + line->len <= n->end);
	if (to != line->at)
		memmove(to, line->at, line->len);
	to[line->len] = '\n';
	n->kept_bytes += line->len + 1;
	n->kept_lines++;
}

bool
ndjson_is_array(const char *body, size_t len)
{
	size_t at = 0;

	while (at < len && (body[at] == ' ' || body[at] == '\t' ||
			       body[at] == '\r' || body[at] == '\n'))
		at++;
	return at < len && body[at] == '[';
}
