#include <criterion/criterion.h>

#include <string.h>

#include "parsers/inflate.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM     64

/* clang-format off */
#define HEAD	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
/* "event\n" in a stored block, its checksum and its length */
#define STORED	"\x01\x06\x00\xf9\xff" "event\n"
#define SUM	"\xd2\x9e\x5e\x7a"
#define LENGTH	"\x06\x00\x00\x00"
#define MEMBER	HEAD STORED SUM LENGTH
#define EMPTY	HEAD "\x03\x00" "\x00\x00\x00\x00" "\x00\x00\x00\x00"
#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *what, *bytes;
	size_t len, room;
	enum inflate_answer answer;
	const char *text;
} cases[] = {
	{ "a member", BYTES(MEMBER), ROOM, INFLATE_DONE, "event\n" },
	{ "an empty member", BYTES(EMPTY), ROOM, INFLATE_DONE, "" },
	{ "two members", BYTES(MEMBER MEMBER), ROOM, INFLATE_DONE,
	  "event\nevent\n" },
	{ "an empty one between", BYTES(MEMBER EMPTY MEMBER), ROOM,
	  INFLATE_DONE, "event\nevent\n" },
	{ "just enough room", BYTES(MEMBER), 6, INFLATE_DONE, "event\n" },
	{ "a byte too little", BYTES(MEMBER), 5, INFLATE_TOO_LARGE, NULL },
	{ "the second is too much", BYTES(MEMBER MEMBER), 11,
	  INFLATE_TOO_LARGE, NULL },
	{ "no room at all", BYTES(MEMBER), 0, INFLATE_TOO_LARGE, NULL },
	{ "garbage behind", BYTES(MEMBER "x"), ROOM, INFLATE_MALFORMED, NULL },
	{ "zeros behind", BYTES(MEMBER "\0\0\0\0"), ROOM, INFLATE_MALFORMED,
	  NULL },
	{ "a wrong checksum", BYTES(HEAD STORED "\xd2\x9e\x5e\x7b" LENGTH),
	  ROOM, INFLATE_MALFORMED, NULL },
	{ "a wrong length", BYTES(HEAD STORED SUM "\x07\x00\x00\x00"), ROOM,
	  INFLATE_MALFORMED, NULL },
	{ "a wrong method", BYTES("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\xff"
	  STORED SUM LENGTH), ROOM, INFLATE_MALFORMED, NULL },
	{ "not gzip", BYTES("{\"__time\":\"2022-04-16\"}\n"), ROOM,
	  INFLATE_MALFORMED, NULL },
	{ "nothing", BYTES(""), ROOM, INFLATE_MALFORMED, NULL },
};
/* clang-format on */

static struct inflate *
opened(void)
{
	struct inflate *inflate = NULL;
	struct err err = { 0 };

	cr_assert(inflate_open(&inflate, &err), "%s", err.text);
	return inflate;
}

Test(inflate, takes_gzip_and_nothing_else)
{
	struct inflate *inflate = opened();

	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[ROOM];
		size_t len = 99;
		enum inflate_answer answer = inflate_gzip(inflate,
		    cases[i].bytes, cases[i].len, out, cases[i].room, &len);

		cr_expect_eq(
		    answer, cases[i].answer, "%s: %d", cases[i].what, answer);
		if (answer != INFLATE_DONE) {
			cr_expect_eq(len, 99u, "%s", cases[i].what);
			continue;
		}
		cr_expect_eq(len, strlen(cases[i].text), "%s", cases[i].what);
		cr_expect(
		    memcmp(out, cases[i].text, len) == 0, "%s", cases[i].what);
	}
	inflate_close(&inflate);
}

Test(inflate, every_part_of_a_member_is_refused)
{
	struct inflate *inflate = opened();
	char out[ROOM];
	size_t got;

	for (size_t len = 0; len < sizeof(MEMBER) - 1; len++) {
		char *part = malloc(len + 1); /* exact, for the sanitizer */

		memcpy(part, MEMBER, len);
		cr_expect_eq(inflate_gzip(inflate, part, len, out, ROOM, &got),
		    INFLATE_MALFORMED, "%zu bytes", len);
		free(part);
	}
	inflate_close(&inflate);
}

Test(inflate, closing_twice_is_harmless)
{
	struct inflate *inflate = opened();

	inflate_close(&inflate);
	cr_expect_null(inflate);
	inflate_close(&inflate);
}
