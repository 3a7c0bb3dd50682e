#include "gateway/config/print.h"

#include <string.h>

#include "gateway/config/options.h"

#define VALUE_MAX 65536 /* one value, escaped */
#define INDENT    2

/* How far the printed sections go, so that a common start is not repeated. */
struct printer {
	const struct config *config;
	const struct table_options *table; /* NULL: the whole */
	const char *last;                  /* name printed before this one */
	unsigned depth;                    /* at which names begin */
	struct buffer *out;
};

/* The text that load.h reads as `text`: "${" is written "$${". */
static bool
escape(const char *text, struct buffer *out)
{
	for (; *text != '\0'; text++)
		if ((strncmp(text, "${", 2) == 0 &&
			!buffer_append(out, "$", 1)) ||
		    !buffer_append(out, text, 1))
			return false;
	return true;
}

/* Text that YAML reads as itself without quotes. */
static bool
is_plain(const char *text)
{
	static const char more[] = "/._-:{}$%@+=&?~";

	if (!((*text >= 'a' && *text <= 'z') ||
		(*text >= 'A' && *text <= 'Z') ||
		(*text >= '0' && *text <= '9') || *text == '/'))
		return false;
	for (; *text != '\0'; text++)
		if (!((*text >= 'a' && *text <= 'z') ||
			(*text >= 'A' && *text <= 'Z') ||
			(*text >= '0' && *text <= '9')) &&
		    strchr(more, *text) == NULL)
			return false;
	return text[-1] != ':';
}

static bool
put_scalar(struct buffer *out, const char *text)
{
	if (is_plain(text))
		return buffer_print(out, "%s", text);
	if (!buffer_append(out, "\"", 1))
		return false;
	for (; *text != '\0'; text++)
		if (((*text == '"' || *text == '\\') &&
			!buffer_append(out, "\\", 1)) ||
		    !buffer_append(out, text, 1))
			return false;
	return buffer_append(out, "\"", 1);
}

/* The lines "section:" that `name` needs and the name before had not. */
static bool
put_sections(struct printer *p, const char *name)
{
	unsigned depth = p->depth;
	bool common = true;

	for (const char *from = name, *dot; (dot = strchr(from, '.')) != NULL;
	     from = dot + 1, depth++) {
		size_t len = (size_t)(dot + 1 - name);

		common = common && strncmp(p->last, name, len) == 0;
		if (!common &&
		    !buffer_print(p->out, "%*s%.*s:\n", (int)depth * INDENT, "",
			(int)(dot - from), from))
			return false;
	}
	return true;
}

static unsigned
dots(const char *name)
{
	unsigned count = 0;

	for (; *name != '\0'; name++)
		count += *name == '.';
	return count;
}

/* "  key: value", below its sections; nothing when there is no value. */
static bool
put_option(
    struct printer *p, const struct config_option *option, const char *name)
{
	const char *dot = strrchr(name, '.');
	struct buffer value, escaped;
	bool ok = true;

	buffer_init(&value, VALUE_MAX);
	buffer_init(&escaped, VALUE_MAX);
	if (!config_option_get(option, p->config, p->table, &value))
		goto out; /* absent */
	ok = escape(value.at, &escaped) && put_sections(p, name) &&
	     buffer_print(p->out,
		 "%*s%s: ", (int)(p->depth + dots(name)) * INDENT, "",
		 dot != NULL ? dot + 1 : name) &&
	     put_scalar(p->out, escaped.at) && buffer_print(p->out, "\n");
	p->last = name;
out:
	buffer_fini(&value);
	buffer_fini(&escaped);
	return ok;
}

/* The key of a row that stands below tables.* only, or NULL. */
static const char *
key_of_tables(const struct config_option *option)
{
	size_t len = strlen(CONFIG_TABLE_PREFIX);

	if (strncmp(option->name, CONFIG_TABLE_PREFIX, len) != 0)
		return NULL;
	return option->name + len;
}

static bool
put_table(const struct config *config, const struct table_options *table,
    struct buffer *out)
{
	struct printer p = { config, table, "", 2, out };
	bool ok;

	/* in quotes if need be: a name may look like something else */
	ok = buffer_print(out, "%*s", INDENT, "") &&
	     put_scalar(out, table->name) && buffer_print(out, ":\n");
	for (size_t i = 0; ok && i < config_option_count; i++)
		if (key_of_tables(&config_options[i]) != NULL)
			ok = put_option(&p, &config_options[i],
			    key_of_tables(&config_options[i]));
	for (size_t i = 0; ok && i < config_option_count; i++)
		if (config_options[i].per_table)
			ok = put_option(
			    &p, &config_options[i], config_options[i].name);
	return ok;
}

static bool
put_tables(const struct config *config, struct buffer *out)
{
	const struct tables_options *tables = &config->tables;
	bool ok = buffer_print(
	    out, tables->configured_count > 0 ? "tables:\n" : "tables: {}\n");

	for (size_t i = 0; ok && i < tables->configured_count; i++)
		ok = put_table(config, &tables->configured[i], out);
	return ok;
}

bool
config_print_yaml(const struct config *config, struct buffer *out)
{
	struct printer p = { config, NULL, "", 0, out };
	bool ok = true;

	for (size_t i = 0; ok && i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->kind == CONFIG_TABLES)
			ok = put_tables(config, out);
		else if (key_of_tables(o) == NULL)
			ok = put_option(&p, o, o->name);
	}
	return ok;
}

/* A cell of a table in Markdown, in which a bar would end it. */
static bool
put_cell(struct buffer *out, const char *text, bool code)
{
	bool quote = code && text[0] != '\0';

	if (!buffer_print(out, quote ? "| `" : "| "))
		return false;
	for (; *text != '\0'; text++)
		if ((*text == '|' && !buffer_append(out, "\\", 1)) ||
		    !buffer_append(out, text, 1))
			return false;
	return buffer_print(out, quote ? "` " : " ");
}

static bool
put_later(const char *words, struct buffer *out)
{
	if (!buffer_print(out, "(not in this build: "))
		return false;
	for (; *words != '\0'; words++) {
		char letter[] = { *words, '\0' };

		if (!buffer_print(out, "%s",
			*words == '|'   ? ", "
			: *words == '*' ? "..."
					: letter))
			return false;
	}
	return buffer_print(out, ") ");
}

static bool
put_help(const struct config_option *o, struct buffer *out)
{
	struct buffer allowed;
	bool ok;

	buffer_init(&allowed, VALUE_MAX);
	config_option_allowed(o, &allowed);
	ok = put_cell(out, o->name, true) &&
	     put_cell(out, o->initial != NULL ? o->initial : "", true) &&
	     put_cell(out, allowed.at != NULL ? allowed.at : "", false) &&
	     put_cell(out, o->help, false);
	if (ok && o->kind == CONFIG_LATER)
		ok = buffer_print(out, "(not in this build) ");
	else if (ok && o->later != NULL)
		ok = put_later(o->later, out);
	buffer_fini(&allowed);
	return ok && buffer_print(out, "|\n");
}

bool
config_print_help(struct buffer *out)
{
	bool ok = buffer_print(out, "| key | default | allowed | meaning |\n"
				    "|---|---|---|---|\n");

	for (size_t i = 0; ok && i < config_option_count; i++)
		ok = put_help(&config_options[i], out);
	return ok;
}
