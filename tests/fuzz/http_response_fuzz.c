/*
 * A response, in pieces: the first byte says how long they are.  It must come
 * to the same as in one piece, and never take more than there is.
 */
#include <assert.h>

#include "parsers/http/response.h"
#include "tests/fuzz/exact.h"

struct seen {
	size_t lines, line_bytes, body_bytes, taken;
	enum http_response_step end;
	bool keeps;
};

static void
feed(struct http_response *r, const char *bytes, size_t len, struct seen *seen)
{
	struct span in = { bytes, len }, out;

	while ((seen->end = http_response_next(r, &in, &out)) ==
		   HTTP_RESPONSE_LINE ||
	       seen->end == HTTP_RESPONSE_PIECE) {
		assert(out.len > 0);
		if (seen->end == HTTP_RESPONSE_PIECE) {
			seen->body_bytes += out.len;
			continue;
		}
		assert(out.at[out.len - 1] == '\n');
		seen->lines++;
		seen->line_bytes += out.len;
	}
	assert(in.len <= len);
	assert(seen->end != HTTP_RESPONSE_WANTS || in.len == 0);
	seen->taken += len - in.len;
}

static struct seen
read_whole(const char *bytes, size_t len, size_t piece)
{
	struct seen seen = { .end = HTTP_RESPONSE_WANTS };
	struct http_response r;

	http_response_init(&r);
	for (size_t at = 0; at < len && seen.end == HTTP_RESPONSE_WANTS;
	     at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *exact = exact_bytes(bytes + at, n);

		feed(&r, exact, n, &seen);
		free(exact);
	}
	seen.keeps = http_response_reusable(&r);
	assert(!seen.keeps || seen.end == HTTP_RESPONSE_DONE);
	http_response_fini(&r);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct seen whole, cut;

	if (len == 0)
		return 0;
	whole = read_whole((const char *)bytes + 1, len - 1, len);
	cut = read_whole((const char *)bytes + 1, len - 1, bytes[0] + 1u);
	assert(whole.lines == cut.lines);
	assert(whole.line_bytes == cut.line_bytes);
	assert(whole.body_bytes == cut.body_bytes);
	assert(whole.keeps == cut.keeps);
	assert((whole.end == HTTP_RESPONSE_WANTS) ==
	       (cut.end == HTTP_RESPONSE_WANTS));
	if (whole.end == HTTP_RESPONSE_DONE)
		assert(whole.taken == cut.taken);
	return 0;
}
