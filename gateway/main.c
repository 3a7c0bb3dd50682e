/*
 * main - the command line.  What `run` starts is in lifecycle.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/admin_client.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/config/load.h"
#include "gateway/config/print.h"
#include "gateway/cli/dead_letter.h"
#include "gateway/metrics/catalog.h"
#include "gateway/model/outcome.h"
#include "gateway/lifecycle.h"
#include "gateway/signals.h"
#include "gateway/cli/spool_inspect.h"
#include "gateway/cli/top.h"
#include "gateway/cli/validate.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How large what we print for people may become: 100,000 tables fit. */
#define PRINT_MAX (64 * 1024 * 1024)

enum exit_code {
	EXIT_DONE = 0,
	EXIT_BAD = 1,   /* what was checked is bad */
	EXIT_USAGE = 2, /* or configuration */
	EXIT_START = 3,
};

/* The command line, apart from the command. */
struct invocation {
	const char *config; /* the file of -c, or the usual one */
	bool config_named;
	bool help;    /* COMMAND --help */
	char **words; /* of the command's own, in their order */
	size_t word_count;
};

/* The default of `top` and of admin.address. */
#define TOP_ADDRESS "127.0.0.1:9090"

/* The configuration of `validate` without -c: every default, no upstream. */
#define CONFIG_OF_DEFAULTS                                                     \
	"upstream: {url: http://localhost/{table}, credentials: none}"

static int
usage(const char *what, const char *argument)
{
	fprintf(stderr, "polaris-gateway: %s%s\nTry: polaris-gateway --help\n",
	    what, argument);
	return EXIT_USAGE;
}

/* Loads, or says on standard error what is wrong. */
static bool
load(struct config *config, const char *path)
{
	struct config_env env = { getenv };
	struct buffer errors;
	bool ok;

	buffer_init(&errors, PRINT_MAX);
	ok = config_load(config, path, env, &errors);
	if (!ok)
		fprintf(stderr, "%s", errors.at != NULL ? errors.at : "");
	if (!ok && access(path, F_OK) == -1)
		fprintf(stderr,
		    "Give a configuration with -c FILE. It needs no more than "
		    "upstream.url and\nupstream.credentials; "
		    "deploy/gateway.yaml is an example, --help-config has "
		    "every key.\n");
	buffer_fini(&errors);
	return ok;
}

static int
run(const struct invocation *given)
{
	struct config config;
	bool ok;

	if (!load(&config, given->config))
		return EXIT_USAGE;
	ok = lifecycle_run(&config, given->config);
	config_fini(&config);
	return ok ? EXIT_DONE : EXIT_START;
}

static int
print(struct buffer *text, bool whole)
{
	if (whole)
		fwrite(text->at, 1, text->len,
		    stdout); /* main checks the stream */
	else
		fprintf(stderr, "polaris-gateway: out of memory\n");
	buffer_fini(text);
	return whole ? EXIT_DONE : EXIT_START;
}

static int
check(const struct invocation *given)
{
	struct config config;
	struct buffer text;
	bool whole;

	if (!load(&config, given->config))
		return EXIT_USAGE;
	buffer_init(&text, PRINT_MAX);
	whole = config_print_yaml(&config, &text);
	config_fini(&config);
	return print(&text, whole);
}

static int
version(const struct invocation *given)
{
	(void)given;
	printf("polaris-gateway %s (%s)\n", GATEWAY_VERSION, GATEWAY_DATE);
	return EXIT_DONE;
}

static int
help_config(const struct invocation *given)
{
	struct buffer text;

	(void)given;
	buffer_init(&text, PRINT_MAX);
	return print(&text, config_print_help(&text));
}

/* The configuration that was named, or the defaults. */
static bool
load_rules(struct config *config, const struct invocation *given)
{
	struct config_env env = { getenv };
	struct buffer errors;
	bool ok;

	if (given->config_named)
		return load(config, given->config);
	buffer_init(&errors, PRINT_MAX);
	ok = config_parse(
	    config, "defaults", SPAN(CONFIG_OF_DEFAULTS), env, &errors);
	buffer_fini(&errors);
	return ok;
}

static int
validate_words(const struct invocation *given, struct validate *v,
    const struct tables_options *tables)
{
	const char *table = NULL;
	size_t files = 0;

	for (size_t i = 0; i < given->word_count; i++) {
		const char *word = given->words[i];

		if (strcmp(word, "--json") == 0)
			v->json = true;
		else if (strcmp(word, "--table") == 0) {
			if (++i == given->word_count)
				return usage("--table needs a name", "");
			table = given->words[i];
		} else if (word[0] == '-' && word[1] != '\0')
			return usage("validate has no option ", word);
		else
			given->words[files++] = given->words[i];
	}
	v->table = validate_table(tables, table);
	if (files == 0 && isatty(STDIN_FILENO))
		return usage("validate needs a FILE, or events on its standard "
			     "input; - to type them",
		    "");
	if (files == 0 && !validate_file(v, "-"))
		return EXIT_USAGE;
	for (size_t i = 0; i < files; i++)
		if (!validate_file(v, given->words[i]))
			return EXIT_USAGE;
	validate_summary(v);
	return v->invalid > 0 ? EXIT_BAD : EXIT_DONE;
}

static int
validate(const struct invocation *given)
{
	struct validate v = { .wall_ms = clock_wall_ms(), .out = stdout };
	struct config config;
	int code;

	if (!load_rules(&config, given))
		return EXIT_USAGE;
	code = validate_words(given, &v, &config.tables);
	config_fini(&config);
	return code;
}

static int
show_top(const struct top_args *args)
{
	char token[ADMIN_CLIENT_TOKEN_MAX] = "";
	bool ok;

	if (args->token_file != NULL &&
	    !admin_client_token(args->token_file, token))
		return usage("there is no token in ", args->token_file);
	ok = top_show(args->address, args->token_file != NULL ? token : NULL);
	explicit_bzero(token, sizeof token);
	return ok ? EXIT_DONE : EXIT_BAD;
}

/* The command line first, then the configuration if it names one. */
static int
top(const struct invocation *given)
{
	struct top_args args;
	struct config config;
	struct err err = { 0 };
	int code;

	if (!top_args_read(&args, given->words, given->word_count, &err))
		return usage(err.text, "");
	if (!given->config_named) {
		if (args.address == NULL)
			args.address = TOP_ADDRESS;
		return show_top(&args);
	}
	if (!load(&config, given->config))
		return EXIT_USAGE;
	if (args.address == NULL)
		args.address = config.admin.address;
	if (args.token_file == NULL)
		args.token_file = config.admin.token_file;
	code = show_top(&args);
	config_fini(&config);
	return code;
}

static int
spool(const struct invocation *given)
{
	const char *what = given->word_count > 0 ? given->words[0] : "";
	struct err err = { 0 };
	uint64_t bad = 0;
	bool ok;

	if (given->word_count != 2)
		return usage("spool needs stat or verify, and a folder", "");
	if (strcmp(what, "stat") == 0)
		ok = spool_inspect_stat(
		    given->words[1], clock_wall_ms(), stdout, &err);
	else if (strcmp(what, "verify") == 0)
		ok = spool_inspect_verify(given->words[1], stdout, &bad, &err);
	else
		return usage("spool cannot ", what);
	if (!ok) {
		fprintf(stderr, "polaris-gateway: %s\n", err.text);
		return err.kind == ERR_INPUT ? EXIT_BAD : EXIT_START;
	}
	return bad > 0 ? EXIT_BAD : EXIT_DONE;
}

/* The command line first, then the configuration if it names one. */
static int
dead_letter(const struct invocation *given)
{
	struct dead_letter_args args;
	struct config config;
	struct err err = { 0 };
	int code;

	if (!dead_letter_args_read(
		&args, given->words, given->word_count, clock_wall_ms(), &err))
		return usage(err.text, "");
	if (!given->config_named)
		return (int)dead_letter_run(&args, stdout);
	if (!load(&config, given->config))
		return EXIT_USAGE;
	if (args.directory == NULL)
		args.directory = config.dead_letters.directory;
	if (args.token_file == NULL)
		args.token_file = config.admin.token_file;
	code = (int)dead_letter_run(&args, stdout);
	config_fini(&config);
	return code;
}

static int
help_outcomes(const struct invocation *given)
{
	(void)given;
	outcome_print(stdout); /* main checks the stream */
	return EXIT_DONE;
}

static int
help_metrics(const struct invocation *given)
{
	(void)given;
	metric_print(stdout); /* main checks the stream */
	return EXIT_DONE;
}

static int help(const struct invocation *given);

static const struct {
	const char *name;
	int (*act)(const struct invocation *given);
	bool takes_words;
	const char *words; /* for people */
	const char *help;
} commands[] = {
	{ "run", run, false, "[-c FILE]",
	    "serve; what is done when no command is given" },
	{ "check", check, false, "[-c FILE]",
	    "say what is wrong with the configuration, or print it whole" },
	{ "validate", validate, true,
	    "[-c FILE] [--table T] [--json] [FILE...]",
	    "check events without a network; - or no FILE: standard input" },
	{ "spool", spool, true, "stat|verify DIR",
	    "say what a spool's folder holds, or check every record of it; "
	    "also of one in use" },
	{ "dead-letter", dead_letter, true,
	    "list|show|replay|purge [DIR | -c FILE] [OPTION...]",
	    "look at events that could not go their way, send them again, or "
	    "remove them;\n      dead-letter --help tells more" },
	{ "top", top, true, "[ADDRESS | -c FILE] [--token-file FILE]",
	    "the status of a running gateway, on a terminal refreshed each "
	    "second; ADDRESS:\n      its admin.address as HOST:PORT or "
	    "http://HOST:PORT; else that of FILE, else\n      " TOP_ADDRESS },
	{ "--help", help, false, "", "this text" },
	{ "--help-config", help_config, false, "",
	    "every key of the configuration, as a table" },
	{ "--help-metrics", help_metrics, false, "",
	    "every metric of /metrics, as a table" },
	{ "--help-outcomes", help_outcomes, false, "",
	    "every way a request can end, as a table" },
	{ "--version", version, false, "", "the version and its day" },
};

static int
help(const struct invocation *given)
{
	(void)given;
	printf(
	    "polaris-gateway: events in, batches out to Imply Polaris, under "
	    "the organization's limit\n\n"
	    "usage: polaris-gateway [COMMAND] [-c FILE]\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  %s %s\n      %s\n", commands[i].name,
		    commands[i].words, commands[i].help);
	printf("\nThe configuration is %s unless given.\n"
	       "Exit: 0 done, 1 what was checked is bad, 2 wrong usage or "
	       "configuration, 3 cannot start.\n"
	       "A bug ends it by SIGABRT, and leaves a core where the system "
	       "allows one.\n"
	       "SIGTERM or SIGINT ends it: what waits is sent first, for at "
	       "most shutdown_timeout;\na second one ends it at once.\n",
	    CONFIG_PATH);
	return EXIT_DONE;
}

static int
help_command(size_t c)
{
	if (commands[c].act == dead_letter) {
		dead_letter_args_help(stdout);
		return EXIT_DONE;
	}
	printf("usage: polaris-gateway %s %s\n      %s\n", commands[c].name,
	    commands[c].words, commands[c].help);
	return EXIT_DONE;
}

static bool
is_command(const char *word, size_t *command_out)
{
	for (size_t c = 0; c < COUNT(commands); c++)
		if (strcmp(commands[c].name, word) == 0) {
			*command_out = c;
			return true;
		}
	return false;
}

/* False after it printed what is wrong. */
static bool
read_arguments(
    int argc, char **argv, size_t *command_out, struct invocation *given)
{
	bool named = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0) {
			if (++i == argc) {
				usage("-c needs a file", "");
				return false;
			}
			given->config = argv[i];
			given->config_named = true;
			continue;
		}
		if (named && strcmp(argv[i], "--help") == 0) {
			given->help = true;
			continue;
		}
		if (named && commands[*command_out].takes_words) {
			given->words[given->word_count++] = argv[i];
			continue;
		}
		if (named) {
			usage("one command only, not also ", argv[i]);
			return false;
		}
		if (!is_command(argv[i], command_out)) {
			usage("there is no command ", argv[i]);
			return false;
		}
		named = true;
	}
	return true;
}

/*
 * Where 0 to 2 are closed the next sockets would get these numbers, and what
 * is meant for standard error would be written into them.
 */
static void
open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct invocation given = { .config = CONFIG_PATH };
	size_t command = 0;
	int code;

	open_standard_files();
	given.words = calloc((size_t)argc + 1, sizeof *given.words);
	if (given.words == NULL)
		return EXIT_START;
	signals_leave_core();
	code = EXIT_USAGE;
	if (read_arguments(argc, argv, &command, &given))
		code = given.help ? help_command(command)
				  : commands[command].act(&given);
	free(given.words);
	if (code == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "polaris-gateway: cannot print: %s\n",
		    strerror(errno));
		code = EXIT_START;
	}
	return code;
}
