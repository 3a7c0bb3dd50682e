/*
 * late_test - clients that drip, stall or sleep, in real but short time.
 *
 * What the limits mean is asserted in virtual time by timeouts_test; here is
 * shown that they are applied to real sockets, however late on a busy machine.
 */
#include <criterion/criterion.h>

#include "tests/gateway/receive/rig.h"

#define P "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"

#define HEAD_MS 500
#define BODY_MS 300
#define LAST_MS 60000 /* of a test that hangs */

static struct rig rig;

static void
start(void)
{
	struct err err;

	rig_init(&rig);
	rig.options.workers = 1;
	rig.options.header_timeout_ms = HEAD_MS;
	rig.options.body_timeout_ms = BODY_MS;
	cr_assert(rig_start(&rig, &err), "%s", err.text);
}

static int64_t
ms_since(struct instant then)
{
	return (clock_now().ns - then.ns) / NS_PER_MS;
}

/* A connection that was served: a busy machine may be late with its first. */
static int
client_served(void)
{
	struct answer answer = { 0 };
	int fd = client_open(&rig);

	for (int i = 0; i < 100 && !client_ask(fd, GOOD, &answer); i++) {
		close(fd);
		fd = client_open(&rig);
	}
	cr_assert_eq(answer.status, 200);
	return fd;
}

/*
 * A byte every 10 ms, of `text` and then of `again` for ever, until the answer
 * or the end comes; the milliseconds that took, or -1 after LAST_MS.
 */
static int64_t
drip(int fd, const char *text, const char *again)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct instant start_at = clock_now();

	while (ms_since(start_at) < LAST_MS) {
		if (*text == '\0')
			text = again;
		send(fd, text++, 1, MSG_NOSIGNAL);
		if (poll(&pollfd, 1, 10) == 1)
			return ms_since(start_at);
	}
	return -1;
}

static void
expect_late(int fd, int64_t took, int64_t least)
{
	struct answer answer;

	cr_expect_geq(took, least, "took %lld ms", (long long)took);
	cr_expect(client_read(fd, &answer, true));
	cr_expect_eq(answer.status, 408);
	cr_expect_not_null(strstr(answer.head, "Connection: close"));
	cr_expect_not_null(strstr(answer.head, "Date: "));
	cr_expect_not_null(strstr(answer.body, "\"code\":\"RequestTimeout\""));
	close(fd);
}

Test(late, a_dripped_head_ends)
{
	int fd;

	start();
	fd = client_open(&rig);
	expect_late(fd, drip(fd, P "X-Endless: ", "x"), HEAD_MS - 20);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 0);
}

Test(late, a_dripped_body_ends)
{
	static const char head[] = P "Content-Length: 900\r\n\r\n";
	static const char chunked[] =
	    P "Transfer-Encoding: chunked\r\n\r\n1\r\n ";
	int fd;

	start();
	fd = client_open(&rig);
	client_send(fd, head, sizeof head - 1);
	expect_late(fd, drip(fd, "{", "x"), BODY_MS - 20);
	fd = client_open(&rig);
	client_send(fd, chunked, sizeof chunked - 1);
	expect_late(fd, drip(fd, "", "\r\n1\r\n "), BODY_MS - 20);
	rig_end(&rig);
	cr_expect_eq(atomic_load(&rig.events), 0);
}

Test(late, a_body_that_stalls_ends)
{
	static const char head[] = P "Content-Length: 900\r\n\r\n{";
	struct instant start_at;
	struct answer answer;
	int fd;

	start();
	fd = client_open(&rig);
	start_at = clock_now();
	client_send(fd, head, sizeof head - 1);
	cr_expect(client_read(fd, &answer, true) && answer.status == 408);
	cr_expect(ms_since(start_at) >= BODY_MS - 20);
	close(fd);
	rig_end(&rig);
}

/* Whoever never said a word is told none. */
Test(late, a_silent_connection_is_closed_in_silence)
{
	struct instant start_at;
	int fd;

	start();
	start_at = clock_now();
	fd = client_open(&rig);
	cr_expect(client_closed(fd));
	cr_expect(ms_since(start_at) >= HEAD_MS - 20);
	close(fd);
	rig_end(&rig);
}

Test(late, an_idle_connection_outlives_both_limits_and_serves)
{
	struct answer answer;
	int fd;

	start();
	fd = client_served();
	for (int i = 0; i < 3; i++) {
		cr_assert(client_ask(fd, GOOD, &answer));
		cr_expect_eq(answer.status, 200);
		rest_ms(HEAD_MS + BODY_MS);
		cr_expect(client_quiet(fd), "round %d", i);
	}
	close(fd);
	rig_end(&rig);
}

/* Between requests the first byte starts the time: even before a whole line. */
Test(late, the_next_head_on_a_kept_connection_has_its_limit_too)
{
	static const char *const starts[] = { "POST /v1/ev", "P",
		P "X: ", "\r\n" };
	int fd;

	start();
	for (int i = 0; i < 4; i++) {
		fd = client_served();
		rest_ms(HEAD_MS / 2);
		expect_late(fd, drip(fd, starts[i], "x"), HEAD_MS - 20);
	}
	rig_end(&rig);
}

/* As above, but one piece and then nothing: there is no second byte to see. */
Test(late, a_piece_of_a_head_and_then_silence_ends)
{
	struct answer answer;
	int fd;

	start();
	fd = client_served();
	rest_ms(HEAD_MS / 2);
	client_send(fd, "POST /v", 7);
	cr_expect(client_read(fd, &answer, true) && answer.status == 408);
	close(fd);
	rig_end(&rig);
}

/* A suspended request is ours, however long it takes. */
Test(late, waiting_for_delivery_is_not_the_producers_fault)
{
	static const char form[] =
	    P "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@";
	struct answer answer;
	char text[512];
	int fd;

	start();
	fd = client_served();
	atomic_store(&rig.mode, RIG_HOLD);
	client_send(fd, text, request_from(form, text, sizeof text));
	rest_ms(HEAD_MS + BODY_MS + 100);
	cr_expect(client_quiet(fd));
	atomic_store(&rig.mode, RIG_DELIVER);
	cr_expect(client_read(fd, &answer, true) && answer.status == 200);
	close(fd);
	rig_end(&rig);
}
