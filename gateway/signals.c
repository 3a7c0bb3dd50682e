#include "gateway/signals.h"

#include <execinfo.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"

#define STACK_MAX 32 /* frames: fits in what a pipe takes at once */

/*
 * Nothing here allocates: the heap may be what is broken.  assert and glibc
 * have said what is wrong; the stack says where, also without a core.  Where
 * nobody reads standard error, the end must not wait for it.
 */
static void
on_abort(int number)
{
	static const char line[] =
	    "polaris-gateway " GATEWAY_VERSION " (" GATEWAY_DATE
	    "): a bug, ended by SIGABRT at:\n";
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	void *stack[STACK_MAX];

	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0 &&
	    write(STDERR_FILENO, line, sizeof line - 1) > 0)
		backtrace_symbols_fd(
		    stack, backtrace(stack, STACK_MAX), STDERR_FILENO);
	raise(number); /* SA_RESETHAND: the default action, which dumps core */
}

void
signals_leave_core(void)
{
	struct sigaction action = { .sa_handler = on_abort,
		.sa_flags = SA_RESETHAND | SA_NODEFER };
	struct rlimit core;
	void *frame;

	/* Its first call loads a library, too late in a signal's handler. */
	backtrace(&frame, 1);
	sigemptyset(&action.sa_mask);
	sigaction(SIGABRT, &action, NULL);
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = core.rlim_max;
		setrlimit(RLIMIT_CORE, &core);
	}
}

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
