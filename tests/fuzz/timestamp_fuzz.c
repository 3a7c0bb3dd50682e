/*
 * Any text is read within its bounds, and a time that is written with a
 * calendar of the system's is read back as the same.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parsers/timestamp.h"

#define YEAR_0    (-62167219200)
#define YEAR_9999 253402300799
#define DAY_MS    86400000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_round_trip(uint64_t any)
{
	time_t s = (time_t)(YEAR_0 + (int64_t)(any % (YEAR_9999 - YEAR_0 + 1)));
	unsigned fraction = (unsigned)(any >> 40) % 1000;
	struct tm t;
	char text[64];
	int64_t ms;
	int len;

	gmtime_r(&s, &t);
	len = snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d.%03u",
	    t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, any & 1 ? 'T' : ' ',
	    t.tm_hour, t.tm_min, t.tm_sec, fraction);
	assert(timestamp_parse(text, (size_t)len, &ms));
	assert(ms == s * 1000 + fraction);
	len = snprintf(text, sizeof text, "%04d-%03dt%d:%d", t.tm_year + 1900,
	    t.tm_yday + 1, t.tm_hour, t.tm_min);
	assert(timestamp_parse(text, (size_t)len, &ms));
	assert(ms == (s - t.tm_sec) * 1000);
}

/* ISO 8601 weeks are the system's %G, %V and %u. */
static void
check_week(uint64_t any)
{
	time_t s =
	    (time_t)(YEAR_0 + 400LL * 86400 +
		     (int64_t)(any % (YEAR_9999 - YEAR_0 - 800LL * 86400)) /
			 86400 * 86400);
	struct tm t;
	char text[64];
	int64_t ms;

	gmtime_r(&s, &t);
	strftime(text, sizeof text, "-W%V-%u", &t);
	memmove(text + 4, text, strlen(text) + 1);
	strftime(text + 16, 8, "%G", &t);
	snprintf(text + 32, 8, "%04d", atoi(text + 16));
	memcpy(text, text + 32, 4);
	s -= s % 86400 < 0 ? s % 86400 + 86400 : s % 86400;
	assert(timestamp_parse(text, strlen(text), &ms));
	assert(ms == s * 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len > 0 ? len : 1);
	uint64_t any = 0;
	int64_t ms = 0;

	memcpy(text, bytes, len);
	if (timestamp_parse(text, len, &ms)) {
		assert(len <= TIMESTAMP_MAX);
		assert(ms >= YEAR_0 * 1000 - 2 * DAY_MS);
		assert(ms <= YEAR_9999 * 1000 + 2 * DAY_MS);
	}
	memcpy(&any, bytes, len < sizeof any ? len : sizeof any);
	check_round_trip(any);
	check_week(any);
	free(text);
	return 0;
}
