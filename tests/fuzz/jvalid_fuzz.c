/*
 * Text of several lines, as token answers and key sets come: a fault lies
 * within the text, and a string that is valid can be decoded.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jstring.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_string(const char *open, const char *close)
{
	size_t room = (size_t)(close - open), len;
	char *text = malloc(room);

	assert(jstring_end(open) == close);
	assert(jstring_decode(open, close, text, room, &len));
	assert(jstring_equal(open, close, text, len) || len > 64);
	assert(!jstring_equal(open, close, text, len + 1));
	if (len > 0)
		assert(!jstring_decode(open, close, text, len - 1, &room));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct jvalid_rules rules = {
		.max_depth = 3,
		.max_number = 5,
		.name = SPAN("name"),
	};
	struct jvalid_facts facts;
	char *text = malloc(len > 0 ? len : 1);
	size_t end = len;

	memcpy(text, bytes, len);
	if (!jvalid_check(text, len, &rules, &facts)) {
		assert(facts.fault != JVALID_OK && facts.fault_at <= len);
	} else {
		assert(facts.fault == JVALID_OK && facts.root_at < len);
		while (strchr(" \t\r\n", text[end - 1]) != NULL)
			end--;
		if (text[facts.root_at] == '"')
			check_string(text + facts.root_at, text + end - 1);
		assert(facts.again_at == JVALID_NOWHERE ||
		       facts.value_at < facts.again_at);
	}
	free(text);
	return 0;
}
