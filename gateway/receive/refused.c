#include "gateway/receive/refused.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
refused_print(struct buffer *detail, const struct completion *ticket, bool gaps)
{
	uint32_t numbers[COMPLETION_REFUSED_TOLD];
	uint32_t told = ticket->refused < COMPLETION_REFUSED_TOLD
			    ? ticket->refused
			    : COMPLETION_REFUSED_TOLD;

	memcpy(numbers, ticket->refused_events, told * sizeof numbers[0]);
	qsort(numbers, told, sizeof numbers[0], by_number);
	buffer_print(detail, ",\"errors\":[");
	for (uint32_t i = 0; i < told; i++)
		buffer_print(detail,
		    "%s{\"%s\":%" PRIu32 ",\"reason\":\"refused_upstream\","
		    "\"message\":\"the upstream refuses this event\"}",
		    i == 0 ? "" : ",", gaps ? "event" : "line", numbers[i] + 1);
	buffer_print(detail, "],\"more\":%" PRIu32, ticket->refused - told);
}
