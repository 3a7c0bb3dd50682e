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
	assert(len % 3 == 0 || fits.at[want - 1] == '=');
	buffer_init(&tight, want > 0 ? want - 1 : 0);
	assert(base64_append(&tight, in) == (want == 0) && tight.len == 0);
	buffer_fini(&tight);
	buffer_fini(&fits);
	free(copy);
	return 0;
}
