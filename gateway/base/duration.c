#include "gateway/base/duration.h"

#include <stdio.h>

const char *
duration_words(double ms, char text[DURATION_MAX])
{
	if (ms < 0)
		snprintf(text, DURATION_MAX, "-");
	else if (ms < 1000)
		snprintf(text, DURATION_MAX, "%.0f ms", ms);
	else if (ms < 10000)
		snprintf(text, DURATION_MAX, "%.1f s", ms / 1000);
	else if (ms < 120000)
		snprintf(text, DURATION_MAX, "%.0f s", ms / 1000);
	else if (ms < 7200000)
		snprintf(text, DURATION_MAX, "%.0f min", ms / 60000);
	else
		snprintf(text, DURATION_MAX, "%.1f h", ms / 3600000);
	return text;
}
