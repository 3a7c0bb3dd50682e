/*
 * signals - how the process is told to end, or to read its files again.
 *
 * Signals are blocked before the first thread starts, for threads inherit
 * that, and waited for by main's thread alone: nothing is ever interrupted.
 *
 * Units	nanoseconds.
 * Ownership	none.
 * Threads	main's.
 * Errors	none.
 */
#ifndef GATEWAY_SIGNALS_H
#define GATEWAY_SIGNALS_H

#include <stdint.h>

enum signals_request { SIGNALS_NONE, SIGNALS_END, SIGNALS_RELOAD };

void signals_block(void);
enum signals_request signals_wait(int64_t most_ns);

/* From now on one more ends the process, from any wait that main is in. */
void signals_end_at_once(void);

#endif
