#include "parsers/http/request.h"

#include <string.h>

#define METHOD_MAX 32 /* longer than any registered method */

/* RFC 9110 5.6.2: the characters of a method and of a field's name. */
static bool
is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_char((unsigned char)s.at[i]))
			return false;
	return s.len > 0;
}

/* Bytes beyond ASCII are allowed: no field with a meaning has them. */
static bool
is_value(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

void
http_request_refuse(struct http_request *head, enum http_request_fault fault)
{
	if (head->fault == HTTP_REQUEST_FINE)
		head->fault = fault;
}

/* uri-host [ ":" port ]; any host with valid characters is accepted. */
static void
take_host(struct http_request *head, struct span value)
{
	if (value.len == 0)
		http_request_refuse(head, HTTP_REQUEST_HOST);
	for (size_t i = 0; i < value.len; i++)
		if (!is_token_char((unsigned char)value.at[i]) &&
		    strchr("[]:(),;=", value.at[i]) == NULL)
			http_request_refuse(head, HTTP_REQUEST_HOST);
}

static void
take_length(struct http_request *head, struct span value)
{
	uint64_t length = 0;

	if (value.len == 0)
		http_request_refuse(head, HTTP_REQUEST_LENGTH);
	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned char)value.at[i] - (unsigned)'0';

		if (digit > 9) {
			http_request_refuse(head, HTTP_REQUEST_LENGTH);
			return;
		}
		if (__builtin_mul_overflow(length, 10, &length) ||
		    __builtin_add_overflow(length, digit, &length))
			length = UINT64_MAX;
		/* UINT64_MAX stays: times ten overflows again. */
	}
	head->sized = true;
	head->length = length;
}

/*
 * Not even a blank after the word: servers differ in whether they ignore it,
 * and one that does not know the coding reads until the connection is closed.
 */
static void
take_coding(struct http_request *head, struct span value)
{
	if (!span_equal_nocase(value, SPAN("chunked")))
		http_request_refuse(head, HTTP_REQUEST_CODING);
	head->chunked = true;
}

static void
take_expect(struct http_request *head, struct span value)
{
	if (!span_equal_nocase(value, SPAN("100-continue")))
		http_request_refuse(head, HTTP_REQUEST_EXPECT);
}

/* clang-format off */
static const struct {
	struct span name;
	void (*take)(struct http_request *, struct span value);
	bool exact;		/* the value is taken untrimmed */
} names[HTTP_REQUEST_NAMES] = {
[HTTP_REQUEST_NAME_HOST]              = { SPAN("host"),              take_host,   0 },
[HTTP_REQUEST_NAME_CONTENT_LENGTH]    = { SPAN("content-length"),    take_length, 0 },
[HTTP_REQUEST_NAME_TRANSFER_ENCODING] = { SPAN("transfer-encoding"), take_coding, 1 },
[HTTP_REQUEST_NAME_CONTENT_TYPE]      = { SPAN("content-type"),      NULL,        0 },
[HTTP_REQUEST_NAME_CONTENT_ENCODING]  = { SPAN("content-encoding"),  NULL,        0 },
[HTTP_REQUEST_NAME_AUTHORIZATION]     = { SPAN("authorization"),     NULL,        0 },
[HTTP_REQUEST_NAME_EXPECT]            = { SPAN("expect"),            take_expect, 0 },
[HTTP_REQUEST_NAME_GATEWAY_ACK]       = { SPAN("gateway-ack"),       NULL,        0 },
};

static const char *const texts[HTTP_REQUEST_FAULTS] = {
[HTTP_REQUEST_FINE]           = "",
[HTTP_REQUEST_LENGTH_MISSING] = "a POST needs Content-Length or chunked encoding",
[HTTP_REQUEST_METHOD]         = "the method is not a token",
[HTTP_REQUEST_VERSION]        = "the version is neither HTTP/1.1 nor HTTP/1.0",
[HTTP_REQUEST_NAME]           = "a header's name is not a token",
[HTTP_REQUEST_VALUE]          = "a header's value holds a control character",
[HTTP_REQUEST_HIDDEN]         = "a header is folded, holds a NUL, or ends without CR LF",
[HTTP_REQUEST_HOST]           = "HTTP/1.1 needs one valid Host header",
[HTTP_REQUEST_LENGTH]         = "Content-Length is not a plain number",
[HTTP_REQUEST_CODING]         = "Transfer-Encoding may only be: chunked",
[HTTP_REQUEST_CODING_OLD]     = "HTTP/1.0 has no Transfer-Encoding",
[HTTP_REQUEST_BOTH]           = "Content-Length and Transfer-Encoding exclude "
			"each other",
[HTTP_REQUEST_TWICE]          = "a header that may stand once stands twice",
[HTTP_REQUEST_EXPECT]         = "Expect may only be: 100-continue",
};
/* clang-format on */

void
http_request_begin(
    struct http_request *head, struct span method, struct span version)
{
	memset(head, 0, sizeof *head);
	head->post = span_equal(method, SPAN("POST"));
	head->old = span_equal(version, SPAN("HTTP/1.0"));
	if (method.len > METHOD_MAX || !is_token(method))
		http_request_refuse(head, HTTP_REQUEST_METHOD);
	if (!head->old && !span_equal(version, SPAN("HTTP/1.1")))
		http_request_refuse(head, HTTP_REQUEST_VERSION);
}

static void
take(struct http_request *head, enum http_request_name which, struct span value)
{
	struct span *kept = &head->values[which];

	if (kept->at != NULL) {
		http_request_refuse(head, HTTP_REQUEST_TWICE);
		return;
	}
	*kept = names[which].exact ? value : span_trim(value);
	if (names[which].take != NULL)
		names[which].take(head, *kept);
}

void
http_request_field(
    struct http_request *head, struct span name, struct span value)
{
	if (value.at == NULL)
		value = SPAN("");
	if (!is_token(name))
		http_request_refuse(head, HTTP_REQUEST_NAME);
	if (!is_value(value))
		http_request_refuse(head, HTTP_REQUEST_VALUE);
	if (head->wanted.len > 0 && head->found.at == NULL &&
	    span_equal_nocase(name, head->wanted))
		head->found = span_trim(value);
	for (unsigned i = 0; i < HTTP_REQUEST_NAMES; i++)
		if (span_equal_nocase(name, names[i].name)) {
			take(head, i, value);
			return;
		}
}

enum http_request_fault
http_request_finish(struct http_request *head)
{
	if (!head->old && head->values[HTTP_REQUEST_NAME_HOST].at == NULL)
		http_request_refuse(head, HTTP_REQUEST_HOST);
	if (head->chunked &&
	    head->values[HTTP_REQUEST_NAME_CONTENT_LENGTH].at != NULL)
		http_request_refuse(head, HTTP_REQUEST_BOTH);
	if (head->chunked && head->old)
		http_request_refuse(head, HTTP_REQUEST_CODING_OLD);
	if (head->post && !head->chunked && !head->sized)
		http_request_refuse(head, HTTP_REQUEST_LENGTH_MISSING);
	return head->fault;
}

bool
http_request_has_body(const struct http_request *head)
{
	return head->chunked || head->length > 0;
}

const char *
http_request_fault_text(enum http_request_fault fault)
{
	return texts[fault];
}
