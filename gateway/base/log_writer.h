/*
 * log_writer - log lines go to standard error, and nobody waits for its reader.
 *
 * A reader of standard error may stop reading: a log driver that hangs, a
 * terminal after Ctrl-S, a paused pipe.  write(2) then blocks, and whoever
 * logs would stand still with it.  So from log_writer_start on a thread of its
 * own writes; the others copy their lines into a buffer.  When that is full,
 * lines are dropped and counted, and one line tells how many once writing
 * works again (contract G13).
 *
 * Before the start and after the stop lines are written directly: the
 * commands that are no server need no thread.
 *
 * Threads	log_writer_put and log_writer_dropped from any.
 * Errors	a line that cannot be written is dropped and counted.
 */
#ifndef GATEWAY_BASE_LOG_WRITER_H
#define GATEWAY_BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/err.h"

#define LOG_WRITER_ROOM (256 * 1024) /* bytes of lines that wait */

/* `tell` logs that so many lines were dropped; it runs in the thread. */
bool log_writer_start(void (*tell)(uint64_t lines), struct err *err);

/*
 * Writes what waits, for at most two seconds; what a reader does not take by
 * then is dropped.
 */
void log_writer_stop(void);

/* A whole line, its '\n' included. */
void log_writer_put(const char *line, size_t len);

/* Lines that nobody will read, since the process began. */
uint64_t log_writer_dropped(void);

#endif
