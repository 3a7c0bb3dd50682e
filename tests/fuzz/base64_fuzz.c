/* What was written is read back as the same bytes, and nothing is too long. */
#include <assert.h>

#include "parsers/base64.h"
#include "tests/fuzz/exact.h"

static unsigned
worth(char c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	const char *found = memchr(letters, c, sizeof letters - 1);

	assert(found != NULL);
	return (unsigned)(found - letters);
}

static void
check_back(const char *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *four = text + i / 3 * 4 + i % 3;
		unsigned pair = worth(four[0]) << 6;

		if (four[1] != '=')
			pair |= worth(four[1]);
		assert(
		    (uint8_t)(pair >> (4 - 2 * (i % 3))) == (uint8_t)bytes[i]);
	}
}

/* Any text: decoded, it is written back as the same text, or refused. */
static void
check_decode(struct span text)
{
	char *out = malloc(text.len / 4 * 3 + 1);
	struct buffer again;
	size_t n;

	if (out == NULL)
		abort();
	if (base64_decode(text, out, &n)) {
		assert(n <= text.len / 4 * 3);
		buffer_init(&again, text.len);
		assert(base64_append(&again, (struct span){ out, n }));
		assert(span_equal((struct span){ again.at, again.len }, text));
		buffer_fini(&again);
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *copy = exact_bytes(bytes, len);
	size_t want = (len + 2) / 3 * 4;
	struct span in = { copy, len };
	struct buffer fits, tight;

	buffer_init(&fits, want);
	assert(base64_append(&fits, in));
	assert(fits.len == want);
	check_back(fits.at, copy, len);
	check_decode((struct span){ fits.at, fits.len });
	check_decode(in);
	assert(len % 3 == 0 || fits.at[want - 1] == '=');
	buffer_init(&tight, want > 0 ? want - 1 : 0);
	assert(base64_append(&tight, in) == (want == 0) && tight.len == 0);
	buffer_fini(&tight);
	buffer_fini(&fits);
	free(copy);
	return 0;
}
