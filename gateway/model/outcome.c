#include "gateway/model/outcome.h"

const struct outcome_row outcome_rows[OUTCOME_COUNT] = {
#define X(symbol, http, retry, word, code, message)                            \
	{ http, retry, word, code, message },
	OUTCOMES(X)
#undef X
};

void
outcome_print(FILE *out)
{
	fputs(
	    "| status | `code` | `Retry-After` | meaning | word in the log |\n"
	    "|---|---|---|---|---|\n",
	    out);
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *row = &outcome_rows[i];

		if (row->http == 0)
			fputs("| none |", out);
		else
			fprintf(out, "| %u |", row->http);
		fprintf(out, " %s | %s | %s | `%s` |\n", row->code,
		    row->retry ? "yes" : "", row->message, row->word);
	}
}
