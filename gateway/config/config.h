/*
 * config - what an operator decides, read from one YAML file.
 *
 * Every key is a row of one table (option.h) that is parser, check,
 * default and help at once.  A key that is unknown, of a feature that this
 * build does not have, of the wrong type or out of bounds is told with file,
 * line and what is allowed; nothing is ever ignored.
 *
 *	${NAME}   in a value is the environment's NAME; unset is an error
 *	$${NAME}  is the text ${NAME} itself
 *
 * Units	bytes, milliseconds.
 * Ownership	config_load and config_parse fill what config_fini empties;
 *		config_fini is safe on zeroed memory and twice.
 * Threads	read only once loaded.
 * Errors	false and complaints for people, a line each, at most 20; they
 *		hold no secret.
 */
#ifndef GATEWAY_CONFIG_CONFIG_H
#define GATEWAY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/admin/admin.h"
#include "gateway/model/budget.h"
#include "gateway/base/log.h"
#include "gateway/receive/receive.h"
#include "gateway/deadletter/store.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "gateway/client/http_upstream.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define CONFIG_PATH "/etc/polaris-gateway/gateway.yaml"

struct config {
	struct receive_options receive;
	struct admin_options admin;
	struct http_upstream_options upstream;
	struct budget_options budget;
	struct tables_options tables;
	struct spool_options spool;
	struct deadletter_store_options dead_letters;
	struct log_options log;
	uint64_t shutdown_delay_ms;   /* still serving after a signal */
	uint64_t shutdown_timeout_ms; /* from the signal to the end */
};

/* As getenv: the value that a name has, or NULL. */
struct config_env {
	char *(*get)(const char *name);
};

bool config_load(struct config *config, const char *path, struct config_env env,
    struct buffer *complaints);

/* `name` is what complaints call the text: its file. */
bool config_parse(struct config *config, const char *name, struct span text,
    struct config_env env, struct buffer *complaints);
void config_fini(struct config *config);

/* The most bytes that one call upstream may have: of all tables. */
uint64_t config_largest_batch(const struct config *config);

/* Would credentials and events cross a network unencrypted? */
bool config_sends_in_clear(const struct config *config);

#endif
