#include "gateway/config/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/config/options.h"

#define KEY_MAX  64 /* longer ones are not near to any */
#define NEAR_MAX 2  /* slips of a finger */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * How many characters must be inserted, removed, changed or swapped with their
 * neighbour to make `a` of `b` (optimal string alignment).
 */
static unsigned
distance(struct span a, struct span b)
{
	unsigned rows[3][KEY_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i - 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.at[i - 1] == b.at[j - 1];

			now[j] = least(before[j - 1] + !same,
			    least(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1])
				now[j] =
				    least(now[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

/* The row's next step below the section, or the empty span. */
static struct span
step(const struct config_option *option, const char *section)
{
	const char *name = option->name;
	size_t len = strlen(section), prefix = strlen(CONFIG_TABLE_PREFIX);

	if (option->per_table &&
	    strncmp(section, CONFIG_TABLE_PREFIX, prefix) == 0) {
		section += prefix;
		len -= prefix;
	}
	if (strncmp(name, section, len) != 0)
		return (struct span){ NULL, 0 };
	return (struct span){ name + len, strcspn(name + len, ".") };
}

/* The nearest key of this section, or the empty span. */
static struct span
nearest(const char *section, struct span key)
{
	struct span best = { NULL, 0 };
	unsigned best_distance = NEAR_MAX + 1;

	if (key.len > KEY_MAX)
		return best;
	for (size_t i = 0; i < config_option_count; i++) {
		struct span to = step(&config_options[i], section);
		unsigned d;

		if (to.len == 0 || to.len > KEY_MAX || to.at[0] == '*')
			continue;
		d = distance(key, to);
		if (d < best_distance && d < key.len) {
			best = to;
			best_distance = d;
		}
	}
	return best;
}

/* A row elsewhere whose last step is the key, or NULL. */
static const char *
elsewhere(const char *key)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const char *dot = strrchr(config_options[i].name, '.');

		if (dot != NULL && strcmp(dot + 1, key) == 0 &&
		    config_options[i].kind != CONFIG_LATER)
			return config_options[i].name;
	}
	return NULL;
}

static void
list_section(const char *section, struct buffer *out)
{
	struct span last = { NULL, 0 };
	const char *between = "known here: ";

	for (size_t i = 0; i < config_option_count; i++) {
		struct span to = step(&config_options[i], section);

		if (to.len == 0 || to.at[0] == '*' || span_equal(to, last) ||
		    config_options[i].kind == CONFIG_LATER)
			continue;
		buffer_print(out, "%s%.*s", between, (int)to.len, to.at);
		between = ", ";
		last = to;
	}
}

void
config_suggest(const char *section, const char *key, struct buffer *out)
{
	struct span near = nearest(section, span_of(key));

	if (near.len > 0)
		buffer_print(out, "did you mean %.*s?", (int)near.len, near.at);
	else if (elsewhere(key) != NULL)
		buffer_print(out, "did you mean %s?", elsewhere(key));
	else
		list_section(section, out);
}
