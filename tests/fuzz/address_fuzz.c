/* An address that is accepted can be written down and read again. */
#include <assert.h>
#include <stdio.h>

#include "parsers/address.h"
#include "tests/fuzz/exact.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_text(bytes, len), again[ADDRESS_HOST_MAX + 16];
	struct address a, b;
	struct err err = { .kind = ERR_NONE };

	if (address_parse(text, &a, &err)) {
		snprintf(again, sizeof again, a.v6 ? "[%s]:%u" : "%s:%u",
		    a.host, a.port);
		assert(address_parse(again, &b, &err));
		assert(strcmp(a.host, b.host) == 0);
		assert(a.v6 == b.v6 && a.port == b.port);
		address_is_loopback(span_of(a.host));
	} else {
		assert(err.kind == ERR_INPUT && err.text[0] != '\0');
	}
	address_is_loopback(span_of(text));
	free(text);
	return 0;
}
