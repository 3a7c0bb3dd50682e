/*
 * rig - texts made into configurations, with an environment of our making.
 *
 * Everything is static: each test file has its own.
 */
#ifndef TESTS_GATEWAY_CONFIG_RIG_H
#define TESTS_GATEWAY_CONFIG_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "gateway/config/config.h"
#include "gateway/config/load.h"
#include "gateway/config/print.h"

#define MAYBE __attribute__((unused)) static

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_MAX 100000
#define UPSTREAM                                                               \
	"upstream: {url: 'http://127.0.0.1/{table}', credentials: none}\n"

/* The environment of every test. */
static char *
env_get(const char *name)
{
	static char secret[] = "s3cret-of-the-environment", number[] = "42";
	static char empty[] = "", nested[] = "${NUMBER}", bad[] = "tab\there";

	return strcmp(name, "SECRET") == 0   ? secret
	       : strcmp(name, "NUMBER") == 0 ? number
	       : strcmp(name, "EMPTY") == 0  ? empty
	       : strcmp(name, "NESTED") == 0 ? nested
	       : strcmp(name, "BAD") == 0    ? bad
					     : NULL;
}

MAYBE const struct config_env env = { env_get };

MAYBE bool
parse(struct config *config, const char *text, struct buffer *errors)
{
	buffer_init(errors, TEXT_MAX);
	return config_parse(config, "gateway.yaml", span_of(text), env, errors);
}

/* Parses what must be right. */
MAYBE struct config
parsed(const char *text)
{
	struct config config;
	struct buffer errors;

	cr_assert(parse(&config, text, &errors), "%s",
	    errors.at != NULL ? errors.at : "?");
	buffer_fini(&errors);
	return config;
}

MAYBE void
print(const struct config *config, struct buffer *out)
{
	buffer_init(out, TEXT_MAX);
	cr_assert(config_print_yaml(config, out));
}

#endif
