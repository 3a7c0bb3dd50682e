/*
 * ack_test - what a 200 waits for, and how all this ends.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/gateway/receive/rig.h"

#define P       "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"
#define WAIT    P "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@\n@"
#define SOON    P "Gateway-Ack: received\r\nContent-Length: #\r\n\r\n@"
#define TRIES   60000
#define HOUR_MS 3600000

static struct rig rig;

static void
prepare(enum acknowledge level)
{
	rig_init(&rig);
	rig.options.acknowledge = level;
}

static void
begin(void)
{
	struct err err;

	cr_assert(rig_start(&rig, &err), "%s", err.text);
}

static void
start(enum acknowledge level)
{
	prepare(level);
	begin();
}

static void
send_form(int fd, const char *form)
{
	char text[512];

	client_send(fd, text, request_from(form, text, sizeof text));
}

/* Until the spool has taken something: the request is suspended. */
static void
await_record(void)
{
	for (int i = 0; i < TRIES && spool_bytes(rig.spool) == 0; i++)
		rest_ms(1);
	cr_assert(spool_bytes(rig.spool) > 0);
}

Test(ack, delivered_waits_and_received_does_not)
{
	struct answer answer;
	int waits, goes;

	start(ACK_DELIVERED);
	atomic_store(&rig.mode, RIG_HOLD);
	waits = client_open(&rig);
	send_form(waits, GOOD); /* by the configuration's level */
	await_record();
	goes = client_open(&rig);
	cr_expect(client_ask(goes,
	    P "Gateway-Ack: received\r\nContent-Length: #\r\n\r\n@", &answer));
	cr_expect_eq(answer.status, 200);
	cr_expect_not_null(strstr(answer.head, "Gateway-Ack: received"));
	cr_expect(client_quiet(waits));
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_read(waits, &answer, true));
	cr_expect_eq(answer.status, 200);
	cr_expect_not_null(strstr(answer.head, "Gateway-Ack: delivered"));
	close(waits);
	close(goes);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 2);
}

/* Clients retry what has Retry-After; these events may still arrive. */
Test(ack, withdrawn_is_503_without_retry_after)
{
	struct answer answer;
	int fd;

	start(ACK_RECEIVED);
	atomic_store(&rig.mode, RIG_WITHDRAW);
	fd = client_open(&rig);
	cr_expect(client_ask(fd, WAIT, &answer));
	cr_expect_eq(answer.status, 503);
	cr_expect_not_null(strstr(answer.body, "\"code\":\"NotDeliveredYet\""));
	cr_expect_null(strstr(answer.head, "Retry-After"));
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_ask(fd, WAIT, &answer) && answer.status == 200,
	    "the connection serves on");
	close(fd);
	rig_end(&rig);
}

Test(ack, refused_upstream_is_400_with_the_lines)
{
	struct answer answer;
	int fd;

	start(ACK_RECEIVED);
	atomic_store(&rig.mode, RIG_REFUSE);
	fd = client_open(&rig);
	cr_expect(client_ask(fd, WAIT, &answer));
	cr_expect_eq(answer.status, 400);
	cr_expect_not_null(strstr(answer.body, "\"code\":\"RefusedUpstream\""));
	cr_expect_not_null(strstr(answer.body,
	    "\"errors\":[{\"line\":1,\"reason\":\"refused_upstream\""));
	cr_expect_not_null(strstr(answer.body, "{\"line\":4,"));
	cr_expect_not_null(strstr(answer.body, "\"more\":0"));
	cr_expect_null(strstr(answer.head, "Retry-After"));
	close(fd);
	rig_end(&rig);
}

Test(ack, the_completion_carries_its_deadline)
{
	struct record *record;
	struct instant before, after;
	int fd;

	start(ACK_RECEIVED);
	/* No pump: what it would take is looked at here. */
	rig_stop_pump(&rig);
	before = clock_now();
	fd = client_open(&rig);
	send_form(fd, WAIT);
	await_record();
	after = clock_now();
	record = spool_take(rig.spool);
	cr_assert_not_null(record);
	cr_assert_not_null(record->completion);
	cr_expect(record->accepted.ns >= before.ns - NS_PER_S);
	cr_expect(record->accepted.ns <= after.ns);
	cr_expect_eq(record->completion->deadline.ns,
	    record->accepted.ns + 25000 * NS_PER_MS);
	cr_expect_eq(record->events, 2);
	cr_expect_eq(record->lines[record->bytes - 1], '\n');
	cr_expect_str_eq(record->table->options.name, "t");
	cr_expect(record->earliest_ms <= clock_wall_ms());
	cr_expect(record->earliest_ms > clock_wall_ms() - 60000);
	completion_complete(record->completion, COMPLETION_DELIVERED);
	spool_ack(rig.spool, record, clock_now());
	close(fd);
	rig_end(&rig);
}

Test(ack, who_hangs_up_while_waiting_leaves_its_events)
{
	struct answer answer;
	uint64_t one = 0;
	int fd;

	start(ACK_DELIVERED);
	atomic_store(&rig.mode, RIG_HOLD);
	for (int i = 0; i < 20; i++) {
		fd = client_open(&rig);
		send_form(fd, WAIT);
		close(fd);
		if (i == 0) {
			await_record();
			one = spool_bytes(rig.spool);
		}
	}
	for (int i = 0; i < TRIES && spool_bytes(rig.spool) < 20 * one; i++)
		rest_ms(1);
	atomic_store(&rig.mode, RIG_DELIVER);
	fd = client_open(&rig);
	cr_expect(client_ask(fd, WAIT, &answer) && answer.status == 200);
	close(fd);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 42);
}

/* Counts what the workers do with the receiving half of a connection. */
static atomic_int halves_shut;

int
shutdown(int fd, int how)
{
	if (how == SHUT_RD)
		atomic_fetch_add(&halves_shut, 1);
	return (int)syscall(SYS_shutdown, fd, how);
}

/* Each edge made the next one: a worker was busy for as long as a disk hung. */
Test(ack, a_hang_up_while_waiting_is_passed_on_once)
{
	struct answer answer;
	int fd;

	prepare(ACK_DELIVERED);
	rig.options.workers = 1;
	begin();
	atomic_store(&rig.mode, RIG_HOLD);
	fd = client_open(&rig);
	send_form(fd, WAIT);
	await_record();
	close(fd);
	for (int i = 0; i < TRIES && atomic_load(&halves_shut) == 0; i++)
		rest_ms(1);
	fd = client_open(&rig);
	for (int i = 0; i < 100; i++)
		cr_assert(client_ask(fd, SOON, &answer));
	cr_expect_eq(atomic_load(&halves_shut), 1);
	close(fd);
	atomic_store(&rig.mode, RIG_DELIVER);
	rig_end(&rig);
}

/* Requests behind a suspended one wait, and are answered after it. */
Test(ack, a_pile_behind_a_suspended_request_keeps_its_order)
{
	struct answer answer;
	int fd;

	start(ACK_RECEIVED);
	atomic_store(&rig.mode, RIG_HOLD);
	fd = client_open(&rig);
	send_form(fd, WAIT);
	send_form(fd, P "Content-Length: #\r\n\r\nx");
	send_form(fd, GOOD);
	await_record();
	cr_expect(client_quiet(fd));
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_read(fd, &answer, true) && answer.status == 200);
	cr_expect_not_null(strstr(answer.head, "Gateway-Ack: delivered"));
	cr_expect(client_read(fd, &answer, true) && answer.status == 400);
	cr_expect(client_read(fd, &answer, true) && answer.status == 200);
	cr_expect_not_null(strstr(answer.head, "Gateway-Ack: received"));
	close(fd);
	rig_end(&rig);
}

/* A client may close its sending half and still wants its answer. */
Test(ack, half_a_connection_is_enough_for_an_answer)
{
	struct answer answer;
	int fd;

	start(ACK_RECEIVED);
	for (int i = 0; i < 20; i++) {
		fd = client_open(&rig);
		send_form(fd, i % 2 == 0 ? WAIT : GOOD);
		shutdown(fd, SHUT_WR);
		cr_expect(client_read(fd, &answer, true), "%d", i);
		cr_expect_eq(answer.status, 200, "%d", i);
		cr_expect(client_closed(fd), "%d: and nothing more", i);
		close(fd);
	}
	rig_end(&rig);
}

Test(ack, draining_refuses_what_is_new_and_finishes_what_is_not)
{
	static const char half[] =
	    P "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
	static char body[100000];
	struct answer answer;
	int waits, midway, idle, fresh;

	memset(body, '\n', sizeof body);
	memcpy(body, event_now(), strlen(event_now()));
	start(ACK_DELIVERED);
	atomic_store(&rig.mode, RIG_HOLD);
	idle = client_open(&rig);
	cr_expect(client_ask(idle, P "Content-Length: 0\r\n\r\n", &answer));
	waits = client_open(&rig);
	send_form(waits, WAIT);
	await_record();
	midway = client_open(&rig);
	client_send(midway, half, sizeof half - 1);
	cr_assert(client_continued(midway));
	client_send(midway, body, sizeof body / 2);

	receive_refuse(rig.receive);
	fresh = client_open(&rig);
	for (int i = 0; i < 2; i++) {
		int fd = i == 0 ? idle : fresh;

		cr_expect(client_ask(fd, GOOD, &answer));
		cr_expect_eq(answer.status, 503);
		cr_expect_not_null(
		    strstr(answer.body, "\"code\":\"Draining\""));
		cr_expect_not_null(strstr(answer.head, "Retry-After: "));
		cr_expect_not_null(strstr(answer.head, "Connection: close"));
		cr_expect(client_closed(fd));
		close(fd);
	}
	client_send(midway, body + sizeof body / 2, sizeof body / 2);
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_read(waits, &answer, true) && answer.status == 200);
	cr_expect_not_null(strstr(answer.head, "Connection: close"));
	cr_expect(client_read(midway, &answer, true) && answer.status == 200);
	close(waits);
	close(midway);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 3);
}

static void *
deliver_when_stopping(void *arg)
{
	await_draining(*(int *)arg);
	atomic_store(&rig.mode, RIG_DELIVER);
	return NULL;
}

Test(ack, stopping_waits_for_what_is_under_way)
{
	struct answer answer;
	pthread_t later;
	int waits, idle;

	prepare(ACK_DELIVERED);
	rig.options.workers = 1; /* one without a request ends at once */
	begin();
	atomic_store(&rig.mode, RIG_HOLD);
	idle = client_open(&rig);
	cr_expect(client_ask(idle, P "Content-Length: 0\r\n\r\n", &answer));
	waits = client_open(&rig);
	send_form(waits, WAIT);
	await_record();
	pthread_create(&later, NULL, deliver_when_stopping, &idle);
	rig_end(&rig);
	pthread_join(later, NULL);
	cr_expect(client_read(waits, &answer, true) && answer.status == 200);
	cr_expect(client_closed(waits));
	cr_expect(client_closed(idle));
	cr_expect_eq(atomic_load(&rig.events), 2);
}

/* The deadline comes first: an honest answer, and no crash when the other side
 * settles a completion of a listener that is gone. */
Test(ack, stopping_does_not_wait_for_ever)
{
	struct answer answer;
	int waits, midway;

	prepare(ACK_DELIVERED);
	/* None of these ends it: a stop that waited would hang here. */
	rig.options.ack_timeout_ms = HOUR_MS;
	rig.options.body_timeout_ms = HOUR_MS;
	rig.options.min_body_rate = 0;
	begin();
	atomic_store(&rig.mode, RIG_HOLD);
	midway = client_open(&rig);
	send_form(
	    midway, P "Expect: 100-continue\r\nContent-Length: 99\r\n\r\n@");
	cr_assert(client_continued(midway));
	waits = client_open(&rig);
	send_form(waits, WAIT);
	await_record();
	receive_stop(&rig.receive, rig_in_ms(50));
	cr_expect(client_read(waits, &answer, true));
	cr_expect_eq(answer.status, 503);
	cr_expect_not_null(strstr(answer.body, "NotDeliveredYet"));
	cr_expect_null(strstr(answer.head, "Retry-After"));
	close(waits);
	cr_expect(client_read(midway, &answer, true));
	cr_expect_not_null(strstr(answer.body, "Draining"), "%s", answer.body);
	close(midway);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 2);
}

Test(ack, stopping_twice_and_stopping_nothing_is_no_harm)
{
	struct receive *none = NULL;

	receive_stop(&none, rig_in_ms(0));
	start(ACK_RECEIVED);
	receive_stop(&rig.receive, rig_in_ms(0));
	cr_expect_null(rig.receive);
	rig_end(&rig);
}
