/*
 * exposition - the numbers in Prometheus' text format 0.0.4.
 *
 * Units	seconds and bytes.
 * Ownership	borrows; appends to the caller's buffer.
 * Threads	none inside.
 * Errors	false: the buffer's maximum, or no memory.
 */
#ifndef GATEWAY_ADMIN_EXPOSITION_H
#define GATEWAY_ADMIN_EXPOSITION_H

#include <stdbool.h>

#include "gateway/account.h"
#include "parsers/text.h"

/* 1,000 tables and as many producers, each with all it may have. */
#define EXPOSITION_MOST (64 << 20)

bool exposition_write(const struct account_view *view, struct buffer *out);

#endif
