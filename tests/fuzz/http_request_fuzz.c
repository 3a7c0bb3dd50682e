/*
 * A request's head, one field a line.  A head that is believed has one length
 * at most, and stops being believed when a field that counts comes twice.
 */
#include <assert.h>

#include "parsers/http/request.h"
#include "tests/fuzz/exact.h"

#define FIELDS 32

struct field {
	struct span name, value;
};

static struct span
take_until(struct span *rest, char c)
{
	const char *found =
	    rest->len > 0 ? memchr(rest->at, c, rest->len) : NULL;
	size_t len = found != NULL ? (size_t)(found - rest->at) : rest->len;
	struct span taken = { rest->at, len };

	len += found != NULL;
	rest->at += len;
	rest->len -= len;
	return taken;
}

static enum http_request_fault
feed(struct http_request *head, struct span method, struct span version,
    const struct field *fields, size_t count)
{
	http_request_begin(head, method, version);
	for (size_t i = 0; i < count; i++)
		http_request_field(head, fields[i].name, fields[i].value);
	return http_request_finish(head);
}

static void
check_believed(const struct http_request *head, const char *text, size_t len)
{
	assert(!(head->chunked && head->sized));
	assert(!(head->chunked && head->old));
	assert(head->old || head->values[HTTP_REQUEST_NAME_HOST].len > 0);
	assert(!head->post || head->chunked || head->sized);
	assert(head->sized || head->length == 0);
	assert(
	    http_request_has_body(head) == (head->chunked || head->length > 0));
	for (unsigned i = 0; i < HTTP_REQUEST_NAMES; i++)
		assert(exact_holds(text, len, head->values[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct span rest = { text, len }, line = take_until(&rest, '\n');
	struct span method = take_until(&line, ' ');
	struct field fields[FIELDS + 1];
	struct http_request head, twice;
	enum http_request_fault fault;
	size_t count = 0;

	while (rest.len > 0 && count < FIELDS) {
		struct span field = take_until(&rest, '\n');

		fields[count].name = take_until(&field, ':');
		fields[count++].value = field;
	}
	fault = feed(&head, method, line, fields, count);
	assert(fault == head.fault && fault < HTTP_REQUEST_FAULTS);
	assert((fault == HTTP_REQUEST_FINE) ==
	       (http_request_fault_text(fault)[0] == '\0'));
	if (fault == HTTP_REQUEST_FINE) {
		check_believed(&head, text, len);
		for (size_t i = 0; i < HTTP_REQUEST_NAMES; i++) {
			if (head.values[i].at == NULL)
				continue;
			for (size_t f = 0; f < count; f++)
				if (exact_holds(fields[f].value.at,
					fields[f].value.len, head.values[i]) &&
				    head.values[i].len > 0)
					fields[count] = fields[f];
			if (head.values[i].len > 0)
				assert(feed(&twice, method, line, fields,
					   count + 1) == HTTP_REQUEST_TWICE);
		}
	}
	free(text);
	return 0;
}
