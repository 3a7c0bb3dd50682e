#include "gateway/admin/admin.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/admin/port.h"

/*
 * Probes are rare, so this daemon may run on the library's own thread.  With
 * poll: its epoll thread stalls when exactly 128 connections are ready.
 */
#define FLAGS           (MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD)
#define CONNECTIONS_MAX 64
#define IDLE_SECONDS    10

struct admin {
	struct MHD_Daemon *daemon;
	_Atomic(const char *) why_not;
	char address[PORT_TEXT_MAX];
};

/* What is answered; the text is copied. */
struct answer {
	unsigned status;
	const char *type;
	const char *allow; /* of a 405, else NULL */
	char text[160];
};

static void
answer_live(struct admin *admin, struct answer *answer)
{
	(void)admin;
	answer->status = MHD_HTTP_OK;
	snprintf(answer->text, sizeof answer->text, "live\n");
}

static void
answer_ready(struct admin *admin, struct answer *answer)
{
	const char *why_not = atomic_load(&admin->why_not);

	answer->status =
	    why_not == NULL ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	snprintf(answer->text, sizeof answer->text, "%s\n",
	    why_not == NULL ? "ready" : why_not);
}

static const struct {
	const char *path;
	void (*answer)(struct admin *admin, struct answer *answer);
} routes[] = {
	{ "/livez", answer_live },
	{ "/readyz", answer_ready },
};

static void
refuse(struct answer *answer, unsigned status, const char *code,
    const char *message)
{
	answer->status = status;
	answer->type = "application/json";
	snprintf(answer->text, sizeof answer->text,
	    "{\"code\":\"%s\",\"message\":\"%s\"}\n", code, message);
}

static void
answer_make(struct admin *admin, const char *path, const char *method,
    struct answer *answer)
{
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
		     strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

	answer->type = "text/plain; charset=utf-8";
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (strcmp(routes[i].path, path) != 0)
			continue;
		if (reads) {
			routes[i].answer(admin, answer);
			return;
		}
		answer->allow = "GET, HEAD";
		refuse(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed",
		    "This path is only read");
		return;
	}
	refuse(answer, MHD_HTTP_NOT_FOUND, "NotFound",
	    "There are /livez and /readyz");
}

static enum MHD_Result
answer_queue(struct MHD_Connection *connection, const struct answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char text[sizeof answer->text];

	memcpy(text, answer->text, sizeof text);
	response = MHD_create_response_from_buffer(
	    strlen(text), text, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	/* A probe's answer is of this moment alone. */
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "Content-Type", answer->type);
	if (answer->allow != NULL)
		MHD_add_response_header(response, "Allow", answer->allow);
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
	struct answer answer = { 0 };
	bool first = *seen == NULL, has_body;

	(void)version;
	(void)body;
	(void)body_size;
	*seen = &mark;
	has_body = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
		       MHD_HTTP_HEADER_CONTENT_LENGTH) != NULL ||
		   MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
		       MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
	if (first && !has_body)
		return MHD_YES;
	answer_make(data, path, method, &answer);
	return answer_queue(connection, &answer);
}

bool
admin_start(
    struct admin **out, const struct admin_options *options, struct err *err)
{
	struct admin *admin = calloc(1, sizeof *admin);
	int fd = -1;

	if (admin == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	atomic_init(&admin->why_not, "starting");
	if (!port_open(options->address, &fd, admin->address, err))
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
	free(admin);
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
	free(*admin);
	*admin = NULL;
}
