/*
 * log - one line is one event: a fixed word, then key=value.
 *
 *	2026-11-24T10:00:00.123Z info listening address=127.0.0.1:8080 workers=2
 *
 * or the same as a JSON object with log.format json.  A warning carries a
 * field "advice" that says what it means and what to do.  Nothing is logged
 * per successful request: that is a counter.  Never a secret, never a payload.
 *
 * Units	wall time, UTC, milliseconds.
 * Threads	any.  Nobody waits for the reader of standard error: see
 *		log_writer.h for what becomes of lines that are not read.
 */
#ifndef GATEWAY_BASE_LOG_H
#define GATEWAY_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_options {
	enum log_level level;
	enum log_format format;
};

struct log_field {
	const char *key;  /* NULL ends the list */
	const char *text; /* escaped when written; NULL: the number counts */
	int64_t number;
};

#define LOG_STR(key, value) ((struct log_field){ (key), (value), 0 })
#define LOG_INT(key, value) ((struct log_field){ (key), 0, (value) })

/* log_event(LOG_WARN, "lane_waiting", LOG_STR("table", name), ...) */
#define log_event(level, word, ...)                                            \
	log_write((level), (const struct log_field[]){ LOG_STR("event", word), \
			       ##__VA_ARGS__, { 0, 0, 0 } })

void log_setup(const struct log_options *options);

/* From log_start to log_stop lines are written by a thread of their own. */
bool log_start(struct err *err);
void log_stop(void);

/* The first field's text is the event's word. */
void log_write(enum log_level level, const struct log_field *fields);

#endif
