#include "tests/sim/violation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const words[VIOLATION_COUNT] = {
#define X(symbol, word) [VIOLATION_##symbol] = word,
	VIOLATIONS(X)
#undef X
};

const char *
violation_word(enum violation v)
{
	return words[v];
}

/* The sample stands in a JSON string: nothing in it may need escaping. */
static void
make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			*text = '?';
}

void
violation_count(struct violations *all, enum violation v, const char *fmt, ...)
{
	va_list args;
	int at;

	all->each[v]++;
	if (all->total++ > 0)
		return;
	at = snprintf(all->sample, sizeof all->sample, "%s: ", words[v]);
	va_start(args, fmt);
	vsnprintf(all->sample + at, sizeof all->sample - (size_t)at, fmt, args);
	va_end(args);
	make_plain(all->sample);
}

void
violation_print(const struct violations *all, struct buffer *out)
{
	const char *comma = "";

	buffer_print(out, "{");
	for (int v = 0; v < VIOLATION_COUNT; v++) {
		if (all->each[v] == 0)
			continue;
		buffer_print(
		    out, "%s\"%s\":%" PRIu64, comma, words[v], all->each[v]);
		comma = ",";
	}
	buffer_print(out, "}");
}
