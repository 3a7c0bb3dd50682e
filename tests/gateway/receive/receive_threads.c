/*
 * receive_threads - workers, pump and clients at once, for the thread
 * sanitizer: many connections, all levels, clients that hang up, a refusal of
 * the spool now and then, and a stop in the midst of it.
 */
#include "tests/gateway/receive/rig.h"

#define CLIENTS 8
#define ROUNDS  3

static struct rig rig;
static atomic_bool stopping;
static atomic_ulong told_kept;

static const char *const forms[] = {
	GOOD,
	"POST /v1/events/t HTTP/1.1\r\nHost: h\r\nGateway-Ack: delivered\r\n"
	"Content-Length: #\r\n\r\n@\n@\n",
	"POST /v1/events/u HTTP/1.1\r\nHost: h\r\n"
	"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
};

static const unsigned events_of[] = { 1, 2, 0, 0 };

static void *
client(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct answer answer;
	int fd = -1;

	while (!atomic_load(&stopping)) {
		unsigned which = (unsigned)rand_r(&seed) % 4;
		char text[1024];
		size_t len = request_from(forms[which], text, sizeof text);

		if (fd == -1)
			fd = client_open(&rig);
		if (fd == -1)
			break;
		if (rand_r(&seed) % 16 == 0) {
			client_send(fd, text, len / 2);
			close(fd);
			fd = -1;
			continue;
		}
		if (!client_send(fd, text, len) ||
		    !client_read(fd, &answer, true)) {
			close(fd);
			fd = -1;
			continue;
		}
		if (answer.status == 200)
			atomic_fetch_add(&told_kept, events_of[which]);
		if (strstr(answer.head, "Connection: close") != NULL) {
			close(fd);
			fd = -1;
		}
	}
	if (fd != -1)
		close(fd);
	return NULL;
}

static bool
round_of(int n)
{
	pthread_t threads[CLIENTS];
	struct err err;
	unsigned long kept, told;
	int kept_open;

	rig_init(&rig);
	rig.options.workers = 3;
	rig.spool_bytes = 4000;
	atomic_store(&stopping, false);
	atomic_store(&told_kept, 0);
	if (!rig_start(&rig, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_create(&threads[i], NULL, client,
		    (void *)(uintptr_t)(i + 1 + (unsigned)n * 100));
	for (int i = 0; i < 60000 && atomic_load(&told_kept) < 1000; i++)
		rest_ms(1);
	kept_open = client_open(&rig);
	receive_refuse(rig.receive);
	await_draining(kept_open);
	close(kept_open);
	if (n % 2 == 0)
		atomic_store(&stopping, true);
	receive_stop(&rig.receive, rig_in_ms(n == 0 ? 0 : 500));
	atomic_store(&stopping, true);
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	rig_stop_pump(&rig);
	kept = atomic_load(&rig.events);
	told = atomic_load(&told_kept);
	printf("round %d: %lu events kept, %lu told so\n", n, kept, told);
	rig_end(&rig);
	return told > 0 && kept >= told;
}

int
main(void)
{
	for (int n = 0; n < ROUNDS; n++)
		if (!round_of(n))
			return 1;
	return 0;
}
