/*
 * load - from the tree of a file to the fields of struct config.
 *
 * Walks the file, not the table of rows, so that what the file holds and no
 * row knows is told.  Tables are read last, whatever the order in the file:
 * each begins as a copy of the defaults.
 *
 * Ownership	fills the config, whose owner frees it.
 * Threads	none inside.
 * Errors	complaints.
 */
#ifndef GATEWAY_CONFIG_LOAD_H
#define GATEWAY_CONFIG_LOAD_H

#include "gateway/config/config.h"
#include "gateway/config/error.h"

/* The config must hold the defaults already. */
void config_read(struct config *config, const struct yaml_doc_node *root,
    struct config_env env, struct complaints *complaints);

#endif
