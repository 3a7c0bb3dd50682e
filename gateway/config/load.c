#include "gateway/config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/suggest.h"
#include "gateway/config/option.h"
#include "gateway/config/value.h"

#define VALUE_MAX 16384 /* of one value; a token may be long */
#define SHOWN_MAX 60    /* of it in a complaint */
#define PATH_ROOM (YAML_DOC_DEPTH_MAX * (YAML_DOC_KEY_MAX + 1) + 1)

struct reader {
	struct config *config;
	struct config_env env;
	struct complaints *complaints;
};

/* One name of a section twice: as rows call it and as the file does. */
struct section {
	const char *name;  /* "tables.*.batch." */
	const char *shown; /* "tables.wikipedia.batch." */
	struct table_options *table;
};

static void read_map(struct reader *r, const struct yaml_doc_node *map,
    const struct section *section);

/* A secret, or a text that may hold one by mistake: http://user:secret@host */
static bool
may_be_secret(
    const struct config_option *option, const struct yaml_doc_node *node)
{
	return option->secret ||
	       (option->kind == CONFIG_TEXT && strchr(node->text, '@') != NULL);
}

/* "key = value", but for secrets; the value as written, not as filled in. */
static void
complain_of_value(struct reader *r, const struct config_option *option,
    const struct yaml_doc_node *node, const char *shown, const struct err *err)
{
	if (node->kind != YAML_DOC_SCALAR || yaml_doc_is_nothing(node) ||
	    may_be_secret(option, node))
		config_complain(
		    r->complaints, node, "%s: %s", shown, err->text);
	else
		config_complain(r->complaints, node, "%s = %.*s%s: %s", shown,
		    SHOWN_MAX, node->text,
		    strlen(node->text) > SHOWN_MAX ? "..." : "", err->text);
}

static bool
value_set(struct reader *r, const struct config_option *option,
    const struct yaml_doc_node *node, struct table_options *table,
    struct err *err)
{
	struct buffer text;
	bool ok;

	buffer_init(&text, VALUE_MAX);
	ok = config_value_expand(node->text, r->env, &text, err) &&
	     config_option_set(option, r->config, table, text.at, err);
	buffer_fini(&text);
	return ok;
}

static void
read_value(struct reader *r, const struct config_option *option,
    const struct yaml_doc_node *node, const struct section *section,
    const char *shown)
{
	struct buffer allowed;
	struct err err = { 0 };

	buffer_init(&allowed, sizeof err.text);
	config_option_allowed(option, &allowed);
	if (option->kind == CONFIG_LATER)
		err_set(&err, ERR_INPUT, 0,
		    "this build does not have this feature yet");
	else if (node->kind != YAML_DOC_SCALAR)
		err_set(&err, ERR_INPUT, 0, "must be %s, not a %s", allowed.at,
		    node->kind == YAML_DOC_MAP ? "map" : "list");
	else if (yaml_doc_is_nothing(node))
		err_set(
		    &err, ERR_INPUT, 0, "has no value: must be %s", allowed.at);
	else
		value_set(r, option, node, section->table, &err);
	if (err.kind != ERR_NONE)
		complain_of_value(r, option, node, shown, &err);
	buffer_fini(&allowed);
}

static void
unknown_key(struct reader *r, const struct yaml_doc_node *node,
    const struct section *section, const char *shown)
{
	struct buffer hint;

	buffer_init(&hint, 300);
	config_suggest(section->name, node->key, &hint);
	config_complain(r->complaints, node, "%s: unknown key: %s", shown,
	    hint.at != NULL ? hint.at : "");
	buffer_fini(&hint);
}

static void
read_section(struct reader *r, const struct yaml_doc_node *node,
    const char *name, const char *shown, struct table_options *table)
{
	char inner_name[PATH_ROOM], inner_shown[PATH_ROOM];

	if (yaml_doc_is_nothing(node))
		return;
	if (node->kind != YAML_DOC_MAP) {
		config_complain(r->complaints, node,
		    "%s: must be a map of keys and values", shown);
		return;
	}
	snprintf(inner_name, sizeof inner_name, "%s.", name);
	snprintf(inner_shown, sizeof inner_shown, "%s.", shown);
	read_map(r, node, &(struct section){ inner_name, inner_shown, table });
}

static void
read_member(struct reader *r, const struct yaml_doc_node *node,
    const struct section *section)
{
	char name[PATH_ROOM], shown[PATH_ROOM];
	const struct config_option *option;

	snprintf(name, sizeof name, "%s%s", section->name, node->key);
	snprintf(shown, sizeof shown, "%s%s", section->shown, node->key);
	if (strchr(node->key, '.') != NULL) {
		/* rows' names have dots, keys have not */
		unknown_key(r, node, section, shown);
		return;
	}
	option = config_option_find(name);
	if (option != NULL && option->kind == CONFIG_TABLES)
		return; /* read_tables */
	if (config_option_is_section(name) &&
	    (option == NULL || node->kind == YAML_DOC_MAP))
		read_section(r, node, name, shown, section->table);
	else if (option != NULL)
		read_value(r, option, node, section, shown);
	else
		unknown_key(r, node, section, shown);
}

static void
read_map(struct reader *r, const struct yaml_doc_node *map,
    const struct section *section)
{
	for (const struct yaml_doc_node *n = map->first; n != NULL; n = n->next)
		read_member(r, n, section);
}

static void
read_table(struct reader *r, const struct yaml_doc_node *node,
    struct table_options *table)
{
	char shown[sizeof "tables." + YAML_DOC_KEY_MAX];

	*table = r->config->tables.defaults;
	if (!table_name_valid(span_of(node->key))) {
		config_complain(r->complaints, node,
		    "tables.%s: a table's name must be 1 to %d of A-Z a-z 0-9 "
		    ". _ -, not . or ..",
		    node->key, TABLE_NAME_MAX);
		return;
	}
	snprintf(shown, sizeof shown, "tables.%s", node->key);
	memcpy(table->name, node->key, strlen(node->key) + 1);
	memcpy(table->id, node->key, strlen(node->key) + 1);
	read_section(r, node, "tables.*", shown, table);
}

static void
read_tables(struct reader *r, const struct yaml_doc_node *map)
{
	struct tables_options *tables = &r->config->tables;
	const struct yaml_doc_node *n;
	size_t count = 0;

	if (map == NULL || yaml_doc_is_nothing(map))
		return;
	if (map->kind != YAML_DOC_MAP) {
		config_complain(r->complaints, map,
		    "tables: must be a map, such as NAME: {id: ID}");
		return;
	}
	for (n = map->first; n != NULL; n = n->next)
		count++;
	if (count == 0)
		return;
	tables->configured = calloc(count, sizeof *tables->configured);
	if (tables->configured == NULL) {
		config_complain(r->complaints, map, "tables: out of memory");
		return;
	}
	for (n = map->first; n != NULL; n = n->next)
		read_table(
		    r, n, &tables->configured[tables->configured_count++]);
}

void
config_read(struct config *config, const struct yaml_doc_node *root,
    struct config_env env, struct complaints *complaints)
{
	struct reader r = { config, env, complaints };

	if (yaml_doc_is_nothing(root)) {
		config_complain(complaints, root, "the file is empty");
		return;
	}
	if (root->kind != YAML_DOC_MAP) {
		config_complain(complaints, root,
		    "must be a map of keys and values, such as listen: {...}");
		return;
	}
	read_map(&r, root, &(struct section){ "", "", NULL });
	read_tables(&r, yaml_doc_member(root, "tables"));
}
