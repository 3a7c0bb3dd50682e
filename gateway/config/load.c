#include "gateway/config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config/error.h"
#include "gateway/config/options.h"
#include "gateway/config/suggest.h"
#include "gateway/config/validate.h"
#include "parsers/url.h"
#include "parsers/yaml_doc.h"

#define NAME_MAX_BYTES 128   /* of an environment variable */
#define VALUE_MAX      16384 /* of one value; a token may be long */
#define SHOWN_MAX      60    /* of it in an error */
#define PATH_ROOM      (YAML_DOC_DEPTH_MAX * (YAML_DOC_KEY_MAX + 1) + 1)

/* ---- ${NAME} in values ------------------------------------------------- */

static bool
is_name(struct span name)
{
	if (name.len == 0 || name.len > NAME_MAX_BYTES ||
	    (name.at[0] >= '0' && name.at[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return true;
}

/* `text` begins behind "${"; gives what follows the "}", or NULL. */
static const char *
fill_in(const char *text, struct config_env env, struct buffer *out,
    struct err *err)
{
	struct span name = { text, strcspn(text, "}") };
	char copy[NAME_MAX_BYTES + 1];
	const char *value;

	if (text[name.len] != '}' || !is_name(name)) {
		err_set(err, ERR_INPUT, 0,
		    "after ${ must follow a name of letters, digits and _, "
		    "and } ($${ stands for ${ itself)");
		return NULL;
	}
	snprintf(copy, sizeof copy, "%.*s", (int)name.len, name.at);
	value = env.get(copy);
	if (value == NULL) {
		err_set(err, ERR_INPUT, 0, "${%s}: the environment has no %s",
		    copy, copy);
		return NULL;
	}
	if (!buffer_print(out, "%s", value)) {
		err_set(err, ERR_LIMIT, 0, "${%s}: too long", copy);
		return NULL;
	}
	return text + name.len + 1;
}

static bool
expand(const char *text, struct config_env env, struct buffer *out,
    struct err *err)
{
	if (!buffer_append(out, "", 0)) /* a string, even if an empty one */
		return err_set(err, ERR_HOST, 0, "out of memory");
	while (*text != '\0') {
		if (strncmp(text, "${", 2) == 0) {
			text = fill_in(text + 2, env, out, err);
			if (text == NULL)
				return false;
			continue;
		}
		if (strncmp(text, "$${", 3) == 0) {
			if (!buffer_append(out, "${", 2))
				return err_set(err, ERR_LIMIT, 0, "too long");
			text += 3;
			continue;
		}
		if (!buffer_append(out, text++, 1))
			return err_set(err, ERR_LIMIT, 0, "too long");
	}
	return true;
}

/* ---- from the file's tree to the fields -------------------------------- */

/*
 * Walks the file, not the rows, so that a key that has no row is reported.
 * Tables are read last, whatever their order in the file: each begins as a
 * copy of the defaults.
 */
struct reader {
	struct config *config;
	struct config_env env;
	struct config_errors *errors;
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
bad_value(struct reader *r, const struct config_option *option,
    const struct yaml_doc_node *node, const char *shown, const struct err *err)
{
	if (node->kind != YAML_DOC_SCALAR || yaml_doc_is_nothing(node) ||
	    may_be_secret(option, node))
		config_error_add(r->errors, node, "%s: %s", shown, err->text);
	else
		config_error_add(r->errors, node, "%s = %.*s%s: %s", shown,
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
	ok = expand(node->text, r->env, &text, err) &&
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
		bad_value(r, option, node, shown, &err);
	buffer_fini(&allowed);
}

static void
unknown_key(struct reader *r, const struct yaml_doc_node *node,
    const struct section *section, const char *shown)
{
	struct buffer hint;

	buffer_init(&hint, 300);
	config_suggest(section->name, node->key, &hint);
	config_error_add(r->errors, node, "%s: unknown key: %s", shown,
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
		config_error_add(r->errors, node,
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
		config_error_add(r->errors, node,
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
		config_error_add(r->errors, map,
		    "tables: must be a map, such as NAME: {id: ID}");
		return;
	}
	for (n = map->first; n != NULL; n = n->next)
		count++;
	if (count == 0)
		return;
	tables->configured = calloc(count, sizeof *tables->configured);
	if (tables->configured == NULL) {
		config_error_add(r->errors, map, "tables: out of memory");
		return;
	}
	for (n = map->first; n != NULL; n = n->next)
		read_table(
		    r, n, &tables->configured[tables->configured_count++]);
}

static void
read_file_tree(struct config *config, const struct yaml_doc_node *root,
    struct config_env env, struct config_errors *errors)
{
	struct reader r = { config, env, errors };

	if (yaml_doc_is_nothing(root)) {
		config_error_add(errors, root, "the file is empty");
		return;
	}
	if (root->kind != YAML_DOC_MAP) {
		config_error_add(errors, root,
		    "must be a map of keys and values, such as listen: {...}");
		return;
	}
	read_map(&r, root, &(struct section){ "", "", NULL });
	read_tables(&r, yaml_doc_member(root, "tables"));
}

/* ---- the whole --------------------------------------------------------- */

/* A default that its own row refuses is a bug; a test walks them all. */
static bool
defaults_set(struct config *config, struct err *err)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->initial != NULL &&
		    !config_option_set(o, config, NULL, o->initial, err))
			return false;
	}
	config->tables.defaults.weight = 1;
	return true;
}

/* Nothing said: the strongest that costs a producer no wait for Polaris. */
static void
choose_level(struct config *config, const struct yaml_doc_node *root)
{
	if (config->spool.directory != NULL &&
	    yaml_doc_member(root, "acknowledge") == NULL)
		config->receive.acknowledge = ACK_DURABLE;
}

/* They stand beside the spool unless said otherwise. */
static bool
place_dead_letters(struct config *config)
{
	char **place = &config->dead_letters.directory;

	if (*place != NULL || config->spool.directory == NULL)
		return true;
	if (asprintf(place, "%s/dead-letters", config->spool.directory) != -1)
		return true;
	*place = NULL;
	return false;
}

/* What follows from the file without standing there. */
static bool
derive(struct config *config, struct err *err)
{
	struct credential_options *who = &config->upstream.credentials;
	struct span project;
	struct url url;

	if (who->token_url != NULL)
		who->kind = CREDENTIAL_OAUTH2;
	else if (who->api_key != NULL || who->api_key_file != NULL)
		who->kind = CREDENTIAL_API_KEY;
	if (!url_parse(config->upstream.url, &url, err))
		return false;
	project = url_segment_after(url.path, SPAN("projects"));
	if (project.len == 0 || url_count(project, SPAN("{table}")) > 0)
		return true; /* any */
	config->receive.project = strndup(project.at, project.len);
	return config->receive.project != NULL ||
	       err_set(err, ERR_HOST, 0, "out of memory");
}

bool
config_parse(struct config *config, const char *name, struct span text,
    struct config_env env, struct buffer *errors)
{
	struct config_errors c = { .name = name, .out = errors };
	struct yaml_doc *conf = NULL;
	struct err err = { 0 };

	*config = (struct config){ 0 };
	if (!defaults_set(config, &err)) {
		config_error_add(&c, NULL, "%s", err.text);
	} else if (!yaml_doc_parse(&conf, name, text, &err)) {
		config_error_add_err(&c, &err);
	} else {
		read_file_tree(config, yaml_doc_root(conf), env, &c);
		choose_level(config, yaml_doc_root(conf));
		if (!place_dead_letters(config))
			config_error_add(&c, NULL, "out of memory");
		config_validate(config, yaml_doc_root(conf), &c);
	}
	yaml_doc_free(&conf);
	if (c.count == 0 && !derive(config, &err))
		config_error_add(&c, NULL, "%s", err.text);
	if (c.count > 0)
		config_fini(config);
	return c.count == 0;
}

static bool
file_read(const char *path, struct buffer *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd == -1)
		return err_set(err, ERR_HOST, 0, "%.160s: cannot read: %s",
		    path, strerror(errno));
	while (buffer_reserve(text, 1) && (got = read(fd, text->at + text->len,
					       text->room - text->len)) > 0)
		text->len += (size_t)got;
	if (got > 0)
		err_set(err, ERR_LIMIT, 0, "%.160s: larger than %d bytes", path,
		    YAML_DOC_BYTES_MAX);
	else if (got < 0)
		err_set(err, ERR_HOST, 0, "%.160s: cannot read: %s", path,
		    strerror(errno));
	close(fd);
	return got == 0;
}

bool
config_load(struct config *config, const char *path, struct config_env env,
    struct buffer *errors)
{
	struct config_errors c = { .name = path, .out = errors };
	struct err err = { 0 };
	struct buffer text;
	bool ok;

	*config = (struct config){ 0 };
	buffer_init(&text, YAML_DOC_BYTES_MAX + 1);
	if (file_read(path, &text, &err))
		ok = config_parse(config, path,
		    (struct span){ text.at, text.len }, env, errors);
	else
		ok = config_error_add_err(&c, &err);
	buffer_fini(&text);
	return ok;
}

void
config_fini(struct config *config)
{
	for (size_t i = 0; i < config_option_count; i++)
		config_option_clear(&config_options[i], config);
	free(config->tables.configured);
	free(config->receive.project);
	*config = (struct config){ 0 };
}
