/*
 * prometheus - the numbers in Prometheus' text format 0.0.4.
 *
 * Errors	false: the buffer's maximum, or no memory.
 */
#ifndef GATEWAY_ADMIN_PROMETHEUS_H
#define GATEWAY_ADMIN_PROMETHEUS_H

#include <stdbool.h>

#include "gateway/metrics/registry.h"
#include "parsers/buffer.h"

/* Enough for 1,000 tables and as many producers, each with all its metrics. */
#define PROMETHEUS_MAX (64 << 20)

bool prometheus_write(const struct registry_view *view, struct buffer *out);

#endif
