/*
 * rig_upstream - clock, scripted upstream and dead-letter store of the rig.
 *
 * What arrives or becomes a dead letter is compared with what its number says,
 * byte for byte, and counted in the rig.
 *
 * Units	nanoseconds of virtual time since the start; wall milliseconds.
 * Ownership	the rig's.
 * Threads	one.
 * Errors	asserts: a rig that breaks is a failed test.
 */
#ifndef TESTS_GATEWAY_SCHEDULER_RIG_UPSTREAM_H
#define TESTS_GATEWAY_SCHEDULER_RIG_UPSTREAM_H

#include "tests/gateway/scheduler/rig.h"

#define RIG_LINE_MOST  400
#define RIG_WALL_START INT64_C(1795514400000) /* 2026-11-24T10:00:00Z */

extern const struct upstream_ops rig_upstream_ops;

enum deadletter_store_result rig_store(struct deadletter_sink *sink,
    const struct deadletter_sink_event *letters, size_t count);

/* Of the day before; see `old_every`. */
bool rig_is_old(const struct rig *rig, uint32_t number);

/* An event's line, made from its number alone; its length. */
size_t rig_line(const struct rig *rig, uint32_t number, char *line);

#endif
