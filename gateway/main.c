/*
 * main - the command line.  What it starts is in run.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config.h"
#include "gateway/config_print.h"
#include "gateway/metric.h"
#include "gateway/run.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How large what we print for people may become: 100,000 tables fit. */
#define PRINT_MAX (64 * 1024 * 1024)

enum exit_code {
	EXIT_DONE = 0,
	EXIT_USAGE = 2, /* or configuration */
	EXIT_START = 3,
	EXIT_BUG = 70,
};

/* An assertion failed, and has said which: that is a bug, and 70 says so. */
static void
on_abort(int number)
{
	(void)number;
	_exit(EXIT_BUG);
}

/* Loads, or says on standard error what is wrong. */
static bool
load(struct config *config, const char *path)
{
	struct config_env env = { getenv };
	struct buffer complaints;
	bool ok;

	buffer_init(&complaints, PRINT_MAX);
	ok = config_load(config, path, env, &complaints);
	if (!ok)
		fprintf(
		    stderr, "%s", complaints.at != NULL ? complaints.at : "");
	if (!ok && access(path, F_OK) == -1)
		fprintf(stderr,
		    "Give a configuration with -c FILE. It needs no more than "
		    "upstream.url and\nupstream.credentials; "
		    "deploy/gateway.yaml is an example, --help-config has "
		    "every key.\n");
	buffer_fini(&complaints);
	return ok;
}

static int
run(const char *path)
{
	struct config config;
	bool ok;

	if (!load(&config, path))
		return EXIT_USAGE;
	ok = run_gateway(&config, path);
	config_fini(&config);
	return ok ? EXIT_DONE : EXIT_START;
}

static int
print(struct buffer *text, bool whole)
{
	if (whole)
		fwrite(text->at, 1, text->len, stdout); /* main looks */
	else
		fprintf(stderr, "polaris-gateway: out of memory\n");
	buffer_fini(text);
	return whole ? EXIT_DONE : EXIT_START;
}

static int
check(const char *path)
{
	struct config config;
	struct buffer text;
	bool whole;

	if (!load(&config, path))
		return EXIT_USAGE;
	buffer_init(&text, PRINT_MAX);
	whole = config_print_yaml(&config, &text);
	config_fini(&config);
	return print(&text, whole);
}

static int
version(const char *path)
{
	(void)path;
	printf("polaris-gateway %s\n", GATEWAY_VERSION);
	return EXIT_DONE;
}

static int
help_config(const char *path)
{
	struct buffer text;

	(void)path;
	buffer_init(&text, PRINT_MAX);
	return print(&text, config_print_help(&text));
}

static int
help_metrics(const char *path)
{
	(void)path;
	metric_print(stdout);
	return EXIT_DONE;
}

static int help(const char *path);

static const struct {
	const char *name;
	int (*act)(const char *path);
	bool takes_file;
	const char *help;
} commands[] = {
	{ "run", run, true, "serve; what is done when no command is given" },
	{ "check", check, true,
	    "say what is wrong with the configuration, or print it whole" },
	{ "--help", help, false, "this text" },
	{ "--help-config", help_config, false,
	    "every key of the configuration, as a table" },
	{ "--help-metrics", help_metrics, false,
	    "every metric of /metrics, as a table" },
	{ "--version", version, false, "the version" },
};

static int
help(const char *path)
{
	(void)path;
	printf(
	    "polaris-gateway: events in, batches out to Imply Polaris, under "
	    "the organization's limit\n\n"
	    "usage: polaris-gateway [COMMAND] [-c FILE]\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  %-14s %-8s %s\n", commands[i].name,
		    commands[i].takes_file ? "[-c FILE]" : "",
		    commands[i].help);
	printf("\nFILE is %s unless given.\n"
	       "Exit: 0 done, 2 wrong usage or configuration, 3 cannot start, "
	       "70 a bug.\n"
	       "SIGTERM or SIGINT ends it: what waits is sent first, for at "
	       "most shutdown_timeout;\na second one ends it at once.\n",
	    CONFIG_PATH);
	return EXIT_DONE;
}

static int
usage(const char *what, const char *argument)
{
	fprintf(stderr, "polaris-gateway: %s%s\nTry: polaris-gateway --help\n",
	    what, argument);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	const char *path = CONFIG_PATH;
	size_t command = 0;
	bool named = false;
	int code;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0) {
			if (++i == argc)
				return usage("-c needs a file", "");
			path = argv[i];
			continue;
		}
		if (named)
			return usage("one command only, not also ", argv[i]);
		while (command < COUNT(commands) &&
		       strcmp(commands[command].name, argv[i]) != 0)
			command++;
		if (command == COUNT(commands))
			return usage("there is no command ", argv[i]);
		named = true;
	}
	signal(SIGABRT, on_abort);
	code = commands[command].act(path);
	if (code == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "polaris-gateway: cannot print: %s\n",
		    strerror(errno));
		code = EXIT_START;
	}
	return code;
}
