/*
 * past - a wall clock that is set back, for a program that is to see that.
 *
 * Preloaded; all other clocks are right.  PAST_SECONDS says how far.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *seconds = getenv("PAST_SECONDS");
	int result;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, out);
	if (result == 0 && clock == CLOCK_REALTIME && seconds != NULL)
		out->tv_sec -= atol(seconds);
	return result;
}
