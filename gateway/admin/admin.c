#include "gateway/admin/admin.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/admin/exposition.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/page.h"
#include "gateway/admin/port.h"
#include "gateway/admin/status.h"
#include "gateway/clock.h"

/*
 * Probes are rare, so this daemon may run on the library's own thread.  With
 * poll: its epoll thread stalls when exactly 128 connections are ready.
 */
#define FLAGS           (MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD)
#define CONNECTIONS_MAX 64
#define IDLE_SECONDS    10

/* The page may do what stands in it, and talk to us: nothing else. */
#define PAGE_POLICY                                                            \
	"default-src 'none'; style-src 'unsafe-inline'; script-src "           \
	"'unsafe-inline'; connect-src 'self'; img-src data:; base-uri "        \
	"'none'; form-action 'none'; frame-ancestors 'none'"

struct admin {
	struct MHD_Daemon *daemon;
	struct account *account;
	const struct log_field *facts;
	struct guard *guard;
	struct account_view *view;      /* large; the daemon's thread alone */
	struct history_second *history; /* likewise */
	_Atomic(const char *) why_not;
	char address[PORT_TEXT_MAX];
};

struct answer {
	unsigned status;
	const char *type;
	const char *allow; /* of a 405, else NULL */
	const char *policy;
	struct span constant; /* the body; or else: */
	struct buffer text;
};

/* ---- what is answered ------------------------------------------------- */

static void
answer_live(struct admin *admin, const char *since, struct answer *answer)
{
	(void)admin;
	(void)since;
	answer->constant = SPAN("live\n");
}

static void
answer_ready(struct admin *admin, const char *since, struct answer *answer)
{
	const char *why_not = atomic_load(&admin->why_not);

	(void)since;
	if (why_not != NULL)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	buffer_print(
	    &answer->text, "%s\n", why_not == NULL ? "ready" : why_not);
}

static void
answer_metrics(struct admin *admin, const char *since, struct answer *answer)
{
	(void)since;
	account_read(admin->account, admin->view);
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	if (!exposition_write(admin->view, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void
answer_status(struct admin *admin, const char *since, struct answer *answer)
{
	struct status status = {
		.view = admin->view,
		.history = admin->history,
		.facts = admin->facts,
		.why_not = atomic_load(&admin->why_not),
		.wall_ms = clock_wall_ms(),
		.since_ms = since == NULL ? 0 : strtoll(since, NULL, 10),
	};

	account_read(admin->account, admin->view);
	status.history_count =
	    account_history(admin->account, 0, admin->history);
	answer->type = "application/json";
	if (!status_write(&status, &answer->text))
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void
answer_page(struct admin *admin, const char *since, struct answer *answer)
{
	(void)admin;
	(void)since;
	answer->type = "text/html; charset=utf-8";
	answer->policy = PAGE_POLICY;
	answer->constant = page_html();
}

static const struct route {
	const char *path;
	enum guard_need need;
	void (*answer)(
	    struct admin *admin, const char *since, struct answer *answer);
} routes[] = {
	{ "/livez", GUARD_NOTHING, answer_live },
	{ "/readyz", GUARD_NOTHING, answer_ready },
	{ "/metrics", GUARD_TOKEN, answer_metrics },
	{ "/status", GUARD_TOKEN, answer_status },
	{ "/", GUARD_HOST, answer_page },
};

/* ---- requests --------------------------------------------------------- */

static void
refuse(struct answer *answer, unsigned status, const char *code,
    const char *message)
{
	answer->status = status;
	answer->type = "application/json";
	buffer_reset(&answer->text);
	buffer_print(&answer->text, "{\"code\":\"%s\",\"message\":\"%s\"}\n",
	    code, message);
}

static struct span
header(struct MHD_Connection *connection, const char *name)
{
	return span_of(
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static bool
pass_guard(struct admin *admin, struct MHD_Connection *connection,
    enum guard_need need, struct answer *answer)
{
	struct guard_request request = {
		.host = header(connection, "Host"),
		.authorization = header(connection, "Authorization"),
		.content_type = header(connection, "Content-Type"),
	};
	struct guard_answer no =
	    guard_ask(admin->guard, need, &request, clock_now().ns);

	if (no.status != 0)
		refuse(answer, no.status, no.code, no.message);
	return no.status == 0;
}

static void
answer_make(struct admin *admin, struct MHD_Connection *connection,
    const char *path, const char *method, struct answer *answer)
{
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
		     strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (strcmp(routes[i].path, path) != 0)
			continue;
		if (!reads) {
			answer->allow = "GET, HEAD";
			refuse(answer, MHD_HTTP_METHOD_NOT_ALLOWED,
			    "MethodNotAllowed", "This path is only read");
		} else if (pass_guard(
			       admin, connection, routes[i].need, answer)) {
			routes[i].answer(admin,
			    MHD_lookup_connection_value(
				connection, MHD_GET_ARGUMENT_KIND, "since"),
			    answer);
		}
		return;
	}
	refuse(answer, MHD_HTTP_NOT_FOUND, "NotFound",
	    "There are /, /status, /metrics, /livez and /readyz");
}

static struct MHD_Response *
response_make(struct answer *answer)
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

static enum MHD_Result
answer_queue(struct MHD_Connection *connection, struct answer *answer)
{
	struct MHD_Response *response = response_make(answer);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	/* An answer is of its moment alone. */
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
	return result;
}

/*
 * Called first with the head, then for each piece of a body, then for the end.
 * Only an answer at the end lets the connection live on.  A request with a
 * body is answered at its head: nothing here takes one.
 */
static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *body,
    size_t *body_size, void **seen)
{
	static char mark;
	struct answer answer = {
		.status = MHD_HTTP_OK,
		.type = "text/plain; charset=utf-8",
	};
	bool first = *seen == NULL, has_body;
	enum MHD_Result result;

	(void)version;
	(void)body;
	(void)body_size;
	*seen = &mark;
	has_body = header(connection, "Content-Length").at != NULL ||
		   header(connection, "Transfer-Encoding").at != NULL;
	if (first && !has_body)
		return MHD_YES;
	buffer_init(&answer.text, EXPOSITION_MOST);
	answer_make(data, connection, path, method, &answer);
	result = answer_queue(connection, &answer);
	buffer_fini(&answer.text);
	return result;
}

/* ---- life ------------------------------------------------------------- */

static void
admin_free(struct admin *admin)
{
	guard_close(&admin->guard);
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
    const struct log_field *facts, struct account *account, struct err *err)
{
	struct admin *admin = calloc(1, sizeof *admin);
	int fd = -1;

	if (admin == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	atomic_init(&admin->why_not, "starting");
	admin->account = account;
	admin->facts = facts;
	if (!make_room(admin, err) ||
	    !guard_open(&admin->guard, options->token_file, options->host,
		clock_now().ns, err) ||
	    !port_open(options->address, &fd, admin->address, err))
		goto fail;
	admin->daemon = MHD_start_daemon(FLAGS, 0, NULL, NULL, on_request,
	    admin, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
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
admin_stop(struct admin **admin)
{
	if (*admin == NULL)
		return;
	MHD_stop_daemon((*admin)->daemon); /* closes the socket too */
	admin_free(*admin);
	*admin = NULL;
}
