/* A field is read back by who decodes %XX, whatever its value holds. */
#include <assert.h>

#include "parsers/form.h"
#include "parsers/http/target.h"
#include "tests/fuzz/exact.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *value = exact_bytes(bytes, len);
	char *room = exact_bytes(bytes, len);
	struct span query, name, coded, decoded;
	struct buffer b;

	buffer_init(&b, 3 * len + 16);
	assert(form_append(&b, "first", SPAN("1")));
	assert(form_append(&b, "a", (struct span){ value, len }));
	query = (struct span){ b.at, b.len };
	assert(http_target_parameter(&query, &name, &coded));
	assert(span_equal(name, SPAN("first")));
	assert(http_target_parameter(&query, &name, &coded));
	assert(span_equal(name, SPAN("a")));
	assert(http_target_decode(coded, room, len, &decoded));
	assert(span_equal(decoded, (struct span){ value, len }));
	assert(!http_target_parameter(&query, &name, &coded));
	buffer_fini(&b);
	free(room);
	free(value);
	return 0;
}
