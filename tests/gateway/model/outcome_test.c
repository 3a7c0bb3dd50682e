#include "gateway/model/outcome.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Clients retry whatever carries Retry-After. */
static bool
may_retry(unsigned http)
{
	return http == 429 || http == 503;
}

/* A code may have two messages, but never two statuses. */
Test(outcome, every_row_is_filled_and_distinct)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *row = &outcome_rows[i];

		cr_expect(row->word[0] != '\0', "row %d", i);
		cr_expect(row->message[0] != '\0', "row %d", i);
		/* Whoever is refused reads a code. */
		cr_expect_eq(
		    row->http < 400, row->code[0] == '\0', "row %d", i);
		for (int j = 0; j < i; j++) {
			cr_expect_str_neq(
			    row->word, outcome_rows[j].word, "row %d", i);
			cr_expect_str_neq(
			    row->message, outcome_rows[j].message, "row %d", i);
			cr_expect(
			    row->code[0] == '\0' ||
				strcmp(row->code, outcome_rows[j].code) != 0 ||
				row->http == outcome_rows[j].http,
			    "row %d", i);
		}
	}
}

Test(outcome, no_status_that_real_clients_take_wrongly)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		unsigned http = outcome_rows[i].http;

		cr_expect(http == 0 || http == 200 || http >= 400, "row %d", i);
	}
}

Test(outcome, retry_stands_on_503_except_where_events_may_still_arrive)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *row = &outcome_rows[i];

		cr_expect(!row->retry || may_retry(row->http), "row %d", i);
	}
	cr_expect_not(outcome_rows[OUTCOME_NOT_DELIVERED].retry);
	cr_expect(outcome_rows[OUTCOME_SPOOL_FULL].retry);
	cr_expect(outcome_rows[OUTCOME_DRAINING].retry);
}

Test(outcome, texts_need_no_escaping)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		cr_expect_null(strpbrk(outcome_rows[i].message, "\"\\\n|"));
		cr_expect_null(strpbrk(outcome_rows[i].code, "\"\\\n |"));
		cr_expect_null(strpbrk(outcome_rows[i].word, "\"\\\n |"));
	}
}

Test(outcome, the_printed_table_has_a_line_a_row)
{
	char *text = NULL;
	size_t len = 0, lines = 0;
	FILE *out = open_memstream(&text, &len);

	outcome_print(out);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	cr_expect_eq(lines, OUTCOME_COUNT + 2);
	cr_expect_not_null(
	    strstr(text, "| 404 | ObjectNotFound |  | "), "%s", text);
	cr_expect_not_null(strstr(text, "| 503 | SpoolFull | yes | "));
	free(text);
}
