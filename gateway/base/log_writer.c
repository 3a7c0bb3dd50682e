#include "gateway/base/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"

#define STOP_MOST_S 2 /* whole seconds of the wall: at least one */

/* A ring: `len` bytes from `begin` on wait to be written. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, ending;
	size_t begin, len;
	char bytes[LOG_WRITER_ROOM];
	void (*tell)(uint64_t lines);
} writer = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static atomic_uint_fast64_t dropped;

/* What the writing thread logs itself may not be dropped: it goes directly. */
static _Thread_local bool is_writer;

static uint64_t
count_lines(const char *bytes, size_t len)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines;
}

/* False: the rest cannot be written, and is counted. */
static bool
write_all(const char *bytes, size_t len)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(STDERR_FILENO, bytes, len);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n == -1 && errno == EAGAIN) {
			(void)poll(&fd, 1, -1);
		} else if (n == -1 && errno != EINTR) {
			atomic_fetch_add(&dropped, count_lines(bytes, len));
			return false;
		}
	}
	return true;
}

static bool
append(const char *line, size_t len)
{
	size_t end = (writer.begin + writer.len) % LOG_WRITER_ROOM;
	size_t first = LOG_WRITER_ROOM - end;

	if (len > LOG_WRITER_ROOM - writer.len)
		return false;
	if (first > len)
		first = len;
	memcpy(writer.bytes + end, line, first);
	memcpy(writer.bytes, line + first, len - first);
	writer.len += len;
	return true;
}

/* The bytes that are being written stay in the ring until they are. */
static void *
write_lines(void *argument)
{
	uint64_t told = 0, lost;
	size_t n;
	bool ok, whole;

	(void)argument;
	is_writer = true;
	pthread_mutex_lock(&writer.lock);
	for (;;) {
		while (writer.len == 0 && !writer.ending)
			pthread_cond_wait(&writer.changed, &writer.lock);
		if (writer.len == 0)
			break;
		n = LOG_WRITER_ROOM - writer.begin;
		if (n > writer.len)
			n = writer.len;
		pthread_mutex_unlock(&writer.lock);
		ok = write_all(writer.bytes + writer.begin, n);
		pthread_mutex_lock(&writer.lock);
		/* At the ring's end a line may be cut: its rest comes next. */
		whole = writer.bytes[writer.begin + n - 1] == '\n';
		writer.begin = (writer.begin + n) % LOG_WRITER_ROOM;
		writer.len -= n;
		lost = atomic_load(&dropped);
		if (!ok || !whole || lost == told)
			continue;
		pthread_mutex_unlock(&writer.lock);
		writer.tell(lost - told);
		told = lost;
		pthread_mutex_lock(&writer.lock);
	}
	pthread_mutex_unlock(&writer.lock);
	return NULL;
}

bool
log_writer_start(void (*tell)(uint64_t lines), struct err *err)
{
	int error;

	writer.tell = tell;
	writer.ending = false;
	error = pthread_create(&writer.thread, NULL, write_lines, NULL);
	if (error != 0)
		return err_set(
		    err, ERR_HOST, 0, "the log's thread: %s", strerror(error));
	(void)pthread_setname_np(writer.thread, "log");
	pthread_mutex_lock(&writer.lock);
	writer.running = true;
	pthread_mutex_unlock(&writer.lock);
	return true;
}

void
log_writer_stop(void)
{
	struct timespec until;

	if (!writer.running)
		return;
	pthread_mutex_lock(&writer.lock);
	writer.ending = true;
	pthread_cond_signal(&writer.changed);
	pthread_mutex_unlock(&writer.lock);
	until =
	    (struct timespec){ .tv_sec = clock_wall_ms() / 1000 + STOP_MOST_S };
	/* A thread that is stuck in write() ends with the process. */
	if (pthread_timedjoin_np(writer.thread, NULL, &until) != 0)
		return;
	pthread_mutex_lock(&writer.lock);
	writer.running = false;
	pthread_mutex_unlock(&writer.lock);
}

void
log_writer_put(const char *line, size_t len)
{
	bool running, ok = true;

	if (is_writer) {
		(void)write_all(line, len);
		return;
	}
	pthread_mutex_lock(&writer.lock);
	running = writer.running;
	if (running) {
		ok = append(line, len);
		pthread_cond_signal(&writer.changed);
	}
	pthread_mutex_unlock(&writer.lock);
	if (!running)
		(void)write_all(line, len);
	else if (!ok)
		atomic_fetch_add(&dropped, 1);
}

uint64_t
log_writer_dropped(void)
{
	return atomic_load(&dropped);
}
