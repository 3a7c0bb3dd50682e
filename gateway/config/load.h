/*
 * load - reads the configuration from one YAML file.
 *
 * A key that is unknown, of a feature that this build does not have, of the
 * wrong type or out of bounds is an error with file, line and what is allowed;
 * nothing is ever ignored.
 *
 *	${NAME}   in a value is the environment's NAME; unset is an error
 *	$${NAME}  is the text ${NAME} itself; a $ before anything else is a $
 *
 * What was filled in is not filled in again.
 *
 * Ownership	config_load and config_parse fill what config_fini empties;
 *		config_fini is safe on zeroed memory and twice.
 * Errors	false, and lines for people in `errors`, at most 20; they hold
 *		no secret.
 */
#ifndef GATEWAY_CONFIG_LOAD_H
#define GATEWAY_CONFIG_LOAD_H

#include <stdbool.h>

#include "gateway/config/config.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define CONFIG_PATH "/etc/polaris-gateway/gateway.yaml"

/* As getenv: the value that a name has, or NULL. */
struct config_env {
	char *(*get)(const char *name);
};

bool config_load(struct config *config, const char *path, struct config_env env,
    struct buffer *errors);

/* `name` is what errors call the text: its file. */
bool config_parse(struct config *config, const char *name, struct span text,
    struct config_env env, struct buffer *errors);
void config_fini(struct config *config);

#endif
