/*
 * suggest - "did you mean ...?" for a key that does not exist.
 *
 * Ownership	appends to the caller's buffer.
 */
#ifndef GATEWAY_CONFIG_SUGGEST_H
#define GATEWAY_CONFIG_SUGGEST_H

#include "parsers/buffer.h"

/*
 * Appends "did you mean listen.address?", or what there is in the section.
 * `section` is empty or ends in a '.', as in rows' names: "tables.*.".
 */
void config_suggest(const char *section, const char *key, struct buffer *out);

#endif
