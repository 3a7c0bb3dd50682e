#include "parsers/http/request.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Fields are written Name:value, each ended by '|'. */
#define H "Host:h|"

/* clang-format off */
static const struct {
	const char *what;
	const char *method;
	const char *version;
	const char *fields;
	enum http_request_fault want;
} rows[] = {
{ "plain",		"POST", "HTTP/1.1", H "Content-Length:3|", HTTP_REQUEST_FINE },
{ "chunked",		"POST", "HTTP/1.1", H "Transfer-Encoding:chunked|", HTTP_REQUEST_FINE },
{ "chunked, capitals",	"POST", "HTTP/1.1", H "TRANSFER-ENCODING:Chunked|", HTTP_REQUEST_FINE },
{ "no body at all",	"GET",  "HTTP/1.1", H, HTTP_REQUEST_FINE },
{ "a GET with a body",	"GET",  "HTTP/1.1", H "Content-Length:3|", HTTP_REQUEST_FINE },
{ "1.0 without Host",	"POST", "HTTP/1.0", "Content-Length:0|", HTTP_REQUEST_FINE },
{ "expect",		"POST", "HTTP/1.1", H "Content-Length:3|Expect:100-continue|", HTTP_REQUEST_FINE },
{ "expect, capitals",	"POST", "HTTP/1.1", H "Content-Length:3|Expect:100-Continue|", HTTP_REQUEST_FINE },
{ "blanks around",	"POST", "HTTP/1.1", "Host: h:80 |Content-Length: \t3 |", HTTP_REQUEST_FINE },
{ "upgrade is ignored",	"POST", "HTTP/1.1", H "Content-Length:0|Upgrade:h2c|Connection:Upgrade|", HTTP_REQUEST_FINE },
{ "v6 host",		"GET",  "HTTP/1.1", "Host:[::1]:8080|", HTTP_REQUEST_FINE },
{ "letters beyond ASCII", "GET", "HTTP/1.1", H "X:caf\xc3\xa9|", HTTP_REQUEST_FINE },
{ "empty value",	"GET",  "HTTP/1.1", H "X:|", HTTP_REQUEST_FINE },
{ "twice, not ours",	"GET",  "HTTP/1.1", H "X:1|X:2|", HTTP_REQUEST_FINE },
{ "lower-case method",	"post", "HTTP/1.1", H, HTTP_REQUEST_FINE },
{ "unknown method",	"BREW", "HTTP/1.1", H, HTTP_REQUEST_FINE },

{ "neither",		"POST", "HTTP/1.1", H, HTTP_REQUEST_LENGTH_MISSING },
{ "neither, 1.0",	"POST", "HTTP/1.0", "", HTTP_REQUEST_LENGTH_MISSING },

{ "both",		"POST", "HTTP/1.1", H "Content-Length:3|Transfer-Encoding:chunked|", HTTP_REQUEST_BOTH },
{ "both, other order",	"POST", "HTTP/1.1", H "Transfer-Encoding:chunked|Content-Length:3|", HTTP_REQUEST_BOTH },
{ "both on a GET",	"GET",  "HTTP/1.1", H "Transfer-Encoding:chunked|Content-Length:0|", HTTP_REQUEST_BOTH },
{ "two lengths",	"POST", "HTTP/1.1", H "Content-Length:3|Content-Length:4|", HTTP_REQUEST_TWICE },
{ "two equal lengths",	"POST", "HTTP/1.1", H "Content-Length:3|content-length:3|", HTTP_REQUEST_TWICE },
{ "two codings",	"POST", "HTTP/1.1", H "Transfer-Encoding:chunked|Transfer-Encoding:chunked|", HTTP_REQUEST_TWICE },
{ "plus sign",		"POST", "HTTP/1.1", H "Content-Length:+3|", HTTP_REQUEST_LENGTH },
{ "minus sign",		"POST", "HTTP/1.1", H "Content-Length:-3|", HTTP_REQUEST_LENGTH },
{ "list of lengths",	"POST", "HTTP/1.1", H "Content-Length:3, 3|", HTTP_REQUEST_LENGTH },
{ "hexadecimal",	"POST", "HTTP/1.1", H "Content-Length:0x3|", HTTP_REQUEST_LENGTH },
{ "empty length",	"POST", "HTTP/1.1", H "Content-Length:|", HTTP_REQUEST_LENGTH },
{ "blank inside",	"POST", "HTTP/1.1", H "Content-Length:1 2|", HTTP_REQUEST_LENGTH },
{ "point",		"POST", "HTTP/1.1", H "Content-Length:3.0|", HTTP_REQUEST_LENGTH },
{ "digit of elsewhere",	"POST", "HTTP/1.1", H "Content-Length:\xd9\xa3|", HTTP_REQUEST_LENGTH },
{ "gzip, chunked",	"POST", "HTTP/1.1", H "Transfer-Encoding:gzip, chunked|", HTTP_REQUEST_CODING },
{ "identity",		"POST", "HTTP/1.1", H "Transfer-Encoding:identity|", HTTP_REQUEST_CODING },
{ "xchunked",		"POST", "HTTP/1.1", H "Transfer-Encoding:xchunked|", HTTP_REQUEST_CODING },
{ "chunked, chunked",	"POST", "HTTP/1.1", H "Transfer-Encoding:chunked, chunked|", HTTP_REQUEST_CODING },
{ "chunked, a blank",	"POST", "HTTP/1.1", H "Transfer-Encoding:chunked |", HTTP_REQUEST_CODING },
{ "chunked, a tab before", "POST", "HTTP/1.1", H "Transfer-Encoding:\tchunked|", HTTP_REQUEST_CODING },
{ "chunked;a=b",	"POST", "HTTP/1.1", H "Transfer-Encoding:chunked;a=b|", HTTP_REQUEST_CODING },
{ "\"chunked\"",	"POST", "HTTP/1.1", H "Transfer-Encoding:\"chunked\"|", HTTP_REQUEST_CODING },
{ "empty coding",	"POST", "HTTP/1.1", H "Transfer-Encoding:|", HTTP_REQUEST_CODING },
{ "coding on a GET",	"GET",  "HTTP/1.1", H "Transfer-Encoding:gzip|", HTTP_REQUEST_CODING },
{ "chunked in 1.0",	"POST", "HTTP/1.0", H "Transfer-Encoding:chunked|", HTTP_REQUEST_CODING_OLD },

{ "blank before colon",	"POST", "HTTP/1.1", H "Content-Length:3|Transfer-Encoding :chunked|", HTTP_REQUEST_NAME },
{ "tab before colon",	"POST", "HTTP/1.1", H "Content-Length:3|Transfer-Encoding\t:chunked|", HTTP_REQUEST_NAME },
{ "blank before name",	"POST", "HTTP/1.1", H "Content-Length:3| X:y|", HTTP_REQUEST_NAME },
{ "empty name",		"GET",  "HTTP/1.1", H ":x|", HTTP_REQUEST_NAME },
{ "bracket in name",	"GET",  "HTTP/1.1", H "X(y):x|", HTTP_REQUEST_NAME },
{ "letter beyond ASCII in name", "GET", "HTTP/1.1", H "X\xe9:x|", HTTP_REQUEST_NAME },
{ "CR in value",	"GET",  "HTTP/1.1", H "X:a\rTransfer-Encoding: chunked|", HTTP_REQUEST_VALUE },
{ "LF in value",	"GET",  "HTTP/1.1", H "X:a\nY: b|", HTTP_REQUEST_VALUE },
{ "escape in value",	"GET",  "HTTP/1.1", H "X:\x1b[2J|", HTTP_REQUEST_VALUE },
{ "DEL in value",	"GET",  "HTTP/1.1", H "X:\x7f|", HTTP_REQUEST_VALUE },

{ "no host",		"GET",  "HTTP/1.1", "", HTTP_REQUEST_HOST },
{ "empty host",		"GET",  "HTTP/1.1", "Host:|", HTTP_REQUEST_HOST },
{ "two hosts",		"GET",  "HTTP/1.1", "Host:a|Host:b|", HTTP_REQUEST_TWICE },
{ "two hosts in 1.0",	"GET",  "HTTP/1.0", "Host:a|Host:a|", HTTP_REQUEST_TWICE },
{ "list of hosts",	"GET",  "HTTP/1.1", "Host:a b|", HTTP_REQUEST_HOST },
{ "user in host",	"GET",  "HTTP/1.1", "Host:u@h|", HTTP_REQUEST_HOST },
{ "path in host",	"GET",  "HTTP/1.1", "Host:h/v1|", HTTP_REQUEST_HOST },

{ "two credentials",	"GET",  "HTTP/1.1", H "Authorization:Bearer a|authorization:Bearer b|", HTTP_REQUEST_TWICE },
{ "two types",		"GET",  "HTTP/1.1", H "Content-Type:a|Content-Type:a|", HTTP_REQUEST_TWICE },
{ "two encodings",	"GET",  "HTTP/1.1", H "Content-Encoding:gzip|Content-Encoding:br|", HTTP_REQUEST_TWICE },
{ "two levels",		"GET",  "HTTP/1.1", H "Gateway-Ack:received|Gateway-Ack:delivered|", HTTP_REQUEST_TWICE },
{ "two expectations",	"GET",  "HTTP/1.1", H "Expect:100-continue|Expect:100-continue|", HTTP_REQUEST_TWICE },
{ "another expectation", "POST", "HTTP/1.1", H "Content-Length:3|Expect:bogus|", HTTP_REQUEST_EXPECT },
{ "a list of them",	"POST", "HTTP/1.1", H "Content-Length:3|Expect:100-continue, x|", HTTP_REQUEST_EXPECT },

{ "HTTP/1.2",		"GET",  "HTTP/1.2", H, HTTP_REQUEST_VERSION },
{ "HTTP/2.0",		"GET",  "HTTP/2.0", H, HTTP_REQUEST_VERSION },
{ "small letters",	"GET",  "http/1.1", H, HTTP_REQUEST_VERSION },
{ "no version",		"GET",  "",         H, HTTP_REQUEST_VERSION },
{ "empty method",	"",     "HTTP/1.1", H, HTTP_REQUEST_METHOD },
{ "bracket in method",	"P(T",  "HTTP/1.1", H, HTTP_REQUEST_METHOD },
{ "control in method",	"PO\x01T", "HTTP/1.1", H, HTTP_REQUEST_METHOD },
{ "endless method",	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "HTTP/1.1", H, HTTP_REQUEST_METHOD },
};
/* clang-format on */

static enum http_request_fault
feed(struct http_request *head, const char *method, const char *version,
    const char *fields)
{
	http_request_begin(head, span_of(method), span_of(version));
	while (*fields != '\0') {
		const char *end = strchr(fields, '|');
		const char *colon = memchr(fields, ':', (size_t)(end - fields));

		http_request_field(head,
		    (struct span){ fields, (size_t)(colon - fields) },
		    (struct span){ colon + 1, (size_t)(end - colon - 1) });
		fields = end + 1;
	}
	return http_request_finish(head);
}

Test(request, leaves_no_room_for_a_second_reading)
{
	struct http_request head;

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum http_request_fault got = feed(
		    &head, rows[i].method, rows[i].version, rows[i].fields);

		cr_expect_eq(got, rows[i].want, "%s: %s", rows[i].what,
		    http_request_fault_text(got));
	}
}

Test(request, tells_what_the_program_looks_at)
{
	struct http_request head;

	feed(&head, "POST", "HTTP/1.1",
	    H "Content-Length:0012|GATEWAY-ACK: Delivered "
	      "|Content-Encoding:gzip|");
	cr_expect(head.post && head.sized && !head.chunked && !head.old);
	cr_expect_eq(head.length, 12);
	cr_expect(span_equal(
	    head.values[HTTP_REQUEST_NAME_GATEWAY_ACK], SPAN("Delivered")));
	cr_expect(span_equal(
	    head.values[HTTP_REQUEST_NAME_CONTENT_ENCODING], SPAN("gzip")));
	cr_expect_null(head.values[HTTP_REQUEST_NAME_EXPECT].at);
	cr_expect(http_request_has_body(&head));

	feed(&head, "POST", "HTTP/1.1", H "Content-Length:0|");
	cr_expect_not(http_request_has_body(&head));
	feed(&head, "PUT", "HTTP/1.1", H "Transfer-Encoding:chunked|");
	cr_expect(http_request_has_body(&head) && !head.post);
}

Test(request, a_length_beyond_counting_is_the_largest_there_is)
{
	static const struct {
		const char *fields;
		uint64_t want;
	} lengths[] = {
		{ H "Content-Length:18446744073709551614|", UINT64_MAX - 1 },
		{ H "Content-Length:18446744073709551615|", UINT64_MAX },
		{ H "Content-Length:18446744073709551616|", UINT64_MAX },
		{ H "Content-Length:18446744073709551625|", UINT64_MAX },
		{ H "Content-Length:99999999999999999999999|", UINT64_MAX },
	};
	struct http_request head;

	for (size_t i = 0; i < COUNT(lengths); i++) {
		cr_expect_eq(feed(&head, "POST", "HTTP/1.1", lengths[i].fields),
		    HTTP_REQUEST_FINE);
		cr_expect_eq(
		    head.length, lengths[i].want, "%s", lengths[i].fields);
	}
}

Test(request, keeps_the_first_fault)
{
	struct http_request head;

	cr_expect_eq(
	    feed(&head, "GET", "HTTP/9.9", "X y:z|"), HTTP_REQUEST_VERSION);

	http_request_begin(&head, SPAN("GET"), SPAN("HTTP/1.1"));
	http_request_refuse(&head, HTTP_REQUEST_HIDDEN);
	http_request_field(&head, SPAN("X y"), SPAN("z"));
	cr_expect_eq(http_request_finish(&head), HTTP_REQUEST_HIDDEN);
}

Test(request, a_nul_is_a_control_character)
{
	struct http_request head;

	http_request_begin(&head, SPAN("GET"), SPAN("HTTP/1.1"));
	http_request_field(&head, SPAN("Host"), SPAN("h"));
	http_request_field(&head, SPAN("X"), SPAN("a\0b"));
	cr_expect_eq(http_request_finish(&head), HTTP_REQUEST_VALUE);
	http_request_begin(&head, SPAN("GET"), SPAN("HTTP/1.1"));
	http_request_field(&head, SPAN("Host"), SPAN("h"));
	http_request_field(&head, SPAN("X\0"), SPAN("a"));
	cr_expect_eq(http_request_finish(&head), HTTP_REQUEST_NAME);
}

Test(request, every_fault_has_a_text_that_needs_no_escaping)
{
	for (int i = HTTP_REQUEST_FINE + 1; i < HTTP_REQUEST_FAULTS; i++) {
		const char *text = http_request_fault_text(i);

		cr_assert_not_null(text, "fault %d", i);
		cr_expect(strlen(text) > 10, "fault %d", i);
		cr_expect_null(strpbrk(text, "\"\\\n"), "fault %d", i);
	}
}
