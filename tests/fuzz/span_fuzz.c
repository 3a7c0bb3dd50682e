/* Spans never leave the bytes that they were made of. */
#include <assert.h>
#include <stdlib.h>

#include "parsers/span.h"
#include "tests/fuzz/exact.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct span all = { text, len }, inner = span_trim(all);
	struct span line = span_line(all);

	assert(exact_holds(text, len, inner));
	assert(span_equal(span_trim(inner), inner));
	assert(span_equal(all, all) && span_equal_nocase(all, all));
	assert(inner.len == 0 ||
	       (inner.at[0] != ' ' && inner.at[inner.len - 1] != '\t'));
	assert(exact_holds(text, len, line) && len - line.len <= 2);
	free(text);
	return 0;
}
