#include "gateway/cli/dead_letter_args.h"

#include <stddef.h>
#include <string.h>

#include "parsers/timestamp.h"
#include "parsers/unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OF(c)    (1U << (c))
#define ALL                                                                    \
	(OF(DEAD_LETTER_LIST) | OF(DEAD_LETTER_SHOW) |                         \
	    OF(DEAD_LETTER_REPLAY) | OF(DEAD_LETTER_PURGE))
#define CHANGE (OF(DEAD_LETTER_REPLAY) | OF(DEAD_LETTER_PURGE))

static const struct {
	const char *name, *help;
} commands[DEAD_LETTER_COMMANDS] = {
	[DEAD_LETTER_LIST] = { "list",
	    "how many there are, by table and reason" },
	[DEAD_LETTER_SHOW] = { "show",
	    "the letters themselves, a JSON object a line, "
	    "oldest first" },
	[DEAD_LETTER_REPLAY] = { "replay",
	    "make them events again: each is validated and kept like one that\n"
	    "           is posted now; what is still invalid stays" },
	[DEAD_LETTER_PURGE] = { "purge", "remove them for good" },
};

static bool
take_before(struct dead_letter_args *args, const char *text, int64_t wall_ms)
{
	struct err err;
	uint64_t age_ms;

	if (timestamp_parse(text, strlen(text), &args->before_ms))
		return true;
	if (!unit_parse(UNIT_TIME, text, &age_ms, &err))
		return false;
	args->before_ms = wall_ms - (int64_t)age_ms;
	return true;
}

static bool
take_limit(struct dead_letter_args *args, const char *text, int64_t wall_ms)
{
	struct err err;

	(void)wall_ms;
	return unit_parse(UNIT_COUNT, text, &args->limit, &err);
}

#define INDENT "                     "

/* `at`: where a text goes; `flag`: where true goes, there is no value then. */
/* clang-format off */
static const struct {
	const char *name, *value;
	unsigned of;
	size_t at, flag;
	bool (*take)(struct dead_letter_args *, const char *text, int64_t wall_ms);
	const char *wanted; /* the form of a value for `take` */
	const char *help;
} options[] = {
	{ "--table", "T", ALL, offsetof(struct dead_letter_args, table), 0, NULL, NULL,
	  "only those of this table" },
	{ "--reason", "R", ALL, offsetof(struct dead_letter_args, reason), 0, NULL, NULL,
	  "only those with this reason; list shows which there are" },
	{ "--before", "TIME", OF(DEAD_LETTER_PURGE), 0, 0, take_before,
	  "a time such as 2026-04-16T00:00:00Z, or an age such as 7d",
	  "only those written before this time, or longer ago than\n"
	  INDENT "this age: 2026-04-16T00:00:00Z, or 7d" },
	{ "--all", NULL, OF(DEAD_LETTER_PURGE), 0, offsetof(struct dead_letter_args, all), NULL, NULL,
	  "all of them; purge wants to be told that" },
	{ "--limit", "N", OF(DEAD_LETTER_SHOW), 0, 0, take_limit, "a number",
	  "no more than N letters" },
	{ "--json", NULL, ALL & ~OF(DEAD_LETTER_SHOW), 0, offsetof(struct dead_letter_args, json), NULL, NULL,
	  "for programs: one document, as the admin routes give it" },
	{ "--admin", "ADDRESS", CHANGE, offsetof(struct dead_letter_args, admin), 0, NULL, NULL,
	  "where the gateway is asked, as HOST:PORT; else where\n"
	  INDENT "the folder's lock says" },
	{ "--token-file", "FILE", CHANGE, offsetof(struct dead_letter_args, token_file), 0, NULL, NULL,
	  "the gateway's admin.token_file, if it has one" },
};
/* clang-format on */

void
dead_letter_args_help(FILE *out)
{
	fputs("usage: polaris-gateway dead-letter COMMAND DIR [OPTION...]\n\n"
	      "Dead letters are events that could not go their way: invalid "
	      "ones that were\nskipped, and those that the upstream refused. "
	      "DIR is their folder, or that of\nthe spool; -c FILE instead "
	      "takes it from a configuration.\n\n",
	    out);
	for (size_t i = 0; i < DEAD_LETTER_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n", out);
	for (size_t i = 0; i < COUNT(options); i++) {
		int used = fprintf(out, "  %s %s", options[i].name,
		    options[i].value != NULL ? options[i].value : "");

		fprintf(out, "%*s", used < 21 ? 21 - used : 1, "");
		fprintf(out, "%s\n", options[i].help);
	}
	fputs(
	    "\nlist and show read the files, also while a gateway uses them. "
	    "replay is asked of\nthe gateway that has DIR; so is purge, which "
	    "otherwise works on the files.\n"
	    "Exit: 0 done, 1 not all of it, or not now, 2 wrong usage, 3 the "
	    "folder cannot be\nread or changed.\n\n"
	    "  polaris-gateway dead-letter list /var/lib/polaris-gateway\n"
	    "  polaris-gateway dead-letter show /var/lib/polaris-gateway "
	    "--reason refused\n"
	    "  polaris-gateway dead-letter replay /var/lib/polaris-gateway "
	    "--table clicks\n",
	    out);
}

int
dead_letter_args_usage(const struct err *err)
{
	fprintf(stderr,
	    "polaris-gateway: %s\nTry: polaris-gateway dead-letter --help\n",
	    err->text);
	return 2;
}

static bool
take_command(struct dead_letter_args *args, const char *word, struct err *err)
{
	for (size_t i = 0; i < DEAD_LETTER_COMMANDS; i++)
		if (strcmp(commands[i].name, word) == 0) {
			args->command = (enum dead_letter_command)i;
			return true;
		}
	return err_set(err, ERR_INPUT, 0,
	    "dead-letter can list, show, replay and purge, not %s", word);
}

static bool
find_option(const struct dead_letter_args *args, const char *word,
    size_t *i_out, struct err *err)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (strcmp(options[i].name, word) == 0) {
			*i_out = i;
			return (options[i].of & OF(args->command)) != 0 ||
			       err_set(err, ERR_INPUT, 0,
				   "dead-letter %s has no option %s",
				   commands[args->command].name, word);
		}
	return err_set(err, ERR_INPUT, 0, "dead-letter %s has no option %s",
	    commands[args->command].name, word);
}

static bool
take_value(struct dead_letter_args *args, size_t i, const char *value,
    int64_t wall_ms, struct err *err)
{
	if (value == NULL || value[0] == '\0')
		return err_set(err, ERR_INPUT, 0, "%s needs %s",
		    options[i].name, options[i].value);
	if (options[i].take == NULL) {
		*(const char **)(void *)((char *)args + options[i].at) = value;
		return true;
	}
	return options[i].take(args, value, wall_ms) ||
	       err_set(err, ERR_INPUT, 0, "%s %s: must be %s", options[i].name,
		   value, options[i].wanted);
}

/* Checks the arguments together. */
static bool
is_complete(const struct dead_letter_args *args, struct err *err)
{
	bool filtered = args->table != NULL || args->reason != NULL ||
			args->before_ms != INT64_MAX;

	if (args->command == DEAD_LETTER_PURGE && !filtered && !args->all)
		return err_set(err, ERR_INPUT, 0,
		    "purge needs to be told which: --table, --reason, "
		    "--before, or --all");
	if (args->all && filtered)
		return err_set(
		    err, ERR_INPUT, 0, "--all goes with no other choice");
	return true;
}

bool
dead_letter_args_read(struct dead_letter_args *out, char **words, size_t count,
    int64_t wall_ms, struct err *err)
{
	struct dead_letter_args args = { .before_ms = INT64_MAX,
		.limit = UINT64_MAX };
	size_t at = 0, option = 0;

	if (count == 0)
		return err_set(err, ERR_INPUT, 0,
		    "dead-letter needs list, show, replay or purge, and a "
		    "folder");
	if (!take_command(&args, words[at++], err))
		return false;
	for (; at < count; at++) {
		if (words[at][0] != '-') {
			if (args.directory != NULL)
				return err_set(err, ERR_INPUT, 0,
				    "one folder only, not also %s", words[at]);
			args.directory = words[at];
			continue;
		}
		if (!find_option(&args, words[at], &option, err))
			return false;
		if (options[option].flag > 0)
			*(bool *)((char *)&args + options[option].flag) = true;
		else if (!take_value(&args, option,
			     ++at < count ? words[at] : NULL, wall_ms, err))
			return false;
	}
	if (!is_complete(&args, err))
		return false;
	*out = args;
	return true;
}
