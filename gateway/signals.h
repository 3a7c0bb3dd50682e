/*
 * signals - how the process is asked to end, or to reload its files.
 *
 * Signals are blocked before the first thread starts (threads inherit that),
 * and main's thread alone waits for them: no system call is interrupted.
 */
#ifndef GATEWAY_SIGNALS_H
#define GATEWAY_SIGNALS_H

#include <stdint.h>

enum signals_request { SIGNALS_NONE, SIGNALS_END, SIGNALS_RELOAD };

/*
 * A bug ends the process by SIGABRT: an assertion that fails, a heap that glibc
 * finds corrupt, a watchdog's signal.  From now on that writes the version and
 * the stack to standard error before it ends the process, and leaves a core as
 * large as the hard limit allows.
 */
void signals_leave_core(void);

void signals_block(void);
enum signals_request signals_wait(int64_t most_ns);

/* From now on one more SIGTERM or SIGINT ends the process at once. */
void signals_end_at_once(void);

#endif
