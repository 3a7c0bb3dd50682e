#include "parsers/head.h"

#include <string.h>

#define METHOD_MOST 32 /* longer than any registered method */

/* RFC 9110 5.6.2: what a method and a field's name may consist of. */
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

/* Letters beyond ASCII are let pass: nobody acts on them. */
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
head_refuse(struct head *head, enum head_fault fault)
{
	if (head->fault == HEAD_FINE)
		head->fault = fault;
}

/* uri-host [ ":" port ]; any host is served, but it must look like one. */
static void
take_host(struct head *head, struct span value)
{
	if (value.len == 0)
		head_refuse(head, HEAD_HOST);
	for (size_t i = 0; i < value.len; i++)
		if (!is_token_char((unsigned char)value.at[i]) &&
		    strchr("[]:(),;=", value.at[i]) == NULL)
			head_refuse(head, HEAD_HOST);
}

static void
take_length(struct head *head, struct span value)
{
	uint64_t length = 0;

	if (value.len == 0)
		head_refuse(head, HEAD_LENGTH);
	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned char)value.at[i] - (unsigned)'0';

		if (digit > 9) {
			head_refuse(head, HEAD_LENGTH);
			return;
		}
		if (__builtin_mul_overflow(length, 10, &length) ||
		    __builtin_add_overflow(length, digit, &length))
			length = UINT64_MAX;
		/* Saturated, it stays so: times ten overflows again. */
	}
	head->sized = true;
	head->length = length;
}

/*
 * Not even a blank behind the word: servers differ in whether they see it,
 * and one that does not know the coding reads until the connection ends.
 */
static void
take_coding(struct head *head, struct span value)
{
	if (!span_equal_nocase(value, SPAN("chunked")))
		head_refuse(head, HEAD_CODING);
	head->chunked = true;
}

static void
take_expect(struct head *head, struct span value)
{
	if (!span_equal_nocase(value, SPAN("100-continue")))
		head_refuse(head, HEAD_EXPECT);
}

/* clang-format off */
static const struct {
	struct span name;
	void (*take)(struct head *, struct span value);
	bool exact;		/* the value is taken untrimmed */
} names[HEAD_NAMES] = {
[HEAD_NAME_HOST]              = { SPAN("host"),              take_host,   0 },
[HEAD_NAME_CONTENT_LENGTH]    = { SPAN("content-length"),    take_length, 0 },
[HEAD_NAME_TRANSFER_ENCODING] = { SPAN("transfer-encoding"), take_coding, 1 },
[HEAD_NAME_CONTENT_TYPE]      = { SPAN("content-type"),      NULL,        0 },
[HEAD_NAME_CONTENT_ENCODING]  = { SPAN("content-encoding"),  NULL,        0 },
[HEAD_NAME_AUTHORIZATION]     = { SPAN("authorization"),     NULL,        0 },
[HEAD_NAME_EXPECT]            = { SPAN("expect"),            take_expect, 0 },
[HEAD_NAME_GATEWAY_ACK]       = { SPAN("gateway-ack"),       NULL,        0 },
};

static const char *const texts[HEAD_FAULTS] = {
[HEAD_FINE]           = "",
[HEAD_LENGTH_MISSING] = "a POST needs Content-Length or chunked encoding",
[HEAD_METHOD]         = "the method is not a token",
[HEAD_VERSION]        = "the version is neither HTTP/1.1 nor HTTP/1.0",
[HEAD_NAME]           = "a header's name is not a token",
[HEAD_VALUE]          = "a header's value holds a control character",
[HEAD_HIDDEN]         = "a header is folded, holds a NUL, or ends without CR LF",
[HEAD_HOST]           = "HTTP/1.1 needs one valid Host header",
[HEAD_LENGTH]         = "Content-Length is not a plain number",
[HEAD_CODING]         = "Transfer-Encoding may only be: chunked",
[HEAD_CODING_OLD]     = "HTTP/1.0 has no Transfer-Encoding",
[HEAD_BOTH]           = "Content-Length and Transfer-Encoding exclude "
			"each other",
[HEAD_TWICE]          = "a header that may stand once stands twice",
[HEAD_EXPECT]         = "Expect may only be: 100-continue",
};
/* clang-format on */

void
head_begin(struct head *head, struct span method, struct span version)
{
	memset(head, 0, sizeof *head);
	head->post = span_equal(method, SPAN("POST"));
	head->old = span_equal(version, SPAN("HTTP/1.0"));
	if (method.len > METHOD_MOST || !is_token(method))
		head_refuse(head, HEAD_METHOD);
	if (!head->old && !span_equal(version, SPAN("HTTP/1.1")))
		head_refuse(head, HEAD_VERSION);
}

static void
take(struct head *head, enum head_name which, struct span value)
{
	struct span *kept = &head->values[which];

	if (kept->at != NULL) {
		head_refuse(head, HEAD_TWICE);
		return;
	}
	*kept = names[which].exact ? value : span_trim(value);
	if (names[which].take != NULL)
		names[which].take(head, *kept);
}

void
head_field(struct head *head, struct span name, struct span value)
{
	if (value.at == NULL)
		value = SPAN("");
	if (!is_token(name))
		head_refuse(head, HEAD_NAME);
	if (!is_value(value))
		head_refuse(head, HEAD_VALUE);
	if (head->wanted.len > 0 && head->found.at == NULL &&
	    span_equal_nocase(name, head->wanted))
		head->found = span_trim(value);
	for (unsigned i = 0; i < HEAD_NAMES; i++)
		if (span_equal_nocase(name, names[i].name)) {
			take(head, i, value);
			return;
		}
}

enum head_fault
head_finish(struct head *head)
{
	if (!head->old && head->values[HEAD_NAME_HOST].at == NULL)
		head_refuse(head, HEAD_HOST);
	if (head->chunked && head->values[HEAD_NAME_CONTENT_LENGTH].at != NULL)
		head_refuse(head, HEAD_BOTH);
	if (head->chunked && head->old)
		head_refuse(head, HEAD_CODING_OLD);
	if (head->post && !head->chunked && !head->sized)
		head_refuse(head, HEAD_LENGTH_MISSING);
	return head->fault;
}

bool
head_has_body(const struct head *head)
{
	return head->chunked || head->length > 0;
}

const char *
head_fault_text(enum head_fault fault)
{
	return texts[fault];
}
