#include "gateway/metrics/catalog.h"

#include <stdbool.h>
#include <string.h>

#define PREFIX "polaris_gateway_"

const struct metric_row metric_rows[METRIC_COUNT] = {
#define X(symbol, type, name, labels, help)                                    \
	{ METRIC_##type, name, labels, help },
	METRICS(X)
#undef X
};

const char *
metric_type_word(enum metric_type type)
{
	static const char *const words[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};

	return words[type];
}

void
metric_name(enum metric metric, char name[METRIC_NAME_MAX])
{
	static const char process[] = "process_";
	const char *own = metric_rows[metric].name;
	bool common = strncmp(own, process, sizeof process - 1) == 0;

	snprintf(name, METRIC_NAME_MAX, "%s%s", common ? "" : PREFIX, own);
}

void
metric_print(FILE *out)
{
	char name[METRIC_NAME_MAX];

	fputs("| metric | type | labels | meaning |\n|---|---|---|---|\n", out);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		metric_name(m, name);
		fprintf(out, "| `%s` | %s | %s | %s |\n", name,
		    metric_type_word(metric_rows[m].type),
		    metric_rows[m].labels, metric_rows[m].help);
	}
}
