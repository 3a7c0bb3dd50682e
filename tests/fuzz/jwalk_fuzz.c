/*
 * In sound JSON each value that is found is sound itself, and all together are
 * the whole; in any other text nothing outside of it is touched.
 */
#include <assert.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"
#include "tests/fuzz/exact.h"

static bool
is_json(struct span text)
{
	struct jvalid_rules rules = { .max_depth = 0 };
	struct jvalid_facts facts;

	return jvalid_check(text.at, text.len, &rules, &facts);
}

static void
look(struct span whole, struct span value, bool sound)
{
	char out[8];

	assert(exact_holds(whole.at, whole.len, value));
	assert(!sound || is_json(value));
	(void)jwalk_number(value);
	(void)jwalk_true(value);
	assert(strlen(jwalk_text(value, out, sizeof out)) < sizeof out);
}

/* How many values there are, down to the last. */
static size_t
walk(struct span whole, struct span of, bool sound, int depth)
{
	struct span rest = of, name, value;
	bool object = of.len > 0 && of.at[0] == '{';
	size_t count = 0, left = rest.len;

	while (depth > 0 && (object ? jwalk_entry(&rest, &name, &value)
				    : jwalk_element(&rest, &value))) {
		if (object)
			look(whole, name, sound);
		look(whole, value, sound);
		assert(rest.len < left);
		left = rest.len;
		count += 1 + walk(whole, value, sound, depth - 1);
	}
	/* What ends it is all that is left. */
	if (sound && depth > 0 && of.len > 0 && (object || of.at[0] == '['))
		assert(
		    rest.len > 0 && (rest.at[0] == '}' || rest.at[0] == ']' ||
					rest.at == of.at));
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *copy = exact_bytes(bytes, len);
	struct span whole = { copy, len };
	bool sound = is_json(whole);

	walk(whole, whole, sound && len > 0 && strchr("{[", copy[0]), 8);
	look(whole, jwalk_member(whole, "a"), false);
	look(whole, jwalk_member(jwalk_member(whole, "o"), "deep"), false);
	free(copy);
	return 0;
}
