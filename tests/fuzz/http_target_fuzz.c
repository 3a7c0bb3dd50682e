/*
 * What is cut out of a target lies within it, and a piece that fits its room
 * exactly does not fit one byte less.
 */
#include <assert.h>

#include "parsers/http/target.h"
#include "tests/fuzz/exact.h"

static void
check_decode(struct span piece)
{
	struct span decoded, again;
	char *wide = exact_bytes(piece.at != NULL ? piece.at : "", piece.len);
	char *tight;

	if (http_target_decode(piece, wide, piece.len, &decoded)) {
		assert(decoded.at == wide && decoded.len <= piece.len);
		tight = exact_bytes(wide, decoded.len);
		assert(http_target_decode(piece, tight, decoded.len, &again));
		assert(span_equal(decoded, again));
		if (decoded.len > 0)
			assert(!http_target_decode(
			    piece, tight, decoded.len - 1, &again));
		free(tight);
	}
	free(wide);
}

static void
check_target(const struct http_target *target, const char *text, size_t len)
{
	static const char *const patterns[] = { "/v1/events/{}", "/{}",
		"/{}/{}/{}/{}", "/metrics", "/" };
	struct span pieces[HTTP_TARGET_PIECES], query = target->query, name,
						value;
	size_t left = query.len + 1;

	assert(target->path.len > 0 && target->path.at[0] == '/');
	assert(len == 0 || target->path.len == 1 ||
	       exact_holds(text, len, target->path));
	assert(exact_holds(text, len, target->query));
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		size_t count = 0;

		for (const char *p = patterns[i]; *p != '\0'; p++)
			count += *p == '{';
		if (!http_target_matches(target->path, patterns[i], pieces))
			continue;
		for (size_t n = 0; n < count; n++) {
			assert(exact_holds(text, len, pieces[n]));
			assert(
			    pieces[n].len == 0 ||
			    memchr(pieces[n].at, '/', pieces[n].len) == NULL);
			check_decode(pieces[n]);
		}
	}
	while (http_target_parameter(&query, &name, &value)) {
		assert(query.len < left);
		left = query.len;
		assert(exact_holds(text, len, name));
		assert(exact_holds(text, len, value));
		check_decode(name);
		check_decode(value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct http_target target;

	if (http_target_split((struct span){ text, len }, &target)) {
		for (size_t i = 0; i < len; i++)
			assert(text[i] > ' ' && text[i] <= '~');
		check_target(&target, text, len);
	}
	check_decode((struct span){ text, len });
	free(text);
	return 0;
}
