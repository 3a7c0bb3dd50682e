/* A buffer that is driven by the bytes does what a plain array would do. */
#include <assert.h>
#include <stdio.h>

#include "parsers/buffer.h"
#include "tests/fuzz/exact.h"

#define MOST 300

static void
drive(struct buffer *b, const uint8_t *bytes, size_t len)
{
	char plain[MOST + 1]; /* and the NUL of a print */
	size_t count = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		size_t more = bytes[i + 1];
		bool fits = count + more <= MOST;

		switch (bytes[i] % 4) {
		case 0:
			more = more < len ? more : len;
			fits = count + more <= MOST;
			assert(buffer_append(b, bytes, more) == fits);
			if (fits) {
				memcpy(plain + count, bytes, more);
				count += more;
			}
			break;
		case 1:
			assert(buffer_reserve(b, more) == fits);
			assert(!fits || b->room - b->len >= more);
			break;
		case 2:
			fits = buffer_print(b, "%zu", more);
			if (fits)
				count +=
				    (size_t)sprintf(plain + count, "%zu", more);
			else
				assert(count + 3 >= MOST);
			break;
		default:
			if (more == 0) {
				buffer_reset(b);
				count = 0;
			}
		}
		assert(b->len == count && b->room <= MOST);
		assert(count == 0 || memcmp(b->at, plain, count) == 0);
		assert(count == 0 || b->at[count] == '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buffer b;

	buffer_init(&b, MOST);
	drive(&b, bytes, len);
	buffer_fini(&b);
	return 0;
}
