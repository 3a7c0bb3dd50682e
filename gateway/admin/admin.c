#include "gateway/admin/admin.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/admin/admin_answer.h"
#include "gateway/admin/dead_letter_api.h"
#include "gateway/admin/prometheus.h"
#include "gateway/admin/access.h"
#include "gateway/admin/page.h"
#include "gateway/admin/status.h"
#include "gateway/admin/suspended_request.h"
#include "gateway/base/listener.h"
#include "gateway/base/clock.h"

/*
 * Probes are rare, so this daemon may run on the library's own thread.  With
 * poll: its epoll thread stalls when exactly 128 connections are ready.
 */
#define FLAGS                                                                  \
	(MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD |                      \
	    MHD_ALLOW_SUSPEND_RESUME)
#define CONNECTIONS_MAX 64
#define IDLE_SECONDS    10

/* The page may do what stands in it, and talk to us: nothing else. */
#define PAGE_POLICY                                                            \
	"default-src 'none'; style-src 'unsafe-inline'; script-src "           \
	"'unsafe-inline'; connect-src 'self'; img-src data:; base-uri "        \
	"'none'; form-action 'none'; frame-ancestors 'none'"

struct admin {
	struct MHD_Daemon *daemon;
	struct registry *registry;
	const struct log_field *facts;
	struct access *guard;
	struct registry_view *view;     /* large; the daemon's thread alone */
	struct history_second *history; /* likewise */
	_Atomic(const char *) why_not;
	char address[LISTENER_ADDRESS_MOST];
	struct suspended_request_counter counter;
};

/* One request, from its head to its answer. */
struct visit {
	struct admin *admin;
	struct MHD_Connection *connection;
	const struct route *route; /* NULL: not yet known, or not answered */
	struct buffer body;
	bool judged; /* by its head */
	bool too_large;
	struct suspended_request waiting; /* for a job */
};

/* ---- what is answered ------------------------------------------------- */

static void
give_live(struct admin *admin, const char *since, struct admin_answer *answer)
{
	(void)admin;
	(void)since;
	answer->constant = SPAN("live\n");
}

static void
give_ready(struct admin *admin, const char *since, struct admin_answer *answer)
{
	const char *why_not = atomic_load(&admin->why_not);

	(void)since;
	if (why_not != NULL)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	buffer_print(
	    &answer->text, "%s\n", why_not == NULL ? "ready" : why_not);
}

static void
give_metrics(
    struct admin *admin, const char *since, struct admin_answer *answer)
{
	(void)since;
	registry_read(admin->registry, admin->view);
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	if (!prometheus_write(admin->view, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void
give_status(struct admin *admin, const char *since, struct admin_answer *answer)
{
	struct status status = {
		.view = admin->view,
		.history = admin->history,
		.facts = admin->facts,
		.why_not = atomic_load(&admin->why_not),
		.wall_ms = clock_wall_ms(),
		.since_ms = since == NULL ? 0 : strtoll(since, NULL, 10),
	};

	registry_read(admin->registry, admin->view);
	status.history_count =
	    registry_history(admin->registry, 0, admin->history);
	answer->type = "application/json";
	if (!status_write(&status, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void
give_page(struct admin *admin, const char *since, struct admin_answer *answer)
{
	(void)admin;
	(void)since;
	answer->type = "text/html; charset=utf-8";
	answer->policy = PAGE_POLICY;
	answer->constant = page_html();
}

/* ---- what is done, and answered when it is ---------------------------- */

static struct span
parameter(struct MHD_Connection *connection, const char *name)
{
	return span_of(MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, name));
}

static bool
order_look(struct visit *visit, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_query(out,
	    parameter(visit->connection, "table"),
	    parameter(visit->connection, "reason"),
	    parameter(visit->connection, "limit"), message);
}

static bool
order_replay(struct visit *visit, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_body(out, ADMIN_JOB_REPLAY,
	    (struct span){ visit->body.at, visit->body.len }, message);
}

static bool
order_purge(struct visit *visit, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_body(out, ADMIN_JOB_PURGE,
	    (struct span){ visit->body.at, visit->body.len }, message);
}

/* ---- routes ----------------------------------------------------------- */

/* Each gives an answer, or an order for a job; a POST is one of those. */
static const struct route {
	const char *path;
	enum access_need need;
	void (*give)(struct admin *admin, const char *since,
	    struct admin_answer *answer);
	bool (*order)(struct visit *visit, struct admin_job_request *out,
	    char message[DEAD_LETTER_API_MESSAGE]);
} routes[] = {
	{ "/livez", ACCESS_NOTHING, give_live, NULL },
	{ "/readyz", ACCESS_NOTHING, give_ready, NULL },
	{ "/metrics", ACCESS_TOKEN, give_metrics, NULL },
	{ "/status", ACCESS_TOKEN, give_status, NULL },
	{ "/", ACCESS_HOST, give_page, NULL },
	{ "/dead-letters", ACCESS_TOKEN, NULL, order_look },
	{ "/dead-letters/replay", ACCESS_JSON, NULL, order_replay },
	{ "/dead-letters/purge", ACCESS_JSON, NULL, order_purge },
};

static const struct route *
find_route(const char *path)
{
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* ---- requests --------------------------------------------------------- */

static struct span
header(struct MHD_Connection *connection, const char *name)
{
	return span_of(
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static bool
pass_guard(
    struct visit *visit, enum access_need need, struct admin_answer *answer)
{
	struct MHD_Connection *connection = visit->connection;
	struct access_request request = {
		.host = header(connection, "Host"),
		.authorization = header(connection, "Authorization"),
		.content_type = header(connection, "Content-Type"),
	};
	struct access_answer no =
	    access_ask(visit->admin->guard, need, &request, clock_now().ns);

	if (no.status != 0)
		admin_answer_refuse(answer, no.status, no.code, no.message);
	return no.status == 0;
}

static bool
pass_method(
    const struct route *route, const char *method, struct admin_answer *answer)
{
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
		     strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	bool posts = strcmp(method, MHD_HTTP_METHOD_POST) == 0;

	if (route->need == ACCESS_JSON ? posts : reads)
		return true;
	answer->allow = route->need == ACCESS_JSON ? "POST" : "GET, HEAD";
	admin_answer_refuse(answer, MHD_HTTP_METHOD_NOT_ALLOWED,
	    "MethodNotAllowed",
	    route->need == ACCESS_JSON ? "This path is only posted to"
				       : "This path is only read");
	return false;
}

/* By the head alone; false: the answer says why not. */
static bool
judge(struct visit *visit, const char *path, const char *method,
    struct admin_answer *answer)
{
	const struct route *route = find_route(path);

	visit->judged = true;
	if (route == NULL)
		admin_answer_refuse(answer, MHD_HTTP_NOT_FOUND, "NotFound",
		    "There are /, /status, /metrics, /livez, /readyz, "
		    "/dead-letters, /dead-letters/replay and "
		    "/dead-letters/purge");
	else if (pass_method(route, method, answer) &&
		 pass_guard(visit, route->need, answer))
		visit->route = route;
	return visit->route != NULL;
}

/* ---- jobs ---------------------------------------------------------- */

/* True: a job is under way; else the answer is there. */
static bool
start_job(struct visit *visit, struct admin_answer *answer)
{
	struct admin_job_request order;
	char message[DEAD_LETTER_API_MESSAGE];

	if (visit->too_large)
		admin_answer_refuse(answer, MHD_HTTP_CONTENT_TOO_LARGE,
		    "TooLarge", "a body here has at most 4096 bytes");
	else if (!visit->route->order(visit, &order, message))
		admin_answer_refuse(
		    answer, MHD_HTTP_BAD_REQUEST, "BadParameter", message);
	else
		suspended_request_begin(
		    &visit->waiting, &visit->admin->counter, &order);
	return visit->waiting.asked;
}

/* ---- the library's call ----------------------------------------------- */

/*
 * Only an answer at the end lets the connection live on.  Who sends a body
 * that nothing here takes is answered at the head.
 */
static bool
at_head(struct visit *visit, const char *path, const char *method,
    struct admin_answer *answer)
{
	bool has_body =
	    header(visit->connection, "Content-Length").at != NULL ||
	    header(visit->connection, "Transfer-Encoding").at != NULL;

	if (!has_body)
		return false;
	if (!judge(visit, path, method, answer))
		return true;
	if (visit->route->give == NULL)
		return false;
	visit->route->give(visit->admin, NULL, answer);
	return true;
}

/* False: not now. */
static bool
at_end(struct visit *visit, const char *path, const char *method,
    struct admin_answer *answer)
{
	if (visit->waiting.asked) {
		suspended_request_tell(&visit->waiting, answer);
		return true;
	}
	if (!visit->judged && !judge(visit, path, method, answer))
		return true;
	if (visit->route->give == NULL)
		return !start_job(visit, answer);
	visit->route->give(visit->admin,
	    MHD_lookup_connection_value(
		visit->connection, MHD_GET_ARGUMENT_KIND, "since"),
	    answer);
	return true;
}

static struct visit *
begin(struct admin *admin, struct MHD_Connection *connection)
{
	struct visit *visit = calloc(1, sizeof *visit);

	if (visit == NULL)
		return NULL;
	visit->admin = admin;
	visit->connection = visit->waiting.connection = connection;
	buffer_init(&visit->body, DEAD_LETTER_API_BODY);
	return visit;
}

/*
 * Called first with the head, then for each piece of a body, then for the end;
 * and once more when a job is done.
 */
static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *body,
    size_t *body_size, void **seen)
{
	struct visit *visit = *seen;
	struct admin_answer answer;
	bool answered, ok = true;

	(void)version;
	if (*body_size > 0) {
		if (!buffer_append(&visit->body, body, *body_size))
			visit->too_large = true;
		*body_size = 0;
		return MHD_YES;
	}
	admin_answer_init(&answer);
	if (visit == NULL) {
		*seen = visit = begin(data, connection);
		answered =
		    visit != NULL && at_head(visit, path, method, &answer);
		ok = visit != NULL;
	} else {
		answered = at_end(visit, path, method, &answer);
	}
	if (answered)
		ok = admin_answer_queue(&answer, connection);
	admin_answer_fini(&answer);
	return ok ? MHD_YES : MHD_NO;
}

static void
on_completed(void *data, struct MHD_Connection *connection, void **seen,
    enum MHD_RequestTerminationCode why)
{
	struct visit *visit = *seen;

	(void)data;
	(void)connection;
	(void)why;
	*seen = NULL;
	if (visit == NULL)
		return;
	admin_job_report_fini(&visit->waiting.report);
	buffer_fini(&visit->body);
	free(visit);
}

/* ---- life ------------------------------------------------------------- */

static void
admin_free(struct admin *admin)
{
	access_close(&admin->guard);
	suspended_request_fini(&admin->counter);
	free(admin->view);
	free(admin->history);
	free(admin);
}

static bool
make_room(struct admin *admin, struct err *err)
{
	admin->view = malloc(sizeof *admin->view);
	admin->history = calloc(HISTORY_SECONDS, sizeof *admin->history);
	return (admin->view != NULL && admin->history != NULL) ||
	       err_set(err, ERR_HOST, 0, "out of memory");
}

bool
admin_start(struct admin **out, const struct admin_options *options,
    const struct log_field *facts, struct registry *registry, struct err *err)
{
	struct admin *admin = calloc(1, sizeof *admin);
	int fd = -1;

	if (admin == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	atomic_init(&admin->why_not, "starting");
	suspended_request_init(&admin->counter);
	admin->registry = registry;
	admin->facts = facts;
	if (!make_room(admin, err) ||
	    !access_open(&admin->guard, options->token_file, options->host,
		clock_now().ns, err) ||
	    !listener_open(
		"admin.address", options->address, &fd, 1, admin->address, err))
		goto fail;
	admin->daemon = MHD_start_daemon(FLAGS, 0, NULL, NULL, on_request,
	    admin, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (admin->daemon == NULL) {
		err_set(err, ERR_HOST, 0,
		    "cannot serve on %s: no memory, or no thread to be had",
		    options->address);
		goto fail; /* the socket may be closed already: leave it */
	}
	*out = admin;
	return true;
fail:
	admin_free(admin);
	return false;
}

const char *
admin_address(const struct admin *admin)
{
	return admin->address;
}

void
admin_ready(struct admin *admin, const char *why_not)
{
	atomic_store(&admin->why_not, why_not);
}

void
admin_set_jobs(struct admin *admin, struct admin_jobs *jobs)
{
	suspended_request_serve(&admin->counter, jobs);
}

void
admin_stop(struct admin **admin)
{
	if (*admin == NULL)
		return;
	MHD_stop_daemon((*admin)->daemon); /* closes the socket too */
	admin_free(*admin);
	*admin = NULL;
}
