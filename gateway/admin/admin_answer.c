#include "gateway/admin/admin_answer.h"

#include <microhttpd.h>

#include "gateway/admin/prometheus.h"
#include "parsers/json/jwriter.h"

void
admin_answer_init(struct admin_answer *answer)
{
	*answer = (struct admin_answer){
		.status = MHD_HTTP_OK,
		.type = "text/plain; charset=utf-8",
	};
	buffer_init(&answer->text, PROMETHEUS_MOST);
}

void
admin_answer_fini(struct admin_answer *answer)
{
	buffer_fini(&answer->text);
}

void
admin_answer_refuse(struct admin_answer *answer, unsigned status,
    const char *code, const char *message)
{
	struct jwriter tree = {
		.out = &answer->text, .ok = true, .first = true
	};

	answer->status = status;
	answer->type = "application/json";
	buffer_reset(&answer->text);
	jwriter_open(&tree, NULL, '{');
	jwriter_text(&tree, "code", code);
	jwriter_text(&tree, "message", message);
	jwriter_close(&tree, '}');
	(void)buffer_append(&answer->text, "\n", 1);
}

static struct MHD_Response *
make(struct admin_answer *answer)
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

bool
admin_answer_queue(
    struct admin_answer *answer, struct MHD_Connection *connection)
{
	struct MHD_Response *response = make(answer);
	enum MHD_Result result;

	if (response == NULL)
		return false;
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
	return result == MHD_YES;
}
