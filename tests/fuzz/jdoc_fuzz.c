/*
 * A document is opened only where the grammar agrees, and each answer is the
 * same with more room and none with less.
 */
#include <assert.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jdoc.h"
#include "tests/fuzz/exact.h"

#define ROOM 64

static void
check_string(const struct jdoc *doc, const char *name)
{
	char text[ROOM], *tight;
	size_t len, again;

	if (jdoc_string(doc, name, text, sizeof text, &len) != JDOC_FOUND)
		return;
	assert(len < sizeof text && text[len] == '\0');
	tight = malloc(len + 1);
	assert(tight != NULL);
	assert(jdoc_string(doc, name, tight, len + 1, &again) == JDOC_FOUND);
	assert(again == len && memcmp(text, tight, len + 1) == 0);
	if (len > 0)
		assert(
		    jdoc_string(doc, name, tight, len, &again) == JDOC_RANGE);
	free(tight);
}

static void
check_names(const struct jdoc *doc)
{
	static const char *const names[] = { "a", "exp", "", "error" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		unsigned found = 0;
		char text[ROOM];
		size_t len;
		int64_t number;

		check_string(doc, names[i]);
		found += jdoc_string(doc, names[i], text, sizeof text, &len) ==
			 JDOC_FOUND;
		found += jdoc_integer(doc, names[i], &number) == JDOC_FOUND;
		assert(found <= 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct jvalid_rules rules = { .max_depth = JDOC_DEPTH_MAX };
	struct jvalid_facts facts;
	struct err err = { .kind = ERR_NONE };
	struct jdoc *doc = NULL;
	bool json = jvalid_check(text, len, &rules, &facts);

	if (jdoc_open(&doc, (struct span){ text, len }, &err)) {
		assert(json && text[facts.root_at] == '{');
		assert(facts.deep_at == JVALID_NOWHERE);
		check_names(doc);
	} else {
		assert(doc == NULL && err.text[0] != '\0');
		assert(!json || text[facts.root_at] != '{' ||
		       err.kind == ERR_LIMIT);
	}
	jdoc_close(&doc);
	free(text);
	return 0;
}
