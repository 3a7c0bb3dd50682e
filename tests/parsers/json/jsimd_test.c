#include <criterion/criterion.h>

#include "parsers/json/jsimd.h"
#include "tests/support/agreement.h"
#include "tests/support/mutant.h"

#define DAY  1650067200000 /* 2022-04-16 */
#define ROOM 3000

/* Millions take some seconds; under a sanitizer each is far slower. */
#if defined(__SANITIZE_ADDRESS__)
#define MUTANTS 200000
#else
#define MUTANTS 2000000
#endif

/* Larger counts are given by hand: MUTANTS=100000000 MUTANTS_SEED=7 */
static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

Test(jsimd, agrees_with_the_reference_on_mutants, .timeout = 36000)
{
	static char room[ROOM];
	struct mutant m = {
		.state = from_environment("MUTANTS_SEED", 20220416),
		.line = room,
		.room = sizeof room,
	};
	uint64_t count = from_environment("MUTANTS", MUTANTS);
	size_t seen[EVENT_FAULT_COUNT] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		struct event_limits limits = {
			.oldest_ms = DAY - 3600000,
			.newest_ms = DAY + 3600000 * 10,
			.max_depth = 3 + mutant_any(&m, 8),
			.max_line_bytes = 50 + mutant_any(&m, 2 * ROOM),
		};

		mutant_next(&m);
		seen[agreement_check(m.line, m.len, &limits).fault]++;
	}
	/* The test is worth something only if it meets everything often. */
	for (enum event_fault f = EVENT_OK; f < EVENT_FAULT_COUNT; f++)
		if (f != EVENT_NUMBER_TOO_LONG && f != EVENT_NOT_OBJECT)
			cr_expect(seen[f] > count / 1000, "%zu times %s",
			    seen[f], event_fault_word(f));
	fprintf(stderr, "%llu mutants, %zu good\n", (unsigned long long)count,
	    seen[EVENT_OK]);
}

/* A kernel may say "do not know", but not of an ordinary event. */
Test(jsimd, recognises_ordinary_events)
{
	static const char *const lines[] = {
		"{\"__time\":\"2022-04-16\"}",
		"{\"a\":1.5e3,\"__time\":\"2022-04-16\",\"b\":[true,{}]}",
		" { \"__time\" : \"2022-04-16\" , \"\\u00e9\" : \"\xc3\xa9\" "
		"} ",
		"{\"host\":\"web-01\",\"level\":\"info\",\"status\":200,"
		"\"ms\":12.5,\"cached\":false,\"user\":null,"
		"\"__time\":\"2022-04-16T00:46:58.771Z\","
		"\"tags\":[\"a\",\"b\"],\"nested\":{\"deep\":[[[-0]]]}}",
	};

	for (size_t n = 0; jsimd_nth(n) != NULL; n++)
		for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
			const char *line = lines[i];
			struct jsimd_facts facts =
			    jsimd_nth(n)->run(line, strlen(line), 64);

			cr_assert(
			    facts.good, "%s: %s", jsimd_nth(n)->name, line);
			cr_expect_eq(facts.name_at,
			    (size_t)(strstr(line, "\"__time\"") - line));
		}
}

/* A bracket that opens one level more, or closes the innermost. */
static void
put_bracket(struct mutant *m, char *kinds, unsigned *depth, bool open)
{
	if (!open) {
		mutant_put(m, kinds[--*depth] == '{' ? "}" : "]");
		return;
	}
	if (strchr("]}", m->line[m->len - 1]) != NULL)
		mutant_put(m, ",");
	if (*depth > 0 && kinds[*depth - 1] == '{')
		mutant_put(m, "\"\":");
	kinds[*depth] = "{["[mutant_any(m, 2)];
	mutant_bytes(m, &kinds[(*depth)++], 1);
}

/* Down, then at random, then up again. */
static void
put_nesting(struct mutant *m, unsigned bottom, unsigned steps)
{
	char kinds[ROOM];
	unsigned depth = 0;

	m->len = 0;
	mutant_put(m, "{\"__time\":\"2022-04-16\",\"v\":");
	while (depth < bottom)
		put_bracket(m, kinds, &depth, true);
	while (steps-- > 0)
		put_bracket(m, kinds, &depth, depth < 2 || mutant_any(m, 2));
	while (depth > 0)
		put_bracket(m, kinds, &depth, false);
	mutant_put(m, "}");
}

Test(jsimd, agrees_on_what_is_nested_deeper_than_a_word_has_bits)
{
	static char room[ROOM];
	struct mutant m = { .state = 7, .line = room, .room = sizeof room };
	static const unsigned bottoms[] = { 20, 61, 62, 63, 64, 65, 125, 130 };
	size_t seen[EVENT_FAULT_COUNT] = { 0 };

	for (unsigned i = 0; i < 8 * 500; i++) {
		struct event_limits limits = { 0, INT64_MAX,
			1 + mutant_any(&m, 130), 10000 };

		put_nesting(&m, bottoms[i % 8], 10 + mutant_any(&m, 400));
		if (mutant_any(&m, 3) == 0)
			mutant_damage(&m);
		seen[agreement_check(m.line, m.len, &limits).fault]++;
	}
	cr_expect(seen[EVENT_OK] > 500 && seen[EVENT_TOO_DEEP] > 500 &&
		      seen[EVENT_NOT_JSON] > 500,
	    "%zu good, %zu too deep, %zu not JSON", seen[EVENT_OK],
	    seen[EVENT_TOO_DEEP], seen[EVENT_NOT_JSON]);
}

/* One byte, and two alike, in every place. */
Test(jsimd, agrees_on_one_and_two_wrong_bytes)
{
	static const char line[] =
	    "{\"k\":[1,true,\"\\n\xc3\xa9\"],\"v\":-1.5e3,"
	    "\"__time\":\"2022-04-16\"}";
	struct event_limits limits = { 0, INT64_MAX, 64, 1000 };
	char damaged[sizeof line];

	for (size_t at = 0; at + 1 < sizeof line; at++)
		for (unsigned byte = 0; byte < 256; byte++) {
			memcpy(damaged, line, sizeof line);
			damaged[at] = (char)byte;
			agreement_check(damaged, sizeof line - 1, &limits);
			damaged[at + 1] = (char)byte;
			agreement_check(damaged, sizeof line - 1, &limits);
		}
}

Test(jsimd, the_list_ends_and_the_best_is_first)
{
	size_t n = 0;

	while (jsimd_nth(n) != NULL)
		n++;
	cr_expect_null(jsimd_nth(n + 1));
	cr_expect_eq(jsimd_best(), jsimd_nth(0));
}
