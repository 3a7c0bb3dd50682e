/* Waits are never negative, and a date is the one that the calendar has. */
#include <assert.h>
#include <stdio.h>
#include <time.h>

#include "parsers/http/header.h"
#include "tests/fuzz/exact.h"

#define NOW_MS 1793491200000

/* The date as it is written today, read again. */
static void
check_date(int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct span span;
	struct tm t;
	char text[64];
	int64_t again;

	assert(ms % 1000 == 0);
	gmtime_r(&s, &t);
	span.at = text;
	span.len = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &t);
	if (t.tm_year + 1900 < 1000) /* without its leading zeros */
		return;
	assert(http_header_date(span, NOW_MS, &again) && again == ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct span value = { text, len };
	uint64_t count = 0;
	int64_t ms = -1, wait = -1;

	if (http_header_seconds(value, &ms)) {
		assert(http_header_count(value, &count));
		assert(ms >= 0 && (uint64_t)ms / 1000 == count);
		assert(http_header_retry_after(value, NOW_MS, &wait) &&
		       wait == ms);
	}
	if (http_header_retry_after(value, NOW_MS, &wait))
		assert(wait >= 0);
	if (http_header_date(value, NOW_MS, &ms)) {
		check_date(ms);
		assert(http_header_retry_after(value, NOW_MS, &wait));
		assert(wait == (ms > NOW_MS ? ms - NOW_MS : 0));
	}
	free(text);
	return 0;
}
