#include "gateway/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"

static void
on_second_signal(int number)
{
	(void)number;
	_exit(0); /* events acknowledged `durable` stay on disk */
}

static sigset_t
end_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

static sigset_t
all_signals(void)
{
	sigset_t set = end_signals();

	sigaddset(&set, SIGHUP);
	return set;
}

void
signals_block(void)
{
	sigset_t set = all_signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum signals_request
signals_wait(int64_t most_ns)
{
	const struct timespec most = { (time_t)(most_ns / NS_PER_S),
		(long)(most_ns % NS_PER_S) };
	sigset_t set = all_signals();

	switch (sigtimedwait(&set, NULL, &most)) {
	case SIGTERM:
	case SIGINT:
		return SIGNALS_END;
	case SIGHUP:
		return SIGNALS_RELOAD;
	default:
		return SIGNALS_NONE;
	}
}

void
signals_end_at_once(void)
{
	sigset_t set = end_signals();

	signal(SIGTERM, on_second_signal);
	signal(SIGINT, on_second_signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
