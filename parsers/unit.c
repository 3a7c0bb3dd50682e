#include "parsers/unit.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KI       UINT64_C(1024)
#define K        UINT64_C(1000)

struct suffix {
	const char *word;
	uint64_t factor;
};

/* Largest first: unit_print takes the first that divides the value. */
/* clang-format off */
static const struct suffix count_suffixes[] = {
	{ "",    1 },
};
static const struct suffix bytes_suffixes[] = {
	{ "GiB", KI * KI * KI },
	{ "GB",  K * K * K },
	{ "MiB", KI * KI },
	{ "MB",  K * K },
	{ "KiB", KI },
	{ "KB",  K },
	{ "",    1 },
};
static const struct suffix time_suffixes[] = {
	{ "d",   24 * 3600 * K },
	{ "h",   3600 * K },
	{ "m",   60 * K },
	{ "s",   K },
	{ "ms",  1 },
};

static const struct {
	const struct suffix	*suffixes;
	size_t			 count;
	uint64_t		 most;
	const char		*zero;
	const char		*allowed;
} kinds[] = {
	[UNIT_COUNT] = { count_suffixes, COUNT(count_suffixes), UINT64_MAX,
	    "0", "must be a whole number, such as 60" },
	[UNIT_BYTES] = { bytes_suffixes, COUNT(bytes_suffixes), UINT64_MAX,
	    "0", "must be a whole number of bytes, or of KB MB GB (powers of "
	    "1000) or KiB MiB GiB (powers of 1024), such as 64MiB" },
	[UNIT_TIME] = { time_suffixes, COUNT(time_suffixes), UNIT_MS_MAX,
	    "0s", "must be a whole number of ms, s, m, h or d, such as 500ms" },
};
/* clang-format on */

/* The suffix that is `word`, or NULL. */
static const struct suffix *
suffix_find(enum unit unit, const char *word)
{
	for (size_t i = 0; i < kinds[unit].count; i++)
		if (strcmp(kinds[unit].suffixes[i].word, word) == 0)
			return &kinds[unit].suffixes[i];
	return NULL;
}

/* Reads the digits at the start; false: none, too many, or a leading zero. */
static bool
digits_read(const char **text, uint64_t *number_out)
{
	const char *at = *text;
	uint64_t number = 0;

	if (*at < '0' || *at > '9' ||
	    (at[0] == '0' && at[1] >= '0' && at[1] <= '9'))
		return false;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(
			number, (uint64_t)(*at - '0'), &number))
			return false;
	*text = at;
	*number_out = number;
	return true;
}

bool
unit_parse(
    enum unit unit, const char *text, uint64_t *value_out, struct err *err)
{
	const char *rest = text;
	const struct suffix *suffix;
	uint64_t number, value;
	char most[UNIT_TEXT_MAX];

	if (!digits_read(&rest, &number))
		return err_set(err, ERR_INPUT, 0, "%s", kinds[unit].allowed);
	if (unit == UNIT_TIME && *rest == '\0') {
		if (number != 0)
			return err_set(err, ERR_INPUT, 0,
			    "needs a unit: ms, s, m, h or d, such as 500ms");
		rest = "ms";
	}
	suffix = suffix_find(unit, rest);
	if (suffix == NULL)
		return err_set(err, ERR_INPUT, (size_t)(rest - text), "%s",
		    kinds[unit].allowed);
	if (__builtin_mul_overflow(number, suffix->factor, &value) ||
	    value > kinds[unit].most) {
		unit_print(unit, kinds[unit].most, most);
		return err_set(
		    err, ERR_INPUT, 0, "is too large: at most %s", most);
	}
	*value_out = value;
	return true;
}

void
unit_print(enum unit unit, uint64_t value, char text[UNIT_TEXT_MAX])
{
	const struct suffix *suffix = kinds[unit].suffixes;

	if (value == 0) {
		strcpy(text, kinds[unit].zero);
		return;
	}
	while (value % suffix->factor != 0)
		suffix++; /* ends: the last factor is 1 */
	snprintf(text, UNIT_TEXT_MAX, "%" PRIu64 "%s", value / suffix->factor,
	    suffix->word);
}
