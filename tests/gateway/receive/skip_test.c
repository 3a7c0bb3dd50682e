/*
 * skip_test - invalid events that are skipped: what the answer says, and what
 * stays of them.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>

#include "gateway/deadletter/store.h"
#include "tests/gateway/receive/rig.h"

#define FORM(query, body)                                                      \
	"POST /v1/events/t" query " HTTP/1.1\r\nHost: h\r\n"                   \
	"Content-Length: #\r\n\r\n" body
#define SKIP "?on_invalid=skip"
#define MIB  (1 << 20)

static struct rig rig;
static char root[] = "/tmp/skip-XXXXXX";
static struct deadletter_store *letters;
static uint64_t small_spool; /* 0: the usual one */

static void
start_with(bool have_letters, enum on_invalid by_default)
{
	struct deadletter_store_options options = { .directory = root,
		.max_bytes = MIB };
	struct err err = { 0 };

	rig_init(&rig);
	if (small_spool > 0)
		rig.spool_bytes = small_spool;
	if (have_letters) {
		cr_assert_not_null(mkdtemp(root));
		cr_assert(deadletter_store_open(&letters, &options, &err), "%s",
		    err.text);
	}
	rig.options.dead_letters = letters;
	rig.tables_options.defaults.events.on_invalid = by_default;
	cr_assert(rig_start(&rig, &err), "%s", err.text);
}

static void
end(void)
{
	char command[64];

	rig_end(&rig);
	deadletter_store_close(&letters);
	snprintf(command, sizeof command, "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

static struct answer
ask(const char *form)
{
	struct answer answer;
	int fd = client_open(&rig);

	cr_assert(client_ask(fd, form, &answer));
	close(fd);
	return answer;
}

static size_t
letters_written(void)
{
	char path[64], *line = NULL;
	size_t n = 0, room = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/letters-0000000000000001.ndjson", root);
	file = fopen(path, "r");
	while (file != NULL && getline(&line, &room, file) > 0)
		n += line[0] == '{';
	free(line);
	if (file != NULL)
		fclose(file);
	return n;
}

/* clang-format off */
static const struct {
	const char *form;
	int status;
	const char *body;	/* begins so */
	size_t events, letters;	/* more than before */
} rows[] = {
	{ FORM(SKIP, "@\nx\n@\n"), 200,
	  "{\"accepted\":2,\"rejected\":1,\"errors\":[{\"line\":2,\"offset\":0,"
	  "\"reason\":\"not_json\"", 2, 1 },
	{ FORM(SKIP, "@\n@"), 200,
	  "{\"accepted\":2,\"rejected\":0,\"errors\":[]}", 2, 0 },
	{ FORM(SKIP, "x\n{}"), 200,
	  "{\"accepted\":0,\"rejected\":2,\"errors\":[{", 0, 2 },
	{ FORM(SKIP, ""), 200,
	  "{\"accepted\":0,\"rejected\":0,\"errors\":[]}", 0, 0 },
	{ FORM(SKIP "&dry_run=true", "@\nx"), 200,
	  "{\"accepted\":1,\"rejected\":1,\"errors\":[{", 0, 0 },
	{ FORM(SKIP, "[@]"), 400, "{\"code\":\"ArrayNotAccepted\"", 0, 0 },
	{ FORM("?on_invalid=reject", "@\nx"), 400,
	  "{\"code\":\"InvalidEvents\"", 0, 0 },
	{ FORM("", "@\nx"), 400, "{\"code\":\"InvalidEvents\"", 0, 0 },
	{ FORM("", "@"), 200, "", 1, 0 },
};
/* clang-format on */

Test(skip, keeps_the_valid_and_says_what_it_skipped)
{
	size_t events = 0, kept = 0;

	start_with(true, ON_INVALID_REJECT);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct answer answer = ask(rows[i].form);
		bool counted = strncmp(answer.body, "{\"acc", 6) == 0;

		cr_expect_eq(answer.status, rows[i].status, "%zu", i);
		cr_expect_eq(
		    strncmp(answer.body, rows[i].body, strlen(rows[i].body)), 0,
		    "%zu: %s", i, answer.body);
		cr_expect_eq(answer.body[0] == '\0', rows[i].body[0] == '\0');
		cr_expect(
		    !counted || (strstr(answer.head, "Gateway-Ack: received") &&
				    strstr(answer.head,
					"Content-Type: application/json")),
		    "%zu: %s", i, answer.head);
		events += rows[i].events;
		kept += rows[i].letters;
		cr_expect_eq(letters_written(), kept, "%zu", i);
	}
	end();
	cr_expect_eq(atomic_load(&rig.events), events);
}

Test(skip, a_table_skips_by_its_own_rule_and_a_request_overrides)
{
	start_with(true, ON_INVALID_SKIP);
	cr_expect_eq(ask(FORM("", "x")).status, 200);
	cr_expect_eq(ask(FORM("?on_invalid=reject", "x")).status, 400);
	cr_expect_eq(letters_written(), 1);
	end();
}

Test(skip, without_dead_letters_is_not_to_be_had)
{
	struct answer answer;

	start_with(false, ON_INVALID_REJECT);
	answer = ask(FORM(SKIP, "@"));
	cr_expect_eq(answer.status, 400);
	cr_expect_not_null(strstr(answer.body, "\"SkipUnavailable\""));
	end();
}

/* The answer would be too long otherwise; `rejected` counts them all. */
Test(skip, tells_twenty)
{
	char form[1024] = FORM(SKIP, "");
	struct answer answer;
	size_t n = 0;

	start_with(true, ON_INVALID_REJECT);
	for (int i = 0; i < 25; i++)
		strcat(form, "x\n");
	answer = ask(form);
	cr_expect_not_null(strstr(answer.body, "\"rejected\":25,"));
	for (char *at = answer.body; (at = strstr(at, "\"line\"")); at++)
		n++;
	cr_expect_eq(n, 20);
	cr_expect_eq(letters_written(), 25);
	end();
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(skip, a_disk_that_takes_no_letter_takes_no_event_either)
{
	struct answer answer;

	signal(SIGXFSZ, SIG_IGN);
	start_with(true, ON_INVALID_REJECT);
	limit_files(10);
	answer = ask(FORM(SKIP, "@\nx"));
	cr_expect_eq(answer.status, 503);
	cr_expect_eq(strncmp(answer.body, "{\"code\":\"DeadLettersFailing\"",
			 strlen("{\"code\":\"DeadLettersFailing\"")),
	    0, "%s", answer.body);
	cr_expect_null(strstr(answer.body, "errors"), "%s", answer.body);
	cr_expect_not_null(strstr(answer.head, "Retry-After: "));
	cr_expect_eq(ask(FORM(SKIP, "@")).status, 200, "nothing to skip");
	limit_files(RLIM_INFINITY);
	cr_expect_eq(ask(FORM(SKIP, "@\nx")).status, 200);
	cr_expect_eq(letters_written(), 1);
	end();
	cr_expect_eq(atomic_load(&rig.events), 2);
}

Test(skip, dead_letters_that_are_full_refuse_and_keep_nothing)
{
	static char line[200000];
	struct deadletter_store_ref place;
	struct answer answer;
	struct err err = { 0 };

	start_with(true, ON_INVALID_REJECT);
	memset(line, ' ', sizeof line - 1);
	line[sizeof line - 2] = '\n';
	for (size_t len = sizeof line - 1; len > 0;)
		if (deadletter_store_append(letters, (struct span){ line, len },
			&place, &err) == DEADLETTER_STORE_FULL)
			len /= 2;
	answer = ask(FORM(SKIP, "@\nx"));
	cr_expect_eq(answer.status, 503);
	cr_expect_not_null(strstr(answer.body, "\"DeadLettersFull\""));
	cr_expect_not_null(strstr(answer.head, "Retry-After: "));
	cr_expect_eq(ask(FORM(SKIP, "@")).status, 200, "nothing to skip");
	end();
	cr_expect_eq(atomic_load(&rig.events), 1);
}

/* Written before the events were withdrawn, so taken back after it. */
Test(skip, a_request_that_is_refused_later_leaves_no_letter)
{
	struct answer answer;
	int fd;

	start_with(true, ON_INVALID_REJECT);
	atomic_store(&rig.mode, RIG_WITHDRAW);
	fd = client_open(&rig);
	cr_expect(client_ask(fd,
	    "POST /v1/events/t" SKIP " HTTP/1.1\r\nHost: h\r\n"
	    "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@\nx",
	    &answer));
	cr_expect_eq(answer.status, 503);
	cr_expect_eq(letters_written(), 0);
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_ask(fd,
	    "POST /v1/events/t" SKIP " HTTP/1.1\r\nHost: h\r\n"
	    "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@\nx",
	    &answer));
	cr_expect_eq(answer.status, 200);
	cr_expect_not_null(strstr(answer.head, "Gateway-Ack: delivered"));
	cr_expect_not_null(
	    strstr(answer.body, "\"accepted\":1,\"rejected\":1"));
	cr_expect_eq(letters_written(), 1);
	close(fd);
	end();
}

/* With no room for the events: by a small spool, and nobody who takes. */
Test(skip, a_full_spool_leaves_no_letter)
{
	struct answer answer;

	small_spool = 2000;
	start_with(true, ON_INVALID_REJECT);
	atomic_store(&rig.mode, RIG_HOLD);
	while ((answer = ask(FORM("", "@\n@\n@\n@"))).status == 200)
		;
	cr_expect_not_null(strstr(answer.body, "\"SpoolFull\""));
	for (int i = 0; i < 3; i++) {
		answer = ask(FORM(SKIP, "@\n@\n@\n@\nx"));
		cr_expect_eq(answer.status, 503);
		cr_expect_not_null(strstr(answer.body, "\"SpoolFull\""));
		cr_expect_null(strstr(answer.body, "errors"));
	}
	cr_expect_eq(letters_written(), 0);
	cr_expect_eq(ask(FORM(SKIP, "x")).status, 200, "nothing to keep");
	end();
}
