/*
 * gunzip - a gzip body, inflated whole, up to a limit.
 *
 * Ownership	the caller owns `out`, whose `max` is the limit.
 * Threads	none inside.
 * Errors	ERR_LIMIT when it would be larger, ERR_INPUT when it is not
 *		one complete gzip member and nothing else.
 */
#ifndef SIM_GUNZIP_H
#define SIM_GUNZIP_H

#include "parsers/err.h"
#include "parsers/text.h"

bool gunzip(struct span in, struct buffer *out, struct err *err);

#endif
