/*
 * value - a value as it stands in the file, with ${NAME} filled in.
 *
 *	${NAME}   the environment's NAME; a name that is not set is an error
 *	$${NAME}  the text ${NAME} itself; a $ before anything else is a $
 *
 * What was filled in is not filled in again.
 *
 * Ownership	appends to the caller's buffer.
 * Threads	none inside (the environment must not change meanwhile).
 * Errors	ERR_INPUT: names the variable, never its value.
 */
#ifndef GATEWAY_CONFIG_VALUE_H
#define GATEWAY_CONFIG_VALUE_H

#include <stdbool.h>

#include "gateway/config/config.h"
#include "parsers/err.h"
#include "parsers/buffer.h"

bool config_value_expand(const char *text, struct config_env env,
    struct buffer *out, struct err *err);

/* The opposite: text that config_value_expand turns into `text`. */
bool config_value_escape(const char *text, struct buffer *out);

#endif
