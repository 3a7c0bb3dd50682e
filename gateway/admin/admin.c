#include "gateway/admin/admin.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/admin/access.h"
#include "gateway/admin/dead_letter_api.h"
#include "gateway/admin/page.h"
#include "gateway/admin/prometheus.h"
#include "gateway/admin/status.h"
#include "gateway/base/clock.h"
#include "gateway/base/listener.h"
#include "parsers/json/jwriter.h"

/*
 * Probes are rare, so this daemon may run on the library's own thread.  With
 * poll: its epoll thread stalls when exactly 128 connections are ready.
 */
#define FLAGS                                                                  \
	(MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD |                      \
	    MHD_ALLOW_SUSPEND_RESUME)
#define CONNECTIONS_MAX 64
#define IDLE_SECONDS    10

/* The page may use what stands in it and ask this address: nothing else. */
#define PAGE_POLICY                                                            \
	"default-src 'none'; style-src 'unsafe-inline'; script-src "           \
	"'unsafe-inline'; connect-src 'self'; img-src data:; base-uri "        \
	"'none'; form-action 'none'; frame-ancestors 'none'"

struct admin {
	struct MHD_Daemon *daemon;
	struct registry *registry;
	const struct log_field *facts;
	struct access *access;
	struct registry_view *view;     /* large; the daemon's thread alone */
	struct history_second *history; /* likewise */
	_Atomic(const char *) why_not;
	char address[LISTENER_ADDRESS_MOST];
	struct dead_letter_api dead_letters;
};

/* One request, from its head to its answer. */
struct request {
	struct admin *admin;
	struct MHD_Connection *connection;
	const struct route *route; /* NULL: not looked up yet, or refused */
	struct buffer body;
	bool checked; /* its head */
	bool too_large;
	struct dead_letter_request job;
};

/* ---- answers ---------------------------------------------------------- */

struct answer {
	unsigned status;
	const char *type;
	const char *allow; /* of a 405, else NULL */
	const char *policy;
	struct span constant; /* the body; or else: */
	struct buffer text;
};

/* 200, plain text, empty. */
static void
answer_init(struct answer *answer)
{
	*answer = (struct answer){
		.status = MHD_HTTP_OK,
		.type = "text/plain; charset=utf-8",
	};
	buffer_init(&answer->text, PROMETHEUS_MAX);
}

/* A stable word and a sentence, as JSON. */
static void
refuse(struct answer *answer, unsigned status, const char *code,
    const char *message)
{
	struct jwriter json = {
		.out = &answer->text, .ok = true, .first = true
	};

	answer->status = status;
	answer->type = "application/json";
	buffer_reset(&answer->text);
	jwriter_open(&json, NULL, '{');
	jwriter_text(&json, "code", code);
	jwriter_text(&json, "message", message);
	jwriter_close(&json, '}');
	(void)buffer_append(&answer->text, "\n", 1);
}

static struct MHD_Response *
make_response(struct answer *answer)
{
	struct MHD_Response *made;

	if (answer->constant.len > 0)
		return MHD_create_response_from_buffer(answer->constant.len,
		    (void *)(uintptr_t)answer->constant.at,
		    MHD_RESPMEM_PERSISTENT);
	made = MHD_create_response_from_buffer(
	    answer->text.len, answer->text.at, MHD_RESPMEM_MUST_FREE);
	if (made != NULL)
		answer->text.at = NULL; /* the library's now */
	return made;
}

static bool
queue_answer(struct answer *answer, struct MHD_Connection *connection)
{
	struct MHD_Response *response = make_response(answer);
	enum MHD_Result result;

	if (response == NULL)
		return false;
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Type", answer->type);
	if (answer->policy != NULL)
		MHD_add_response_header(
		    response, "Content-Security-Policy", answer->policy);
	if (answer->allow != NULL)
		MHD_add_response_header(response, "Allow", answer->allow);
	if (answer->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result == MHD_YES;
}

/* ---- documents -------------------------------------------------------- */

static void
write_live(struct admin *admin, const char *since, struct answer *answer)
{
	(void)admin;
	(void)since;
	answer->constant = SPAN("live\n");
}

static void
write_ready(struct admin *admin, const char *since, struct answer *answer)
{
	const char *why_not = atomic_load(&admin->why_not);

	(void)since;
	if (why_not != NULL)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	buffer_print(
	    &answer->text, "%s\n", why_not == NULL ? "ready" : why_not);
}

static void
write_metrics(struct admin *admin, const char *since, struct answer *answer)
{
	(void)since;
	registry_read(admin->registry, admin->view);
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	if (!prometheus_write(admin->view, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void
write_status(struct admin *admin, const char *since, struct answer *answer)
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
write_page(struct admin *admin, const char *since, struct answer *answer)
{
	(void)admin;
	(void)since;
	answer->type = "text/html; charset=utf-8";
	answer->policy = PAGE_POLICY;
	answer->constant = page_html();
}

/* ---- requests for a job ----------------------------------------------- */

static struct span
parameter(struct MHD_Connection *connection, const char *name)
{
	return span_of(MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, name));
}

static bool
read_query(struct request *request, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_query(out,
	    parameter(request->connection, "table"),
	    parameter(request->connection, "reason"),
	    parameter(request->connection, "limit"), message);
}

static bool
read_replay(struct request *request, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_body(out, ADMIN_JOB_REPLAY,
	    (struct span){ request->body.at, request->body.len }, message);
}

static bool
read_purge(struct request *request, struct admin_job_request *out,
    char message[DEAD_LETTER_API_MESSAGE])
{
	return dead_letter_api_read_body(out, ADMIN_JOB_PURGE,
	    (struct span){ request->body.at, request->body.len }, message);
}

/* ---- routes ----------------------------------------------------------- */

/* Each writes an answer, or reads the request for a job, as a POST does. */
static const struct route {
	const char *path;
	enum access_need need;
	void (*write)(
	    struct admin *admin, const char *since, struct answer *answer);
	bool (*order)(struct request *request, struct admin_job_request *out,
	    char message[DEAD_LETTER_API_MESSAGE]);
} routes[] = {
	{ "/livez", ACCESS_NOTHING, write_live, NULL },
	{ "/readyz", ACCESS_NOTHING, write_ready, NULL },
	{ "/metrics", ACCESS_TOKEN, write_metrics, NULL },
	{ "/status", ACCESS_TOKEN, write_status, NULL },
	{ "/", ACCESS_HOST, write_page, NULL },
	{ "/dead-letters", ACCESS_TOKEN, NULL, read_query },
	{ "/dead-letters/replay", ACCESS_JSON, NULL, read_replay },
	{ "/dead-letters/purge", ACCESS_JSON, NULL, read_purge },
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
check_access(
    struct request *request, enum access_need need, struct answer *answer)
{
	struct MHD_Connection *connection = request->connection;
	struct access_request headers = {
		.host = header(connection, "Host"),
		.authorization = header(connection, "Authorization"),
		.content_type = header(connection, "Content-Type"),
	};
	struct access_answer no =
	    access_ask(request->admin->access, need, &headers, clock_now().ns);

	if (no.status != 0)
		refuse(answer, no.status, no.code, no.message);
	return no.status == 0;
}

static bool
check_method(
    const struct route *route, const char *method, struct answer *answer)
{
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
		     strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	bool posts = strcmp(method, MHD_HTTP_METHOD_POST) == 0;

	if (route->need == ACCESS_JSON ? posts : reads)
		return true;
	answer->allow = route->need == ACCESS_JSON ? "POST" : "GET, HEAD";
	refuse(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed",
	    route->need == ACCESS_JSON ? "This path is only posted to"
				       : "This path is only read");
	return false;
}

/* By the head alone; false: the answer is the refusal. */
static bool
check_head(struct request *request, const char *path, const char *method,
    struct answer *answer)
{
	const struct route *route = find_route(path);

	request->checked = true;
	if (route == NULL)
		refuse(answer, MHD_HTTP_NOT_FOUND, "NotFound",
		    "There are /, /status, /metrics, /livez, /readyz, "
		    "/dead-letters, /dead-letters/replay and "
		    "/dead-letters/purge");
	else if (check_method(route, method, answer) &&
		 check_access(request, route->need, answer))
		request->route = route;
	return request->route != NULL;
}

/* ---- jobs ------------------------------------------------------------- */

/* True: a job is under way; else the answer is there. */
static bool
start_job(struct request *request, struct answer *answer)
{
	struct admin_job_request order;
	char message[DEAD_LETTER_API_MESSAGE];

	if (request->too_large)
		refuse(answer, MHD_HTTP_CONTENT_TOO_LARGE, "TooLarge",
		    "a body here has at most 4096 bytes");
	else if (!request->route->order(request, &order, message))
		refuse(answer, MHD_HTTP_BAD_REQUEST, "BadParameter", message);
	else
		dead_letter_api_begin(
		    &request->admin->dead_letters, &order, &request->job);
	return request->job.begun;
}

static void
answer_job(const struct request *request, struct answer *answer)
{
	const struct dead_letter_refusal *no =
	    dead_letter_api_refusal(&request->job);

	if (no != NULL) {
		refuse(answer, no->status, no->code, no->message);
		return;
	}
	answer->type = "application/json";
	if (!request->job.report.ok)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (!dead_letter_api_write(&request->job.report, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

/* ---- the library's call ----------------------------------------------- */

/*
 * An answer given at the head closes the connection, one at the end does not.
 * So only a request with a body that this path does not take is answered here.
 */
static bool
at_head(struct request *request, const char *path, const char *method,
    struct answer *answer)
{
	bool has_body =
	    header(request->connection, "Content-Length").at != NULL ||
	    header(request->connection, "Transfer-Encoding").at != NULL;

	if (!has_body)
		return false;
	if (!check_head(request, path, method, answer))
		return true;
	if (request->route->write == NULL)
		return false;
	request->route->write(request->admin, NULL, answer);
	return true;
}

/* False: a job is under way. */
static bool
at_end(struct request *request, const char *path, const char *method,
    struct answer *answer)
{
	if (request->job.begun) {
		answer_job(request, answer);
		return true;
	}
	if (!request->checked && !check_head(request, path, method, answer))
		return true;
	if (request->route->write == NULL)
		return !start_job(request, answer);
	request->route->write(request->admin,
	    MHD_lookup_connection_value(
		request->connection, MHD_GET_ARGUMENT_KIND, "since"),
	    answer);
	return true;
}

static struct request *
begin(struct admin *admin, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof *request);

	if (request == NULL)
		return NULL;
	request->admin = admin;
	request->connection = request->job.connection = connection;
	buffer_init(&request->body, DEAD_LETTER_API_BODY);
	return request;
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
	struct request *request = *seen;
	struct answer answer;
	bool answered, ok = true;

	(void)version;
	if (*body_size > 0) {
		if (!buffer_append(&request->body, body, *body_size))
			request->too_large = true;
		*body_size = 0;
		return MHD_YES;
	}
	answer_init(&answer);
	if (request == NULL) {
		*seen = request = begin(data, connection);
		answered =
		    request != NULL && at_head(request, path, method, &answer);
		ok = request != NULL;
	} else {
		answered = at_end(request, path, method, &answer);
	}
	if (answered)
		ok = queue_answer(&answer, connection);
	buffer_fini(&answer.text);
	return ok ? MHD_YES : MHD_NO;
}

static void
on_completed(void *data, struct MHD_Connection *connection, void **seen,
    enum MHD_RequestTerminationCode why)
{
	struct request *request = *seen;

	(void)data;
	(void)connection;
	(void)why;
	*seen = NULL;
	if (request == NULL)
		return;
	admin_job_report_fini(&request->job.report);
	buffer_fini(&request->body);
	free(request);
}

/* ---- life ------------------------------------------------------------- */

static void
admin_free(struct admin *admin)
{
	access_close(&admin->access);
	dead_letter_api_fini(&admin->dead_letters);
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
	dead_letter_api_init(&admin->dead_letters);
	admin->registry = registry;
	admin->facts = facts;
	if (!make_room(admin, err) ||
	    !access_open(&admin->access, options->token_file, options->host,
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
		goto fail; /* the library may have closed the socket */
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
	dead_letter_api_set_jobs(&admin->dead_letters, jobs);
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
