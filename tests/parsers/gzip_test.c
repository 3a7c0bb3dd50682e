#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "parsers/gzip.h"

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
	enum gzip_answer answer;
	const char *text;
} cases[] = {
	{ "a member", BYTES(MEMBER), ROOM, GZIP_DONE, "event\n" },
	{ "an empty member", BYTES(EMPTY), ROOM, GZIP_DONE, "" },
	{ "two members", BYTES(MEMBER MEMBER), ROOM, GZIP_DONE,
	  "event\nevent\n" },
	{ "an empty one between", BYTES(MEMBER EMPTY MEMBER), ROOM,
	  GZIP_DONE, "event\nevent\n" },
	{ "just enough room", BYTES(MEMBER), 6, GZIP_DONE, "event\n" },
	{ "a byte too little", BYTES(MEMBER), 5, GZIP_TOO_LARGE, NULL },
	{ "the second is too much", BYTES(MEMBER MEMBER), 11,
	  GZIP_TOO_LARGE, NULL },
	{ "no room at all", BYTES(MEMBER), 0, GZIP_TOO_LARGE, NULL },
	{ "garbage behind", BYTES(MEMBER "x"), ROOM, GZIP_MALFORMED, NULL },
	{ "zeros behind", BYTES(MEMBER "\0\0\0\0"), ROOM, GZIP_MALFORMED,
	  NULL },
	{ "a wrong checksum", BYTES(HEAD STORED "\xd2\x9e\x5e\x7b" LENGTH),
	  ROOM, GZIP_MALFORMED, NULL },
	{ "a wrong length", BYTES(HEAD STORED SUM "\x07\x00\x00\x00"), ROOM,
	  GZIP_MALFORMED, NULL },
	{ "a wrong method", BYTES("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\xff"
	  STORED SUM LENGTH), ROOM, GZIP_MALFORMED, NULL },
	{ "not gzip", BYTES("{\"__time\":\"2022-04-16\"}\n"), ROOM,
	  GZIP_MALFORMED, NULL },
	{ "nothing", BYTES(""), ROOM, GZIP_MALFORMED, NULL },
};
/* clang-format on */

static struct gzip_reader *
opened(void)
{
	struct gzip_reader *reader = NULL;
	struct err err = { 0 };

	cr_assert(gzip_reader_open(&reader, &err), "%s", err.text);
	return reader;
}

Test(gzip, takes_gzip_and_nothing_else)
{
	struct gzip_reader *reader = opened();

	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[ROOM];
		size_t len = 99;
		enum gzip_answer answer = gzip_unpack(reader, cases[i].bytes,
		    cases[i].len, out, cases[i].room, &len);

		cr_expect_eq(
		    answer, cases[i].answer, "%s: %d", cases[i].what, answer);
		if (answer != GZIP_DONE) {
			cr_expect_eq(len, 99u, "%s", cases[i].what);
			continue;
		}
		cr_expect_eq(len, strlen(cases[i].text), "%s", cases[i].what);
		cr_expect(
		    memcmp(out, cases[i].text, len) == 0, "%s", cases[i].what);
	}
	gzip_reader_close(&reader);
}

Test(gzip, every_part_of_a_member_is_refused)
{
	struct gzip_reader *reader = opened();
	char out[ROOM];
	size_t got;

	for (size_t len = 0; len < sizeof(MEMBER) - 1; len++) {
		char *part = malloc(len + 1); /* exact, for the sanitizer */

		memcpy(part, MEMBER, len);
		cr_expect_eq(gzip_unpack(reader, part, len, out, ROOM, &got),
		    GZIP_MALFORMED, "%zu bytes", len);
		free(part);
	}
	gzip_reader_close(&reader);
}

/* Bytes by chance, of so many values: 1 is all the same, 256 is noise. */
static void
fill(char *bytes, size_t len, unsigned values)
{
	uint64_t x = 1;

	for (size_t i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
		bytes[i] = (char)((x >> 33) % values);
	}
}

Test(gzip, what_is_packed_unpacks_to_the_same)
{
	static const size_t lens[] = { 0, 1, 2, 60, 13800, 1000000 };
	static const unsigned values[] = { 1, 2, 20, 256 };
	static char bytes[1000000], packed[1001000], again[1000000];
	struct gzip_reader *reader = opened();
	struct gzip_writer *writer = NULL;
	struct err err = { 0 };
	size_t made, len;

	cr_assert(gzip_writer_open(&writer, &err), "%s", err.text);
	for (size_t i = 0; i < COUNT(lens) * COUNT(values); i++) {
		len = lens[i / COUNT(values)];
		fill(bytes, len, values[i % COUNT(values)]);
		made = gzip_pack(writer, bytes, len, packed, sizeof packed);
		cr_assert_gt(made, 0, "%zu", i);
		cr_assert_eq(gzip_unpack(reader, packed, made, again,
				 sizeof again, &len),
		    GZIP_DONE, "%zu", i);
		cr_assert_eq(len, lens[i / COUNT(values)]);
		cr_assert_eq(memcmp(again, bytes, len), 0, "%zu", i);
		cr_assert_eq(gzip_pack(writer, bytes, len, packed, made / 2), 0,
		    "%zu: no room", i);
	}
	gzip_writer_close(&writer);
	gzip_writer_close(&writer);
	gzip_reader_close(&reader);
}

Test(gzip, closing_twice_is_harmless)
{
	struct gzip_reader *reader = opened();

	gzip_reader_close(&reader);
	cr_expect_null(reader);
	gzip_reader_close(&reader);
}
