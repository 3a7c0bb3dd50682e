#include "gateway/admin/dead_letter_api.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define T        INT64_C(1650070018771)
#define ANY      INT64_MAX

/* clang-format off */
static const struct {
	enum admin_job_kind kind;
	const char *body;
	const char *table, *reason;
	int64_t before_ms;
} good[] = {
	{ ADMIN_JOB_REPLAY, "",				"", "", ANY },
	{ ADMIN_JOB_REPLAY, " \r\n\t",			"", "", ANY },
	{ ADMIN_JOB_REPLAY, " {} \n",			"", "", ANY },
	{ ADMIN_JOB_REPLAY, "{\"table\":\"t\"}",		"t", "", ANY },
	{ ADMIN_JOB_REPLAY, "{\"reason\":\"r\", \"table\":\"t\"}", "t", "r", ANY },
	{ ADMIN_JOB_REPLAY, "{\"t\\u0061ble\":\"\\u00e4\\\"\"}", "\xc3\xa4\"", "", ANY },
	{ ADMIN_JOB_PURGE, "{\"all\":true}",		"", "", ANY },
	{ ADMIN_JOB_PURGE, "{\"table\":\"t\"}",		"t", "", ANY },
	{ ADMIN_JOB_PURGE, "{\"reason\":\"r\"}",		"", "r", ANY },
	{ ADMIN_JOB_PURGE, "{\"before\":\"2022-04-16T00:46:58.771Z\"}", "", "", T },
};

static const struct {
	enum admin_job_kind kind;
	const char *body, *message;
} bad[] = {
	/* A slip must not mean all. */
	{ ADMIN_JOB_REPLAY, "{\"tabel\":\"t\"}",		"nothing else" },
	{ ADMIN_JOB_REPLAY, "{\"table\":\"\"}",		"a table's name" },
	{ ADMIN_JOB_REPLAY, "{\"table\":null}",		"a table's name" },
	{ ADMIN_JOB_REPLAY, "{\"table\":[\"t\"]}",		"a table's name" },
	{ ADMIN_JOB_REPLAY, "{\"table\":\"t\\u0000\"}",	"a table's name" },
	{ ADMIN_JOB_REPLAY, "{\"table\":\"a\",\"table\":\"b\"}", "a table's name" },
	{ ADMIN_JOB_REPLAY, "{\"reason\":7}",		"a word" },
	{ ADMIN_JOB_REPLAY, "{\"all\":true}",		"nothing else" },
	{ ADMIN_JOB_REPLAY, "{\"before\":\"2022-04-16\"}",	"nothing else" },
	{ ADMIN_JOB_REPLAY, "[]",				"one JSON object" },
	{ ADMIN_JOB_REPLAY, "{\"table\":\"t\"",		"one JSON object" },
	{ ADMIN_JOB_REPLAY, "{}{}",			"one JSON object" },
	{ ADMIN_JOB_REPLAY, "table=t",			"one JSON object" },
	{ ADMIN_JOB_PURGE, "",				"say which" },
	{ ADMIN_JOB_PURGE, "{}",				"say which" },
	{ ADMIN_JOB_PURGE, "{\"all\":false}",		"true" },
	{ ADMIN_JOB_PURGE, "{\"all\":\"true\"}",		"true" },
	{ ADMIN_JOB_PURGE, "{\"all\":true,\"table\":\"t\"}", "say which" },
	{ ADMIN_JOB_PURGE, "{\"before\":\"noon\"}",	"must be a time" },
	{ ADMIN_JOB_PURGE, "{\"before\":1650070018771}",	"must be a time" },
	{ ADMIN_JOB_PURGE, "{\"tables\":\"t\"}",		"nothing else" },
};
/* clang-format on */

Test(desk, a_body_says_which_letters_are_meant)
{
	struct admin_job_request order;
	char message[DEAD_LETTER_API_MESSAGE];

	for (size_t i = 0; i < COUNT(good); i++) {
		cr_assert(dead_letter_api_read_body(&order, good[i].kind,
			      span_of(good[i].body), message),
		    "%s: %s", good[i].body, message);
		cr_expect_eq(order.kind, good[i].kind);
		cr_expect_str_eq(order.table, good[i].table);
		cr_expect_str_eq(order.reason, good[i].reason);
		cr_expect_eq(order.before_ms, good[i].before_ms);
	}
}

Test(desk, a_slip_never_means_all)
{
	struct admin_job_request order;
	char message[DEAD_LETTER_API_MESSAGE];

	for (size_t i = 0; i < COUNT(bad); i++) {
		message[0] = '\0';
		cr_expect_not(dead_letter_api_read_body(&order, bad[i].kind,
				  span_of(bad[i].body), message),
		    "%s", bad[i].body);
		cr_expect_not_null(strstr(message, bad[i].message), "%s: %s",
		    bad[i].body, message);
	}
}

Test(desk, a_name_that_is_too_long_is_refused)
{
	char body[ADMIN_JOB_NAME + 40], message[DEAD_LETTER_API_MESSAGE];
	struct admin_job_request order;

	for (int len = ADMIN_JOB_NAME - 2; len <= ADMIN_JOB_NAME; len++) {
		snprintf(body, sizeof body, "{\"table\":\"%0*d\"}", len, 0);
		cr_expect_eq(dead_letter_api_read_body(&order, ADMIN_JOB_REPLAY,
				 span_of(body), message),
		    len < ADMIN_JOB_NAME, "%d", len);
		cr_expect_eq(dead_letter_api_read_query(&order,
				 (struct span){ body + 10, (size_t)len },
				 span_of(NULL), span_of(NULL), message),
		    len < ADMIN_JOB_NAME, "%d", len);
	}
}

/* clang-format off */
static const struct {
	const char *limit;
	size_t want;	/* SIZE_MAX: refused */
} limits[] = {
	{ NULL, DEAD_LETTER_API_LIMIT }, { "0", 0 }, { "1", 1 }, { "1000", 1000 },
	{ "1001", SIZE_MAX }, { "", SIZE_MAX }, { "-1", SIZE_MAX },
	{ "1e2", SIZE_MAX }, { "99999999999999999999999999999", SIZE_MAX },
};
/* clang-format on */

Test(desk, a_look_shows_so_many)
{
	struct admin_job_request order;
	char message[DEAD_LETTER_API_MESSAGE];

	for (size_t i = 0; i < COUNT(limits); i++) {
		bool ok = dead_letter_api_read_query(&order, SPAN("t"),
		    span_of(NULL), span_of(limits[i].limit), message);

		cr_expect_eq(ok, limits[i].want != SIZE_MAX, "%zu", i);
		if (ok)
			cr_expect_eq(order.limit, limits[i].want, "%zu", i);
	}
}

static const char *
written(const struct admin_job_report *report)
{
	static struct buffer out;

	if (out.max == 0)
		buffer_init(&out, 10000);
	buffer_reset(&out);
	cr_assert(dead_letter_api_write(report, &out));
	return out.at;
}

Test(desk, a_report_says_what_came_of_it)
{
	struct admin_job_report report = { .kind = ADMIN_JOB_REPLAY,
		.ok = true };

	report.replay = (struct replay){ .replayed = 3,
		.left = 4,
		.left_known = true,
		.damaged = 1,
		.end = REPLAY_SPOOL_FULL };
	report.replay.rejected[EVENT_TIME_TOO_OLD] = 2;
	report.replay.rejected[REPLAY_UNKNOWN_TABLE] = 1;
	cr_expect_eq(strncmp(written(&report),
			 "{\"replayed\":3,\"rejected\":{\"time_too_old\":2,"
			 "\"unknown_table\":1},\"left\":4,\"damaged\":1,"
			 "\"end\":\"spool_full\",\"message\":\"the spool",
			 117),
	    0, "%s", written(&report));
	report.replay.left_known = false;
	cr_expect_not_null(strstr(written(&report), "\"left\":null"));
	report.kind = ADMIN_JOB_PURGE;
	report.purge = (struct deadletter_compaction){ 5, 500, 6, 7 };
	cr_expect_str_eq(written(&report),
	    "{\"purged\":5,\"bytes\":500,\"left\":6,\"damaged\":7,"
	    "\"end\":\"done\"}\n");
	report.ok = false;
	err_set(&report.err, ERR_HOST, 0, "a \"file\"");
	cr_expect_str_eq(written(&report),
	    "{\"code\":\"DeadLettersFailed\",\"message\":"
	    "\"a \\\"file\\\"\"}\n");
}
