/*
 * config - what an operator decides: the options of every part, together.
 *
 * Filled by load.h; the keys are in options.h.  Read only once loaded.
 *
 * Units	bytes, milliseconds.
 */
#ifndef GATEWAY_CONFIG_CONFIG_H
#define GATEWAY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/admin/admin.h"
#include "gateway/model/budget.h"
#include "gateway/base/log.h"
#include "gateway/receive/receive.h"
#include "gateway/deadletter/store.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "gateway/client/http_upstream.h"

struct config {
	struct receive_options receive;
	struct admin_options admin;
	struct http_upstream_options upstream;
	struct budget_options budget;
	struct tables_options tables;
	struct spool_options spool;
	struct deadletter_store_options dead_letters;
	struct log_options log;
	uint64_t shutdown_delay_ms;   /* still serving after a signal */
	uint64_t shutdown_timeout_ms; /* from the signal to the end */
};

/* The most bytes that one call upstream may have: of all tables. */
uint64_t config_largest_batch(const struct config *config);

/* Would credentials and events cross a network unencrypted? */
bool config_sends_in_clear(const struct config *config);

#endif
