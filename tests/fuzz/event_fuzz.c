/* Every way to a verdict agrees with the reference, on any bytes. */
#include "tests/support/agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct event_limits limits = {
		.oldest_ms = 1650067200000,
		.newest_ms = 1650067200000 + 86400000,
		.max_depth = 8,
		.max_line_bytes = 1500,
	};

	agreement_check((const char *)bytes, len, &limits);
	return 0;
}
