/* The parts of a URL lie within it, in order, and make the same URL again. */
#include <assert.h>
#include <stdio.h>

#include "parsers/url.h"
#include "tests/fuzz/exact.h"

static void
check_again(const struct url *url)
{
	char text[4096 + 64];
	bool v6 = memchr(url->host.at, ':', url->host.len) != NULL;
	struct url again;
	struct err err;

	snprintf(text, sizeof text, "%s://%s%.*s%s:%u%.*s?%.*s",
	    url->tls ? "https" : "http", v6 ? "[" : "", (int)url->host.len,
	    url->host.at, v6 ? "]" : "", url->port, (int)url->path.len,
	    url->path.at, (int)url->query.len, url->query.at);
	assert(url_parse(text, &again, &err));
	assert(again.tls == url->tls && again.port == url->port);
	assert(span_equal(again.host, url->host));
	assert(span_equal(again.path, url->path));
	assert(span_equal(again.query, url->query));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_text(bytes, len < 4096 ? len : 4096);
	struct err err = { .kind = ERR_NONE };
	struct span segment;
	struct url url;

	if (url_parse(text, &url, &err)) {
		assert(url.host.len > 0 && url.port > 0);
		assert(url.path.len == 0 || url.path.at[0] == '/');
		check_again(&url);
		assert(url_count(url.path, SPAN("/")) <= url.path.len);
		segment = url_segment_after(url.path, SPAN("events"));
		assert(exact_holds(url.path.at, url.path.len, segment));
		assert(url_count(segment, SPAN("/")) == 0);
	} else {
		assert(err.kind == ERR_INPUT && err.text[0] != '\0');
	}
	free(text);
	return 0;
}
