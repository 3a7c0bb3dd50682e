#include "gateway/config/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_option *
find_exact(const char *path)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].name, path) == 0)
			return &config_options[i];
	return NULL;
}

/* What follows "tables.*." in a path, or NULL. */
static const char *
table_key(const char *path)
{
	size_t len = strlen(CONFIG_TABLE_PREFIX);

	return strncmp(path, CONFIG_TABLE_PREFIX, len) == 0 ? path + len : NULL;
}

const struct config_option *
config_option_find(const char *path)
{
	const struct config_option *option = find_exact(path);
	const char *key = table_key(path);

	if (option != NULL || key == NULL)
		return option;
	option = find_exact(key);
	return option != NULL && option->per_table ? option : NULL;
}

bool
config_option_is_section(const char *path)
{
	const char *key = table_key(path);
	size_t len = strlen(path);

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (strncmp(o->name, path, len) == 0 && o->name[len] == '.')
			return true;
		if (key != NULL && o->per_table &&
		    strncmp(o->name, key, strlen(key)) == 0 &&
		    o->name[strlen(key)] == '.')
			return true;
	}
	return false;
}

/* Where the field is in what holds it: the table if there is one. */
static size_t
offset_in(const struct config_option *option, const void *table)
{
	if (option->at == CONFIG_NOWHERE)
		return 0; /* and nobody looks there */
	return option->at -
	       (table != NULL ? offsetof(struct config, tables.defaults) : 0);
}

/*
 * The place of `text` among the words, or -1.  A word that ends in '*' stands
 * for all that begin so.
 */
static int
word_place(const char *words, const char *text)
{
	size_t len;
	int place = 0;

	for (; words != NULL && *words != '\0'; place++) {
		len = strcspn(words, "|");
		if (words[len - 1] == '*'
			? strncmp(words, text, len - 1) == 0
			: strlen(text) == len && strncmp(words, text, len) == 0)
			return place;
		words += len + (words[len] == '|');
	}
	return -1;
}

static struct span
word_at(const char *words, unsigned place)
{
	size_t len = strcspn(words, "|");

	for (; place > 0; place--) {
		if (words[len] == '\0')
			return (struct span){ NULL, 0 };
		words += len + 1;
		len = strcspn(words, "|");
	}
	return (struct span){ words, len };
}

/* "must be this | that"; a known word that cannot be had is told so. */
static bool
fail_allowed(const struct config_option *option, bool known, struct err *err)
{
	struct buffer allowed;

	buffer_init(&allowed, sizeof err->text);
	config_option_allowed(option, &allowed);
	if (known && option->needs != NULL)
		err_set(err, ERR_INPUT, 0,
		    "needs %s, which this build does not have yet: must be %s",
		    option->needs, allowed.at);
	else
		err_set(err, ERR_INPUT, 0, "%smust be %s",
		    known ? "this build does not have it yet: " : "",
		    allowed.at);
	buffer_fini(&allowed);
	return false;
}

static bool
set_number(const struct config_option *option, uint64_t *field,
    const char *text, struct err *err)
{
	uint64_t value, least, most;

	if (!unit_parse(option->unit, text, &value, err) ||
	    !unit_parse(option->unit, option->least, &least, err) ||
	    !unit_parse(option->unit, option->most, &most, err))
		return false;
	if (value < least || value > most)
		return fail_allowed(option, false, err);
	*field = value;
	return true;
}

static bool
set_text(const struct config_option *option, char **field, const char *text,
    struct err *err)
{
	char *copy;

	if (!option->valid(text, err))
		return false;
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	free(*field);
	*field = copy;
	return true;
}

static bool
set_word(const struct config_option *option, void *field, const char *text,
    struct err *err)
{
	int place = word_place(option->words, text);

	if (word_place(option->later, text) != -1)
		return fail_allowed(option, true, err);
	if (place == -1)
		return fail_allowed(option, false, err);
	if (option->kind == CONFIG_FLAG)
		*(bool *)field = place == 1;
	else if (option->at != CONFIG_NOWHERE)
		*(unsigned *)field = (unsigned)place;
	return true;
}

bool
config_option_set(const struct config_option *option, struct config *config,
    struct table_options *table, const char *text, struct err *err)
{
	char *base = table != NULL ? (char *)table : (char *)config;
	void *field = base + offset_in(option, table);

	switch (option->kind) {
	case CONFIG_NUMBER:
		return set_number(option, field, text, err);
	case CONFIG_TEXT:
		return set_text(option, field, text, err);
	case CONFIG_ID:
		if (!table_name_valid(span_of(text)))
			return fail_allowed(option, false, err);
		memcpy(field, text, strlen(text) + 1);
		return true;
	case CONFIG_WORD:
	case CONFIG_FLAG:
		return set_word(option, field, text, err);
	case CONFIG_TABLES:
		return err_set(err, ERR_INPUT, 0, "must be a map of tables");
	case CONFIG_LATER:
		break;
	}
	return err_set(
	    err, ERR_INPUT, 0, "this build does not have this feature yet");
}

void
config_option_clear(const struct config_option *option, struct config *config)
{
	char **field;

	if (option->kind != CONFIG_TEXT)
		return;
	field = (char **)(void *)((char *)config + option->at);
	free(*field);
	*field = NULL;
}

static bool
get_word(
    const struct config_option *option, const void *field, struct buffer *out)
{
	unsigned place = 0;
	struct span word;

	if (option->kind == CONFIG_FLAG)
		place = *(const bool *)field;
	else if (option->at != CONFIG_NOWHERE)
		place = *(const unsigned *)field;
	word = word_at(option->words, place);
	return word.at != NULL && buffer_append(out, word.at, word.len);
}

static bool
get_text(
    const struct config_option *option, const char *text, struct buffer *out)
{
	if (text == NULL)
		return false;
	return buffer_print(out, "%s", option->secret ? "***" : text);
}

bool
config_option_get(const struct config_option *option,
    const struct config *config, const struct table_options *table,
    struct buffer *out)
{
	const char *base =
	    table != NULL ? (const char *)table : (const char *)config;
	const void *field = base + offset_in(option, table);
	char number[UNIT_TEXT_MAX];

	switch (option->kind) {
	case CONFIG_NUMBER:
		unit_print(option->unit, *(const uint64_t *)field, number);
		return buffer_print(out, "%s", number);
	case CONFIG_TEXT:
		return get_text(option, *(char *const *)field, out);
	case CONFIG_ID:
		return get_text(option, field, out);
	case CONFIG_WORD:
	case CONFIG_FLAG:
		return get_word(option, field, out);
	case CONFIG_TABLES:
	case CONFIG_LATER:
		break;
	}
	return false;
}

void
config_option_allowed(const struct config_option *option, struct buffer *out)
{
	const char *words = option->words;
	bool first = true;

	if (option->kind == CONFIG_NUMBER)
		buffer_print(out, "%s to %s", option->least, option->most);
	if (option->allowed != NULL)
		buffer_print(out, "%s", option->allowed);
	while (option->allowed == NULL && words != NULL && *words != '\0') {
		char word[32];
		size_t len = strcspn(words, "|");

		snprintf(word, sizeof word, "%.*s", (int)len, words);
		if (word_place(option->later, word) == -1) {
			buffer_print(out, "%s%s", first ? "" : " | ", word);
			first = false;
		}
		words += len + (words[len] == '|');
	}
}
