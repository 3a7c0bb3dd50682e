#include "tests/sim/options.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum kind { TEXT, NUMBER, FLAG };

/* clang-format off */
#define AT(member) offsetof(struct options, member)
static const struct option_row {
	const char	*name, *value;
	enum kind	 kind;
	size_t		 at;
	const char	*initial; /* NULL: none */
	int64_t		 least, most;
	const char	*help;
} rows[] = {
  { "listen", "ADDRESS", TEXT, AT(listen), "127.0.0.1:9400", 0, 0,
    "address and port; port 0 takes a free one and tells it" },
  { "client-id", "ID", TEXT, AT(client_id), OPTION_CLIENT_ID, 0, 0,
    "the client that may fetch tokens" },
  { "client-secret", "SECRET", TEXT, AT(client_secret), OPTION_CLIENT_SECRET,
    0, 0, "its secret" },
  { "api-key", "KEY", TEXT, AT(api_key), OPTION_API_KEY, 0, 0,
    "the key for Basic: of KEY and a colon if it begins with pok_, else KEY" },
  { "org", "NAME", TEXT, AT(org), NULL, 0, 0,
    "the one realm that gives tokens (default: any)" },
  { "project", "ID", TEXT, AT(project), NULL, 0, 0,
    "the one project that has tables (default: any)" },
  { "tables", "A,B", TEXT, AT(tables), NULL, 0, 0,
    "the tables there are; others are 404 (default: any)" },
  { "token-ttl", "SECONDS", NUMBER, AT(token_ttl_s), "300", 1, 31536000,
    "life of a token" },
  { "calls-per-minute", "N", NUMBER, AT(calls_per_minute), "83334", 0,
    1000000000, "limit of each calendar minute, as Kong counts" },
  { "max-body", "BYTES", NUMBER, AT(max_body), "1048576", 1, 1073741824,
    "largest body, on the wire and inflated" },
  { "latency", "MS", NUMBER, AT(latency_ms), "0", 0, 3600000,
    "every answer of events and tokens is that late" },
  { "record", "FILE", TEXT, AT(record), NULL, 0, 0,
    "append all events to FILE: table, tab, event" },
  { "keep", "BYTES", NUMBER, AT(keep_bytes), "67108864", 0, 68719476736,
    "memory for the last events" },
  { "strict", NULL, FLAG, AT(strict), NULL, 0, 0,
    "check each line: JSON by RFC 8259 with one \"__time\"" },
  { "detect-duplicates", NULL, FLAG, AT(detect_duplicates), NULL, 0, 0,
    "count lines that were taken before (16 bytes of memory each)" },
  { "help", NULL, FLAG, AT(help), NULL, 0, 0, "this text" },
  { "version", NULL, FLAG, AT(version), NULL, 0, 0, "the version" },
};
/* clang-format on */

static bool
read_number(const struct option_row *row, const char *text, int64_t *out)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || n < row->least ||
	    n > row->most)
		return false;
	*out = n;
	return true;
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || *text == '"' ||
		    *text == '\\')
			return false;
	return true;
}

static bool
set(struct options *o, const struct option_row *row, const char *text,
    struct err *err)
{
	char *at = (char *)o + row->at;

	if (row->kind == NUMBER) {
		if (!read_number(row, text, (int64_t *)(void *)at))
			return err_set(err, ERR_INPUT, 0,
			    "--%s: must be a whole number from %" PRId64
			    " to %" PRId64,
			    row->name, row->least, row->most);
		return true;
	}
	if (*text == '\0' || strlen(text) > 400 ||
	    (row->at != AT(record) && !is_plain(text)))
		return err_set(err, ERR_INPUT, 0,
		    "--%s: must be 1 to 400 visible characters without "
		    "quotes and backslashes",
		    row->name);
	*(const char **)(void *)at = text;
	return true;
}

static const struct option_row *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strlen(rows[i].name) == len &&
		    memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

static void
set_defaults(struct options *o)
{
	struct err ignored;

	memset(o, 0, sizeof *o);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].initial != NULL)
			set(o, &rows[i], rows[i].initial, &ignored);
}

/* Reads argv[*i], and argv[*i + 1] where that is its value. */
static bool
read_one(struct options *o, int *i, char **argv, struct err *err)
{
	const char *arg = argv[*i], *value = strchr(arg, '=');
	size_t len = value != NULL ? (size_t)(value - arg) : strlen(arg);
	const struct option_row *row = NULL;

	if (strncmp(arg, "--", 2) == 0)
		row = find(arg + 2, len - 2);
	if (row == NULL)
		return err_set(
		    err, ERR_INPUT, 0, "%.100s: there is no such option", arg);
	if (row->kind == FLAG) {
		if (value != NULL)
			return err_set(err, ERR_INPUT, 0, "--%s takes no value",
			    row->name);
		*((bool *)o + row->at) = true;
		return true;
	}
	value = value != NULL ? value + 1 : argv[++*i];
	if (value == NULL)
		return err_set(
		    err, ERR_INPUT, 0, "--%s needs a value", row->name);
	return set(o, row, value, err);
}

bool
options_read(struct options *o, int argc, char **argv, struct err *err)
{
	set_defaults(o);
	for (int i = 1; i < argc; i++)
		if (!read_one(o, &i, argv, err))
			return false;
	return true;
}

void
options_help(FILE *out)
{
	fprintf(out,
	    "polaris-sim - a stand-in for the push API of Imply Polaris\n\n"
	    "usage: polaris-sim [--OPTION VALUE]...\n\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct option_row *row = &rows[i];
		int width = fprintf(out, "  --%s %s", row->name,
		    row->value != NULL ? row->value : "");

		fprintf(
		    out, "%*s%s", width < 30 ? 30 - width : 1, "", row->help);
		if (row->initial != NULL)
			fprintf(out, " (%s)", row->initial);
		fprintf(out, "\n");
	}
}

bool
options_lists(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list != NULL) {
		if (strncmp(list, name, len) == 0 &&
		    (list[len] == ',' || list[len] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list == NULL)
			return false;
		list++;
	}
	return true;
}
