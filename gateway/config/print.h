/*
 * print - the configuration for people, made from the rows.
 *
 * What is printed as YAML is read again as the same configuration, but for
 * secrets, which are printed as "***".
 *
 * Ownership	appends to the caller's buffer.
 * Errors	the buffer is full: false.
 */
#ifndef GATEWAY_CONFIG_PRINT_H
#define GATEWAY_CONFIG_PRINT_H

#include "gateway/config/config.h"

/* Every key with the value in force. */
bool config_print_yaml(const struct config *config, struct buffer *out);

/* Every key, its default, what is allowed, what it means: for the README. */
bool config_print_help(struct buffer *out);

#endif
