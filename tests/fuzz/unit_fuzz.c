/* What is printed is read back as the same, and so is what was read. */
#include <assert.h>

#include "parsers/unit.h"
#include "tests/fuzz/exact.h"

static void
check_printed(enum unit unit, uint64_t value)
{
	char text[UNIT_TEXT_MAX];
	uint64_t again = ~value;
	struct err err;

	unit_print(unit, value, text);
	assert(unit_parse(unit, text, &again, &err) && again == value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_text(bytes, len);
	uint64_t any = 0, value;

	memcpy(&any, bytes, len < sizeof any ? len : sizeof any);
	for (enum unit unit = UNIT_COUNT; unit <= UNIT_TIME; unit++) {
		struct err err = { .kind = ERR_NONE };

		if (unit_parse(unit, text, &value, &err))
			check_printed(unit, value);
		else
			assert(err.kind == ERR_INPUT);
		check_printed(
		    unit, unit == UNIT_TIME ? any % (UNIT_MS_MAX + 1) : any);
	}
	free(text);
	return 0;
}
