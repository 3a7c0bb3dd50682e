/*
 * polaris-sim - a stand-in for the push API of Imply Polaris.
 *
 * What it checks and what it can be ordered to do is told by --help and by
 * GET /sim; the text is in orders.c.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/orders.h"
#include "tests/sim/server.h"

enum { EXIT_USAGE = 2, EXIT_HOST = 3 };

static int
complain(const struct err *err)
{
	fprintf(stderr, "polaris-sim: %s\n", err->text);
	return err->kind == ERR_INPUT ? EXIT_USAGE : EXIT_HOST;
}

/* A secret that was given is its giver's; the default ones are no secret. */
static void
introduce(const struct server *s, const struct options *o)
{
	printf("polaris-sim listening on http://%s\n", s->address);
	printf("  tokens  /auth/realms/%s/protocol/openid-connect/token\n",
	    o->org != NULL ? o->org : "ORG");
	printf("  events  /v1/projects/%s/events/TABLE, /v1/events/TABLE\n",
	    o->project != NULL ? o->project : "PROJECT");
	printf("  orders  /sim\n");
	if (strcmp(o->client_secret, OPTION_CLIENT_SECRET) == 0)
		printf("  client  %s, secret %s\n", o->client_id,
		    OPTION_CLIENT_SECRET);
	if (strcmp(o->api_key, OPTION_API_KEY) == 0)
		printf("  API key %s\n", OPTION_API_KEY);
	fflush(stdout);
}

static void
sum_up(const struct ledger *l)
{
	printf("polaris-sim took %" PRIu64 " events in %" PRIu64 " of %" PRIu64
	       " calls; violations: %" PRIu64 "%s%s\n",
	    l->events, l->taken_calls, l->calls, l->violations.total,
	    l->violations.total > 0 ? ", first: " : "", l->violations.sample);
}

static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int
serve(const struct options *o)
{
	static struct sim sim; /* large: a ring of tokens, a day of minutes */
	struct server server = {
		.epoll = -1, .listener = -1, .signals = -1, .spare = -1
	};
	struct err err;
	int status = 0;

	block_signals();
	if (!sim_open(&sim, o, &err) ||
	    !server_open(&server, &sim, o->listen, &err)) {
		status = complain(&err);
		goto out;
	}
	introduce(&server, o);
	server_run(&server);
	sum_up(&sim.ledger);
out:
	server_fini(&server);
	sim_fini(&sim);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct err err;

	if (!options_read(&options, argc, argv, &err)) {
		complain(&err);
		fprintf(stderr, "polaris-sim --help tells the options\n");
		return EXIT_USAGE;
	}
	if (options.help) {
		options_help(stdout);
		printf("\n%s", orders_help);
		printf("\nexit: 0 ended by SIGTERM or SIGINT, 2 wrong options, "
		       "3 cannot listen or write\n");
		return 0;
	}
	if (options.version) {
		printf("polaris-sim " GATEWAY_VERSION "\n");
		return 0;
	}
	return serve(&options);
}
