#include "gateway/receive/receive.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/base/listener.h"
#include "gateway/base/log.h"
#include "gateway/receive/worker_thread.h"

#define WORKERS_MAX 64

/* For connections to the upstream, log, eventfds, libraries: enough. */
#define FILES_OTHER 1024

/* With fewer than this the gateway does not start. */
#define CONNECTIONS_MIN 16

struct receive {
	struct receive_shared shared;
	char *project; /* our copies: the options may be gone */
	char *identify_by;
	char address[LISTENER_ADDRESS_MOST];
	size_t count;
	struct worker *workers[WORKERS_MAX];
};

static size_t
worker_count(const struct receive_options *options)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = options->workers;

	if (n == 0)
		n = cores > 0 ? (uint64_t)cores : 1;
	return n < WORKERS_MAX ? (size_t)n : WORKERS_MAX;
}

/* How many files may this process have, if we ask for `need`? */
static uint64_t
raise_file_limit(uint64_t need)
{
	struct rlimit now, want;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1)
		return need; /* unknown: assume that it is enough */
	if (now.rlim_cur >= need)
		return now.rlim_cur;
	/* With the privilege, both limits; without, up to the hard one. */
	want =
	    (struct rlimit){ need, now.rlim_max > need ? now.rlim_max : need };
	if (setrlimit(RLIMIT_NOFILE, &want) == 0)
		return need;
	want = (struct rlimit){ now.rlim_max, now.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &want) == 0)
		return now.rlim_max;
	return now.rlim_cur;
}

static bool
fit_files(struct receive *receive, struct err *err)
{
	uint64_t *max = &receive->shared.options.max_connections;
	uint64_t other = FILES_OTHER + RECEIVE_SHARED_EXCESS +
			 receive->count * (LINGERING_CLOSE_MAX + 8);
	uint64_t asked = *max;
	uint64_t files = raise_file_limit(asked + other);

	if (files >= asked + other)
		return true;
	if (files < other + CONNECTIONS_MIN)
		return err_set(err, ERR_HOST, 0,
		    "this process may open %llu files, which is too few: "
		    "raise its limit (ulimit -n) to %llu",
		    (unsigned long long)files,
		    (unsigned long long)(asked + other));
	*max = files - other;
	log_event(LOG_WARN, "connections_lowered",
	    LOG_INT("asked", (int64_t)asked),
	    LOG_INT("max_connections", (int64_t)*max),
	    LOG_INT("open_files", (int64_t)files),
	    LOG_STR("advice", "raise the limit of open files (ulimit -n) or "
			      "lower listen.max_connections"));
	return true;
}

static bool
open_workers(struct receive *receive, struct err *err)
{
	int fds[WORKERS_MAX];
	size_t n = 0;

	if (!listener_open("listen.address", receive->shared.options.address,
		fds, receive->count, receive->address, err))
		return false;
	while (n < receive->count && worker_thread_open(&receive->workers[n],
					 &receive->shared, fds[n], err))
		n++;
	if (n == receive->count)
		return true;
	/* worker_thread_open has taken the socket that it failed with. */
	for (size_t i = n + 1; i < receive->count; i++)
		close(fds[i]);
	return false;
}

static bool
start_workers(struct receive *receive, struct err *err)
{
	for (size_t i = 0; i < receive->count; i++)
		if (!worker_thread_start(receive->workers[i], err))
			return false;
	return true;
}

static bool
copy_options(struct receive *receive, const struct receive_options *options,
    struct err *err)
{
	struct receive_shared *shared = &receive->shared;

	shared->options = *options;
	receive->count = worker_count(options);
	receive->project =
	    strdup(options->project != NULL ? options->project : "");
	receive->identify_by =
	    strdup(options->identify_by != NULL ? options->identify_by : "");
	if (receive->project == NULL || receive->identify_by == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for the listener");
	shared->options.project = receive->project;
	shared->options.identify_by = receive->identify_by;
	shared->timeout_limits = (struct timeouts_limits){
		.head_ns = (int64_t)options->header_timeout_ms * NS_PER_MS,
		.body_ns = (int64_t)options->body_timeout_ms * NS_PER_MS,
		.bytes_per_s = options->min_body_rate,
	};
	shared->dead_letters = options->dead_letters;
	atomic_init(&shared->dead_letters_alarm.raised, false);
	atomic_init(&shared->connections, 0);
	atomic_init(&shared->body_bytes, 0);
	atomic_init(&shared->draining, false);
	atomic_init(&shared->stop_at_ns, INT64_MAX);
	return true;
}

bool
receive_start(struct receive **out, const struct receive_options *options,
    struct tables *tables, struct spool *spool, struct budget *budget,
    struct registry *registry, struct err *err)
{
	struct receive *receive = calloc(1, sizeof *receive);

	if (receive == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for the listener");
	receive->shared.tables = tables;
	receive->shared.spool = spool;
	receive->shared.budget = budget;
	receive->shared.registry = registry;
	/* A producer that hangs up must not end the process. */
	signal(SIGPIPE, SIG_IGN);
	if (!copy_options(receive, options, err) || !fit_files(receive, err) ||
	    !open_workers(receive, err) || !start_workers(receive, err)) {
		receive_stop(&receive, (struct instant){ 0 });
		return false;
	}
	log_event(LOG_INFO, "listening", LOG_STR("address", receive->address),
	    LOG_INT("workers", (int64_t)receive->count));
	*out = receive;
	return true;
}

const char *
receive_address(const struct receive *receive)
{
	return receive->address;
}

static void
wake_all(struct receive *receive)
{
	for (size_t i = 0; i < receive->count; i++)
		if (receive->workers[i] != NULL)
			worker_thread_wake(receive->workers[i]);
}

void
receive_refuse(struct receive *receive)
{
	atomic_store(&receive->shared.draining, true);
}

void
receive_stop(struct receive **receive, struct instant deadline)
{
	struct receive *r = *receive;

	*receive = NULL;
	if (r == NULL)
		return;
	receive_refuse(r);
	atomic_store(&r->shared.stop_at_ns, deadline.ns);
	wake_all(r);
	for (size_t i = 0; i < r->count; i++)
		if (r->workers[i] != NULL)
			worker_thread_join(r->workers[i]);
	for (size_t i = 0; i < r->count; i++)
		worker_thread_close(&r->workers[i]);
	free(r->project);
	free(r->identify_by);
	free(r);
}
