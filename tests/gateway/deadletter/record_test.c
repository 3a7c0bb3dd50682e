#include "gateway/deadletter/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD                                                                   \
	"{\"at\":\"2022-04-16T00:46:58.771Z\",\"table\":\"t\",\"reason\":"     \
	"\"r\""

static struct deadletter_record
usual(struct span event)
{
	return (struct deadletter_record){
		.at_ms = INT64_C(1650070018771),
		.table = SPAN("t"),
		.reason = SPAN("r"),
		.event = event,
	};
}

/* clang-format off */
static const struct {
	struct span event;
	const char *member;
} events[] = {
	{ SPAN("{\"a\": 1}"),		"\"event\":\"{\\\"a\\\": 1}\"" },
	{ SPAN("a\\b\t\x7f\x01"),	"\"event\":\"a\\\\b\\u0009\\u007f\\u0001\"" },
	{ SPAN("a\0b"),			"\"event\":\"a\\u0000b\"" },
	{ SPAN("\xc3\xa4\xe2\x82\xac"),	"\"event\":\"\xc3\xa4\xe2\x82\xac\"" },
	{ SPAN("\xff"),			"\"event_base64\":\"/w==\"" },
	{ SPAN("{\xed\xa0\x80}"),	"\"event_base64\":\"e+2ggH0=\"" },
	{ SPAN("cut \xe2\x82"),		"\"event_base64\":\"Y3V0IOKC\"" },
};
/* clang-format on */

Test(letter, holds_the_events_bytes_whatever_they_are)
{
	char want[256];

	for (size_t i = 0; i < COUNT(events); i++) {
		struct deadletter_record letter = usual(events[i].event);
		struct buffer out;

		buffer_init(&out, 1000);
		snprintf(want, sizeof want, HEAD ",%s}\n", events[i].member);
		cr_expect(deadletter_record_append(&out, &letter));
		cr_expect_str_eq(out.at, want, "%zu: %s", i, out.at);
		buffer_fini(&out);
	}
}

Test(letter, tells_what_is_known_and_leaves_out_the_rest)
{
	struct deadletter_record letter = usual(SPAN("x"));
	struct buffer out;

	letter.producer = SPAN("p");
	letter.line = 3;
	letter.offset = 7;
	letter.status = 400;
	letter.answer = SPAN("no");
	buffer_init(&out, 1000);
	cr_expect(deadletter_record_append(&out, &letter));
	cr_expect_str_eq(out.at,
	    "{\"at\":\"2022-04-16T00:46:58.771Z\",\"table\":\"t\","
	    "\"producer\":\"p\",\"reason\":\"r\",\"line\":3,\"offset\":7,"
	    "\"status\":400,\"answer\":\"no\",\"event\":\"x\"}\n");
	buffer_fini(&out);
}

Test(letter, that_does_not_fit_leaves_nothing_behind)
{
	struct deadletter_record letter = usual(SPAN("x"));
	size_t whole = strlen(HEAD ",\"event\":\"x\"}\n");
	struct buffer out;

	for (size_t max = 0; max < whole; max++) {
		buffer_init(&out, max);
		cr_expect(!deadletter_record_append(&out, &letter), "%zu", max);
		cr_expect_eq(out.len, 0);
		buffer_fini(&out);
	}
	buffer_init(&out, whole);
	cr_expect(deadletter_record_append(&out, &letter));
	buffer_fini(&out);
}
