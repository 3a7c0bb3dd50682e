#include "gateway/scheduler/pump_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NOT_YET INT64_MIN

struct pump_thread {
	struct pump *pump;
	struct upstream *upstream;
	struct registry *registry;
	pthread_t thread;
	int fd; /* rings after one of these has changed */
	atomic_int_fast64_t withdraw_at_ns;
	atomic_int_fast64_t stop_at_ns;
};

static void *
drive(void *argument)
{
	struct pump_thread *driver = argument;
	struct pump *pump = driver->pump;
	struct instant stop, withdraw;
	bool draining = false;
	eventfd_t rings;

	for (;;) {
		/* The eventfd first: what comes later wakes us again. */
		(void)eventfd_read(driver->fd, &rings);
		stop.ns = atomic_load(&driver->stop_at_ns);
		withdraw.ns = atomic_load(&driver->withdraw_at_ns);
		if (!draining && withdraw.ns != NOT_YET) {
			pump_drain(pump, withdraw);
			draining = true;
		}
		pump_turn(pump);
		if (stop.ns == NOT_YET)
			stop = INSTANT_NEVER;
		else if (pump_idle(pump) ||
			 driver->upstream->ops->now(driver->upstream).ns >=
			     stop.ns)
			break;
		pump_wait(pump, driver->fd, stop);
	}
	pump_end(pump);
	return NULL;
}

bool
pump_thread_start(struct pump_thread **out, struct pump *pump,
    struct upstream *upstream, struct registry *registry, struct err *err)
{
	struct pump_thread *driver = calloc(1, sizeof *driver);
	int error;

	if (driver == NULL)
		return err_set(err, ERR_HOST, 0, "no memory for the pump");
	driver->pump = pump;
	driver->upstream = upstream;
	driver->registry = registry;
	atomic_init(&driver->withdraw_at_ns, NOT_YET);
	atomic_init(&driver->stop_at_ns, NOT_YET);
	driver->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (driver->fd == -1) {
		error = errno;
		goto failed;
	}
	error = pthread_create(&driver->thread, NULL, drive, driver);
	if (error != 0)
		goto failed;
	(void)pthread_setname_np(driver->thread, "pump");
	registry_set_wakeup_fd(registry, driver->fd);
	*out = driver;
	return true;
failed:
	if (driver->fd != -1)
		close(driver->fd);
	free(driver);
	return err_set(
	    err, ERR_HOST, 0, "the pump's thread: %s", strerror(error));
}

void
pump_thread_drain(struct pump_thread *driver, struct instant withdraw_at)
{
	atomic_store(&driver->withdraw_at_ns, withdraw_at.ns);
	(void)eventfd_write(driver->fd, 1);
}

void
pump_thread_stop(struct pump_thread **driver_at, struct instant deadline)
{
	struct pump_thread *driver = *driver_at;

	if (atomic_load(&driver->withdraw_at_ns) == NOT_YET)
		pump_thread_drain(driver, deadline);
	atomic_store(&driver->stop_at_ns, deadline.ns);
	(void)eventfd_write(driver->fd, 1);
	pthread_join(driver->thread, NULL);
	registry_set_wakeup_fd(driver->registry, -1);
	close(driver->fd);
	free(driver);
	*driver_at = NULL;
}
