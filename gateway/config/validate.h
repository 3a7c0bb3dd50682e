/*
 * config_validate - what must hold between values, and what must be given.
 *
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	complaints, at the line of one of the values.
 */
#ifndef GATEWAY_CONFIG_VALIDATE_H
#define GATEWAY_CONFIG_VALIDATE_H

#include "gateway/config/config.h"
#include "gateway/config/error.h"

/*
 * `root` is the file from which the config was read.  Values are compared only
 * if nothing was complained of before: a wrong one has wrong relations.
 */
void config_validate(const struct config *config,
    const struct yaml_doc_node *root, struct complaints *complaints);

#endif
