/*
 * limits_test - over a bound: a real answer with Retry-After, never silence,
 * never a loss; and below it again, service.
 */
#include <criterion/criterion.h>

#include <sys/resource.h>

#include "tests/gateway/receive/rig.h"

#define P     "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"
#define TRIES 50000 /* until a busy machine gets to it */

static struct rig rig;

static void
start(void)
{
	struct err err;

	cr_assert(rig_start(&rig, &err), "%s", err.text);
}

static void
expect_later(const struct answer *answer, const char *code)
{
	int seconds = 0;
	const char *retry = strstr(answer->head, "Retry-After: ");

	cr_expect_eq(answer->status, 503, "%d", answer->status);
	cr_expect_not_null(strstr(answer->body, code), "%s", answer->body);
	cr_expect(
	    retry != NULL && sscanf(retry, "Retry-After: %d\r", &seconds) == 1,
	    "%s", answer->head);
	cr_expect(seconds >= 1 && seconds <= 60, "%d", seconds);
}

static int
ask_once(const char *form, struct answer *answer)
{
	int fd = client_open(&rig);

	client_ask(fd, form, answer);
	close(fd);
	return answer->status;
}

/* Two tables: the first may fill half, and the second finds room. */
Test(limits, a_table_with_more_than_its_share_is_told_so)
{
	struct answer answer;
	int fd, kept = 0;

	rig_init(&rig);
	rig.spool_bytes = 4000;
	start();
	atomic_store(&rig.mode, RIG_HOLD);
	fd = client_open(&rig);
	cr_expect(client_ask(fd,
	    "POST /v1/events/other HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: #\r\n\r\n@",
	    &answer));
	cr_expect_eq(answer.status, 200);
	while (client_ask(fd, GOOD, &answer) && answer.status == 200)
		kept++;
	expect_later(&answer, "\"code\":\"TableBacklog\"");
	cr_expect(kept > 2 && kept < 20, "%d", kept);
	close(fd);
	fd = client_open(&rig);
	cr_expect(client_ask(fd,
	    "POST /v1/events/other HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: #\r\n\r\n@",
	    &answer));
	cr_expect_eq(answer.status, 200);
	close(fd);
	rig_end(&rig);
}

Test(limits, a_full_spool_says_when_to_come_back)
{
	struct answer answer;
	int fd, kept = 0;

	rig_init(&rig);
	rig.spool_bytes = 2000;
	start();
	atomic_store(&rig.mode, RIG_HOLD);
	fd = client_open(&rig);
	while (client_ask(fd, GOOD, &answer) && answer.status == 200)
		kept++;
	expect_later(&answer, "\"code\":\"SpoolFull\"");
	cr_expect(kept > 2 && kept < 30, "%d", kept);

	/* Suspended already when the spool says no. */
	client_ask(fd, P "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@",
	    &answer);
	expect_later(&answer, "\"code\":\"SpoolFull\"");

	/* Nothing to keep: nothing to refuse. */
	client_ask(fd, P "Content-Length: 0\r\n\r\n", &answer);
	cr_expect_eq(answer.status, 200);
	atomic_store(&rig.mode, RIG_DELIVER);
	for (int i = 0; i < TRIES && answer.status != 503; i++)
		client_ask(fd, GOOD, &answer), kept += answer.status == 200;
	close(fd);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), (unsigned long)kept);
}

Test(limits, bodies_being_received_are_bounded_together)
{
	static const char half[] = P "Content-Length: 700\r\n\r\n{";
	struct answer answer = { 0 };
	char whole[1024];
	int fd, first, n;

	rig_init(&rig);
	rig.options.memory_bytes = 1000;
	start();
	first = client_open(&rig);
	client_send(first, half, sizeof half - 1);
	/* Once that one's head was read, another such has no place. */
	n = snprintf(
	    whole, sizeof whole, P "Content-Length: 700\r\n\r\n%700s", "\n");
	for (int i = 0; i < TRIES && answer.status != 503; i++) {
		fd = client_open(&rig);
		client_send(fd, whole, (size_t)n);
		client_read(fd, &answer, true);
		close(fd);
	}
	expect_later(&answer, "\"code\":\"MemoryFull\"");
	cr_expect_eq(ask_once(GOOD, &answer), 200, "a small one fits");

	/* A body that grows, and one that grows by being unpacked. */
	fd = client_open(&rig);
	client_ask(fd, P "Transfer-Encoding: chunked\r\n\r\n5\r\n{}\n\n\n\r\n",
	    &answer);
	expect_later(&answer, "\"code\":\"MemoryFull\"");
	close(fd);
	close(first);
	rig_end(&rig);
}

Test(limits, tables_are_bounded_or_named)
{
	struct table_options known = { .name = "known", .id = "known" };
	struct answer answer;

	rig_init(&rig);
	known.batch = rig.tables_options.defaults.batch;
	known.events = rig.tables_options.defaults.events;
	rig.tables_options.configured = &known;
	rig.tables_options.configured_count = 1;
	rig.tables_options.max_unconfigured = 1;
	start();
	cr_expect_eq(ask_once(GOOD, &answer), 200);
	ask_once("POST /v1/events/u HTTP/1.1\r\nHost: h\r\n"
		 "Content-Length: 0\r\n\r\n",
	    &answer);
	expect_later(&answer, "\"code\":\"TooManyTables\"");
	rig_end(&rig);

	rig_init(&rig);
	rig.tables_options.configured = &known;
	rig.tables_options.configured_count = 1;
	rig.tables_options.reject_unknown = true;
	start();
	cr_expect_eq(ask_once(GOOD, &answer), 404);
	cr_expect_not_null(strstr(answer.body, "\"code\":\"ObjectNotFound\""));
	cr_expect_null(strstr(answer.head, "Retry-After"));
	cr_expect_eq(ask_once("POST /v1/events/known HTTP/1.1\r\nHost: h\r\n"
			      "Content-Length: #\r\n\r\n@",
			 &answer),
	    200);
	rig_end(&rig);
}

Test(limits, a_project_that_is_configured_must_be_the_one)
{
	static char project[] = "p";
	struct answer answer;

	rig_init(&rig);
	rig.options.project = project;
	start();
	cr_expect_eq(ask_once("POST /v1/projects/p/events/t HTTP/1.1\r\n"
			      "Host: h\r\nContent-Length: #\r\n\r\n@",
			 &answer),
	    200);
	cr_expect_eq(ask_once("POST /v1/projects/q/events/t HTTP/1.1\r\n"
			      "Host: h\r\nContent-Length: #\r\n\r\n@",
			 &answer),
	    404);
	rig_end(&rig);
}

Test(limits, a_connection_too_many_is_told_so)
{
	struct answer answer;
	int fds[3];

	rig_init(&rig);
	rig.options.max_connections = 3;
	start();
	for (int i = 0; i < 3; i++) {
		fds[i] = client_open(&rig);
		cr_assert(client_ask(fds[i], GOOD, &answer));
		cr_assert_eq(answer.status, 200);
	}
	for (int i = 0; i < 20; i++) {
		int fd = client_open(&rig);

		/* Whether it speaks or only listens. */
		if (i % 2 == 0)
			client_send(fd, GOOD, strlen(GOOD));
		cr_expect(client_read(fd, &answer, true), "%d", i);
		expect_later(&answer, "\"code\":\"TooManyConnections\"");
		cr_expect(client_closed(fd), "%d: %s", i, strerror(errno));
		close(fd);
	}
	for (int i = 0; i < 3; i++)
		cr_expect(
		    client_ask(fds[i], GOOD, &answer) && answer.status == 200,
		    "those that are in stay in");
	close(fds[0]);
	for (int i = 0; i < TRIES; i++)
		if (ask_once(GOOD, &answer) == 200)
			break;
	cr_expect_eq(answer.status, 200, "a free place is given away");
	close(fds[1]);
	close(fds[2]);
	rig_end(&rig);
}

Test(limits, a_second_gateway_on_the_address_does_not_start)
{
	static char address[64];
	struct receive *second = NULL;
	struct answer answer;
	struct err err;

	rig_init(&rig);
	rig.options.workers = 4;
	start();
	snprintf(address, sizeof address, "%s", receive_address(rig.receive));
	rig.options.address = address;
	for (int i = 0; i < 3; i++) {
		cr_expect_not(receive_start(&second, &rig.options, rig.tables,
		    rig.spool, rig.budget, rig.registry, &err));
		cr_expect_null(second);
		cr_expect_eq(err.kind, ERR_HOST);
		cr_expect_not_null(strstr(err.text, address), "%s", err.text);
		cr_expect_not_null(
		    strstr(err.text, "change listen.address"), "%s", err.text);
	}
	cr_expect_eq(ask_once(GOOD, &answer), 200, "the first one serves on");
	rig_end(&rig);
}

Test(limits, a_restart_finds_its_address_free)
{
	static char address[64];
	struct answer answer;
	struct err err;

	rig_init(&rig);
	start();
	snprintf(address, sizeof address, "%s", receive_address(rig.receive));
	for (int i = 0; i < 3; i++) {
		/* The server closes first: its side of the port lingers. */
		cr_expect_eq(ask_once("GET / HTTP/1.0\r\n\r\n", &answer), 404);
		receive_stop(&rig.receive, rig_in_ms(1000));
		rig.options.address = address;
		cr_assert(receive_start(&rig.receive, &rig.options, rig.tables,
			      rig.spool, rig.budget, rig.registry, &err),
		    "%s", err.text);
		cr_expect_str_eq(receive_address(rig.receive), address);
	}
	rig_end(&rig);
}

Test(limits, an_address_that_is_none_is_told)
{
	static char bad[] = "nowhere", elsewhere[] = "192.0.2.1:0";
	struct receive *receive = NULL;
	struct err err;

	rig_init(&rig);
	start();
	rig.options.address = bad;
	cr_expect_not(receive_start(&receive, &rig.options, rig.tables,
	    rig.spool, rig.budget, rig.registry, &err));
	cr_expect_eq(err.kind, ERR_INPUT);
	rig.options.address = elsewhere;
	cr_expect_not(receive_start(&receive, &rig.options, rig.tables,
	    rig.spool, rig.budget, rig.registry, &err));
	cr_expect_not_null(strstr(err.text, "no such address"), "%s", err.text);
	rig_end(&rig);
}

/* As somebody who may not raise the limit again. */
static void
lower_file_limit(rlim_t files)
{
	struct rlimit limit = { files, files };

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (geteuid() == 0)
		cr_assert_eq(setuid(65534), 0);
}

Test(limits, few_files_mean_few_connections)
{
	struct answer answer = { 0 };
	int fds[100], n = 0;

	rig_init(&rig);
	lower_file_limit(1450);
	start();
	while (n < 100) {
		fds[n] = client_open(&rig);
		client_ask(fds[n++], GOOD, &answer);
		if (answer.status != 200)
			break;
	}
	expect_later(&answer, "\"code\":\"TooManyConnections\"");
	cr_expect(n > 16 && n < 100, "%d", n);
	while (n > 0)
		close(fds[--n]);
	rig_end(&rig);
}

Test(limits, far_too_few_files_are_no_start)
{
	struct receive *receive = NULL;
	struct err err;

	rig_init(&rig);
	start();
	lower_file_limit(300);
	cr_expect_not(receive_start(&receive, &rig.options, rig.tables,
	    rig.spool, rig.budget, rig.registry, &err));
	cr_expect_not_null(strstr(err.text, "ulimit -n"), "%s", err.text);
	rig_end(&rig);
}
