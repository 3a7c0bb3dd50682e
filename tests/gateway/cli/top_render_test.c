#include <criterion/criterion.h>

#include <string.h>

#include "gateway/cli/top_render.h"

static const char status[] =
    "{\"version\":\"9.9\",\"uptime_s\":61,\"health\":{\"level\":\"bad\","
    "\"sentence\":\"Some\\u001bthing is wrong with a table\","
    "\"advice\":\"Do this\"},"
    "\"events\":{\"waiting\":1234567},"
    "\"budget\":{\"used\":30,\"calls_per_minute\":60,\"saved_by_batching\":5},"
    "\"credential\":{\"kind\":\"oauth2\",\"expires_in_s\":240},"
    "\"upstream\":{\"answer\":{\"p50_ms\":8.2,\"p99_ms\":48}},"
    "\"dead_letters\":{\"accepted\":3,\"skipped\":12000},"
    "\"spool\":{\"bytes\":500000,\"limit_bytes\":1000000},"
    "\"tables\":[{\"name\":\"small\",\"accepted\":1,\"lane\":\"flowing\","
    "\"reason\":\"\",\"oldest_ms\":-1},"
    "{\"name\":\"large\",\"accepted\":900,\"lane\":\"held\","
    "\"reason\":\"not_found\",\"waiting\":7,\"oldest_ms\":65000,"
    "\"calls_in_minute\":3,\"rejected\":2}],"
    "\"producers\":[],"
    "\"rejects\":[{\"reason\":\"not_json\",\"count\":2,\"samples\":"
    "[{\"table\":\"large\",\"line\":4,\"offset\":1}]}],"
    "\"history\":{\"columns\":[\"at_ms\",\"in\",\"out\"],\"seconds\":"
    "[[1,10,9],[2,300,250]]}}";

static void
write_screen(const struct top_render *screen, struct buffer *out)
{
	struct err err;

	buffer_init(out, 1 << 20);
	cr_assert(top_render_write(screen, span_of(status), out, &err));
}

Test(screen, it_says_what_status_says)
{
	static const char *const want[] = {
		"9.9, up 61 s: bad",
		"Some?thing is wrong",
		"    Do this",
		"in 300/s, out 250/s, waiting 1235k",
		"[#####.....] 30 of 60 this minute",
		"[#####.....] 50 %, 500 kB of 1.0 MB",
		"upstream oauth2, its token lives 4 min; an answer takes p50 "
		"8 ms, p99 48 ms",
		"dead: 3 of accepted events, 12000 of skipped ones",
		"held: not_found",
		"not_json",
		"last: large, line 4, offset 1",
	};
	struct top_render screen = { .columns = 80 };
	struct buffer out;

	write_screen(&screen, &out);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		cr_expect_not_null(
		    strstr(out.at, want[i]), "%s in\n%s", want[i], out.at);
	cr_expect(strstr(out.at, "large") < strstr(out.at, "small"),
	    "the larger first");
	cr_expect_null(strchr(out.at, '\033'), "plain");
	cr_expect_null(strstr(out.at, "producer "), "no list of nothing");
	buffer_fini(&out);
}

Test(screen, colours_are_for_terminals_and_control_characters_for_nobody)
{
	struct top_render screen = { .columns = 80, .colours = true };
	struct buffer out;

	write_screen(&screen, &out);
	cr_expect_not_null(strstr(out.at, "\033[1;31m"));
	cr_expect_null(strstr(out.at, "Some\033"));
	buffer_fini(&out);
}

Test(screen, long_sentences_are_wrapped_and_short_screens_kept)
{
	struct top_render screen = { .columns = 24, .lines = 10 };
	struct buffer out;

	write_screen(&screen, &out);
	cr_expect_not_null(
	    strstr(out.at, "\nSome?thing is wrong with\na table"), "%s",
	    out.at);
	cr_expect_not_null(strstr(out.at, "... and 1 more"));
	buffer_fini(&out);
}

Test(screen, what_is_no_status_is_refused)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "nonsense",
		"{\"health\":}" };
	struct top_render screen = { .columns = 80 };
	struct buffer out;
	struct err err;

	buffer_init(&out, 1000);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		cr_expect_not(
		    top_render_write(&screen, span_of(texts[i]), &out, &err),
		    "%s", texts[i]);
	buffer_fini(&out);
}
