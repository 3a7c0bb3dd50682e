/*
 * options - every key of the configuration, a row each.
 *
 * The bounds stand in the row as an operator would write them, so that parser,
 * check and help cannot disagree.  A row without a field in struct config is a
 * key for which this build accepts one value only; any other is an error that
 * says so.
 *
 * Names are dotted paths.  Rows that hold for one table begin with "tables.*.";
 * a row marked per_table may stand there too, and then overrides.
 *
 * Ownership	rows are constant; config_option_set copies the text.
 * Errors	ERR_INPUT with what is allowed, without the text given.
 */
#ifndef GATEWAY_CONFIG_OPTIONS_H
#define GATEWAY_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/config/config.h"
#include "parsers/unit.h"

#define CONFIG_TABLE_PREFIX "tables.*."
#define CONFIG_NOWHERE      ((size_t)-1) /* no field: nothing to choose */

enum config_kind {
	CONFIG_NUMBER, /* of `unit`, from `least` to `most` */
	CONFIG_TEXT,   /* that `valid` accepts */
	CONFIG_ID,     /* a table's name, in place */
	CONFIG_WORD,   /* one of `words`; the field holds its place there */
	CONFIG_FLAG,   /* the first of two words is false, the second true */
	CONFIG_TABLES, /* the map of tables */
	CONFIG_LATER,  /* not in this build, whatever the value */
};

struct config_option {
	const char *name;
	enum config_kind kind;
	size_t at; /* in struct config */
	bool secret;
	bool per_table;
	enum unit unit;
	const char *initial; /* NULL: none */
	const char *least, *most;
	const char *words;   /* separated by '|' */
	const char *later;   /* words that this build knows but cannot do, */
	const char *needs;   /* and what they need; "x*": all that begin so */
	const char *allowed; /* for people, where the above does not tell */
	bool (*valid)(const char *text, struct err *err);
	const char *help;
};

extern const struct config_option config_options[];
extern const size_t config_option_count;

/* The row of a path, or NULL. */
const struct config_option *config_option_find(const char *path);

/* Do longer paths begin with this one? */
bool config_option_is_section(const char *path);

/* Sets the field in `table`, when that is not NULL, else in `config`. */
bool config_option_set(const struct config_option *option,
    struct config *config, struct table_options *table, const char *text,
    struct err *err);

/* Frees what setting it took. */
void config_option_clear(
    const struct config_option *option, struct config *config);

/*
 * Appends the value as it would be written; nothing for a text that is absent
 * or a word that does not hold.  Says whether there was one.
 */
bool config_option_get(const struct config_option *option,
    const struct config *config, const struct table_options *table,
    struct buffer *out);

/* Appends what may be given: "1 to 65535", "text | json". */
void config_option_allowed(
    const struct config_option *option, struct buffer *out);

#endif
