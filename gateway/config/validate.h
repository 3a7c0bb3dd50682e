/*
 * validate - what must hold between values, and what must be given.
 *
 * Errors	reported at the line of one of the values.
 */
#ifndef GATEWAY_CONFIG_VALIDATE_H
#define GATEWAY_CONFIG_VALIDATE_H

#include "gateway/config/config.h"
#include "gateway/config/error.h"

/*
 * `root` is the file from which the config was read.  Values are compared only
 * if nothing was reported before: a wrong value would be reported twice.
 */
void config_validate(const struct config *config,
    const struct yaml_doc_node *root, struct config_errors *errors);

#endif
