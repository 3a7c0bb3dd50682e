/*
 * stream_test - requests however they are cut, packed, piled up or torn off.
 */
#include <criterion/criterion.h>
#include <libdeflate.h>

#include "tests/gateway/receive/rig.h"

#define P "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"

static struct rig rig;

static void
start(void)
{
	struct err err;

	cr_assert(rig_start(&rig, &err), "%s", err.text);
}

/* Stops everything and gives the number of events that were kept. */
static unsigned long
kept(void)
{
	rig_end(&rig);
	return atomic_load(&rig.events);
}

/* Cut in two at every byte, on one connection. */
Test(stream, a_request_may_be_cut_anywhere)
{
	static const char *const forms[] = { GOOD,
		P "Transfer-Encoding: chunked\r\n\r\n"
		  "3\r\n \r\n\r\n1;x=y\r\n\n\r\n0\r\nT: u\r\n\r\n" };
	struct answer answer;
	char text[512];
	unsigned long n = 0;
	int fd;

	rig_init(&rig);
	start();
	fd = client_open(&rig);
	for (int f = 0; f < 2; f++) {
		size_t len = request_from(forms[f], text, sizeof text);

		for (size_t cut = 1; cut < len; cut++) {
			cr_assert(client_send(fd, text, cut));
			rest_ms(cut % 8 == 0); /* let it be read apart */
			cr_assert(client_send(fd, text + cut, len - cut));
			cr_assert(
			    client_read(fd, &answer, true), "cut %zu", cut);
			cr_assert_eq(answer.status, 200, "cut %zu: %s", cut,
			    answer.body);
			n += f == 0;
		}
	}
	close(fd);
	cr_expect_eq(kept(), n);
}

Test(stream, byte_by_byte)
{
	struct answer answer;
	char text[512];
	size_t len;
	int fd;

	rig_init(&rig);
	start();
	len = request_from(GOOD, text, sizeof text);
	fd = client_open(&rig);
	for (size_t i = 0; i < len; i++) {
		client_send(fd, text + i, 1);
		rest_ms(i % 4 == 0);
	}
	cr_expect(client_read(fd, &answer, true) && answer.status == 200);
	close(fd);
	cr_expect_eq(kept(), 1);
}

/* Good, bad and none of ours, in one write; the answers in the same order. */
Test(stream, a_pile_of_requests_is_answered_in_order)
{
	static const char *const forms[] = { GOOD,
		P "Content-Length: #\r\n\r\nnonsense",
		"GET /v1/events/t HTTP/1.1\r\nHost: h\r\n\r\n",
		P "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		P "Gateway-Ack: delivered\r\nContent-Length: #\r\n\r\n@" };
	static const int want[] = { 200, 400, 405, 200, 200 };
	static char text[64 << 10];
	struct answer answer;
	size_t len = 0;
	int fd;

	rig_init(&rig);
	start();
	for (int i = 0; i < 250; i++)
		len += request_from(forms[i % 5], text + len, 512);
	fd = client_open(&rig);
	cr_assert(client_send(fd, text, len));
	for (int i = 0; i < 250; i++) {
		cr_assert(client_read(fd, &answer, true), "%d", i);
		cr_assert_eq(answer.status, want[i % 5], "%d", i);
	}
	close(fd);
	cr_expect_eq(kept(), 100);
}

static size_t
zip(const void *in, size_t len, void *out, size_t room)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(9);
	size_t n = libdeflate_gzip_compress(c, in, len, out, room);

	libdeflate_free_compressor(c);
	return n;
}

/* Sends the packed body in the given way and gives the status. */
static int
send_zipped(const void *plain, size_t len, const char *coding, bool chunked,
    struct answer *answer)
{
	static unsigned char packed[2 << 20];
	size_t n = zip(plain, len, packed, sizeof packed);
	char head[256];
	int fd = client_open(&rig), m;

	m = snprintf(head, sizeof head, P "Content-Encoding: %s\r\n", coding);
	if (chunked)
		m += sprintf(
		    head + m, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", n);
	else
		m += sprintf(head + m, "Content-Length: %zu\r\n\r\n", n);
	client_send(fd, head, (size_t)m);
	client_send(fd, packed, n);
	if (chunked)
		client_send(fd, "\r\n0\r\n\r\n", 7);
	if (!client_read(fd, answer, true))
		answer->status = -1;
	close(fd);
	return answer->status;
}

Test(stream, gzip_is_unpacked_within_the_limit)
{
	static char plain[(1 << 20) + 1];
	struct answer answer;
	size_t len = 0;

	rig_init(&rig);
	start();
	while (len < 6000)
		len += (size_t)sprintf(plain + len, "\r\n%s\r\n", event_now());
	cr_expect_eq(send_zipped(plain, len, "gzip", false, &answer), 200);
	cr_expect_eq(send_zipped(plain, len, "X-GZIP", true, &answer), 200);
	cr_expect_eq(send_zipped("", 0, "gzip", false, &answer), 200);

	cr_expect_eq(send_zipped("{}\n", 3, "gzip", false, &answer), 400);
	cr_expect_not_null(strstr(answer.body, "time_missing"));
	cr_expect_eq(send_zipped(" [ ]", 4, "gzip", false, &answer), 400);

	memset(plain, '\n', sizeof plain);
	cr_expect_eq(send_zipped(plain, 1 << 20, "gzip", false, &answer), 200);
	cr_expect_eq(
	    send_zipped(plain, (1 << 20) + 1, "gzip", false, &answer), 413);
	cr_expect_eq(kept(), 2 * (len / (strlen(event_now()) + 4)));
}

/* What was accepted is what goes on: byte for byte, but for CR and blanks. */
Test(stream, the_bytes_kept_are_the_bytes_sent)
{
	static const char odd[] =
	    "{ \"a\" : 1.50e+03, \"__time\":\"%s, \"\\u00e9\":\"\xc3\xa9\"}\n";
	char event[256], text[512];
	struct answer answer;
	int fd, n;

	rig_init(&rig);
	start();
	n = sprintf(event, odd, strstr(event_now(), "20"));
	event[strcspn(event, "}")] = ' '; /* the sample's own brace */
	n = snprintf(text, sizeof text, P "Content-Length: %zu\r\n\r\n\r\n%s",
	    strlen(event) + 2, event);
	fd = client_open(&rig);
	client_send(fd, text, (size_t)n);
	cr_expect(client_read(fd, &answer, true) && answer.status == 200, "%s",
	    answer.body);
	close(fd);
	rig_halt(&rig);
	cr_expect_eq(rig.lines.len, strlen(event));
	cr_expect(rig.lines.at != NULL &&
		  memcmp(rig.lines.at, event, rig.lines.len) == 0);
	rig_end(&rig);
}

/* A full mebibyte in chunks of every size up to 5,000. */
Test(stream, chunks_of_any_size_make_one_body)
{
	static char body[1 << 20], frame[8192];
	struct answer answer;
	size_t line, at = 0, size = 1;
	int fd, n;

	rig_init(&rig);
	start();
	line = (size_t)sprintf(body, "%s\n", event_now());
	for (at = line; at + line <= sizeof body; at += line)
		memcpy(body + at, body, line);
	memset(body + at, '\n', sizeof body - at);
	fd = client_open(&rig);
	client_ask(
	    fd, P "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &answer);
	client_send(fd, P "Transfer-Encoding: chunked\r\n\r\n",
	    strlen(P "Transfer-Encoding: chunked\r\n\r\n"));
	for (at = 0; at < sizeof body; at += size++) {
		if (size > sizeof body - at)
			size = sizeof body - at;
		n = sprintf(frame, "%zx\r\n", size);
		memcpy(frame + n, body + at, size);
		memcpy(frame + (size_t)n + size, "\r\n", 2);
		cr_assert(client_send(fd, frame, (size_t)n + size + 2));
	}
	client_send(fd, "0\r\n\r\n", 5);
	cr_expect(client_read(fd, &answer, true) && answer.status == 200, "%s",
	    answer.body);
	close(fd);
	cr_expect_eq(kept(), sizeof body / line);
}

Test(stream, a_body_one_byte_too_long_is_too_long)
{
	static char body[(1 << 20) + 1];
	static const struct {
		const char *head;
		size_t len;
		int want;
	} rows[] = {
		{ "Content-Length: 1048576\r\n\r\n", 1 << 20, 200 },
		{ "Content-Length: 1048577\r\n\r\n", (1 << 20) + 1, 413 },
		{ "Transfer-Encoding: chunked\r\n\r\n100000\r\n", 1 << 20,
		    200 },
		{ "Transfer-Encoding: chunked\r\n\r\n100001\r\n", (1 << 20) + 1,
		    413 },
	};
	struct answer answer;

	rig_init(&rig);
	start();
	memset(body, '\n', sizeof body);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int fd = client_open(&rig);

		client_send(fd, P, strlen(P));
		client_send(fd, rows[i].head, strlen(rows[i].head));
		client_send(fd, body, rows[i].len);
		if (rows[i].head[0] == 'T')
			client_send(fd, "\r\n0\r\n\r\n", 7);
		cr_expect(client_read(fd, &answer, true), "%zu", i);
		cr_expect_eq(answer.status, rows[i].want, "%zu", i);
		close(fd);
	}
	cr_expect_eq(kept(), 0);
}

/*
 * The refusal leaves while the client still blasts.  It must be read whole,
 * and the end of the connection must not be a reset that destroys it.
 */
Test(stream, who_sends_far_too_much_still_reads_why_not)
{
	static const char *const heads[] = {
		P "Content-Length: 5000000\r\n\r\n",
		P "Transfer-Encoding: chunked\r\n\r\n4c4b40\r\n",
		"POST /nowhere HTTP/1.1\r\nHost: h\r\n"
		"Content-Length: 5000000\r\n\r\n",
	};
	static const int want[] = { 413, 413, 404 };
	static char blast[5000000];
	struct answer answer;

	rig_init(&rig);
	start();
	for (int i = 0; i < 60; i++) {
		int fd = client_open(&rig);

		client_send(fd, heads[i % 3], strlen(heads[i % 3]));
		cr_expect(client_send(fd, blast, sizeof blast), "%d", i);
		cr_expect(client_read(fd, &answer, true), "%d", i);
		cr_expect_eq(answer.status, want[i % 3], "%d", i);
		cr_expect_not_null(strstr(answer.head, "Connection: close"));
		cr_expect(client_closed(fd), "%d: %s", i, strerror(errno));
		close(fd);
	}
	cr_expect_eq(kept(), 0);
}

Test(stream, a_head_too_large_and_a_target_too_long_are_told_so)
{
	static char text[200000];
	struct answer answer;
	int fd, n;

	rig_init(&rig);
	start();
	n = sprintf(text, "POST /v1/events/t HTTP/1.1\r\nHost: h\r\nX: ");
	memset(text + n, 'a', sizeof text - (size_t)n);
	fd = client_open(&rig);
	client_send(fd, text, sizeof text);
	cr_expect(client_read(fd, &answer, false));
	cr_expect_eq(answer.status, 431);
	close(fd);
	fd = client_open(&rig);
	n = sprintf(text, "POST /");
	memset(text + n, 'a', sizeof text - (size_t)n);
	client_send(fd, text, sizeof text);
	cr_expect(client_read(fd, &answer, false));
	cr_expect_eq(answer.status, 414);
	close(fd);
	cr_expect_eq(kept(), 0);
}

Test(stream, a_nul_in_a_head_is_refused_wherever_it_stands)
{
	static const char nul[] = P "X: a\0\r\nContent-Length: 0\r\n\r\n";
	static const char hidden[] = P "Content-Length: 0\0 5\r\nX: y\r\n\r\n";
	static const char target[] =
	    "POST /v1/events/t\0u HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 0\r\n\r\n";
	static const struct span heads[] = { { nul, sizeof nul - 1 },
		{ hidden, sizeof hidden - 1 }, { target, sizeof target - 1 } };
	struct answer answer;

	rig_init(&rig);
	start();
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		int fd = client_open(&rig);

		client_send(fd, heads[i].at, heads[i].len);
		cr_expect(client_read(fd, &answer, true), "%zu", i);
		cr_expect_eq(answer.status, 400, "%zu", i);
		cr_expect(client_closed(fd), "%zu", i);
		close(fd);
	}
	cr_expect_eq(kept(), 0);
}

/* Nothing of a torn request is kept, and what it held is free again. */
Test(stream, who_hangs_up_midway_leaves_nothing_behind)
{
	static char body[19000];
	struct answer answer = { 0 };
	int fd, tries = 0;

	rig_init(&rig);
	rig.options.memory_bytes = 20000;
	start();
	for (int i = 0; i < 200; i++) {
		const char *head =
		    i % 2 ? P "Content-Length: 5000\r\n\r\n{"
			  : P "Transfer-Encoding: chunked\r\n\r\n9\r\n{";

		fd = client_open(&rig);
		client_send(fd, head, strlen(head) - (i % 3 == 0));
		close(fd);
	}
	/* Those may take a moment to be noticed; then this one fits. */
	memset(body, '\n', sizeof body);
	for (; answer.status != 200 && tries < 1000; tries++) {
		fd = client_open(&rig);
		client_send(fd, P "Content-Length: 19000\r\n\r\n",
		    strlen(P "Content-Length: 19000\r\n\r\n"));
		client_send(fd, body, sizeof body);
		client_read(fd, &answer, true);
		close(fd);
	}
	cr_expect_eq(answer.status, 200, "%d: %s", answer.status, answer.body);
	cr_expect_eq(kept(), 0);
}
