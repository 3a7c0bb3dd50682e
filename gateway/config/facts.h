/*
 * facts - what the operator chose, in a line.
 *
 * For the log's first line and the status page: the few values that explain
 * how this process behaves.  None of them is a secret.
 *
 * Ownership	texts are borrowed from the configuration.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_CONFIG_FACTS_H
#define GATEWAY_CONFIG_FACTS_H

#include "gateway/config/config.h"
#include "gateway/base/log.h"

#define CONFIG_FACTS_MOST 24

/* Ends with a field without a key, and leaves room for one before the first. */
void config_facts(const struct config *config, const char *path,
    struct log_field facts[CONFIG_FACTS_MOST]);

#endif
