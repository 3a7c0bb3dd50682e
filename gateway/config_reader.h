/*
 * config_reader - from the tree of a file to the fields of struct config.
 *
 * Walks the file, not the table of rows, so that what the file holds and no
 * row knows is told.  Tables are read last, whatever the order in the file:
 * each begins as a copy of the defaults.
 *
 * Ownership	fills the config, whose owner frees it.
 * Threads	none inside.
 * Errors	complaints.
 */
#ifndef GATEWAY_CONFIG_READER_H
#define GATEWAY_CONFIG_READER_H

#include "gateway/config.h"
#include "gateway/config_complaint.h"

/* The config must hold the defaults already. */
void config_read(struct config *config, const struct conf_node *root,
    struct config_env env, struct complaints *complaints);

#endif
