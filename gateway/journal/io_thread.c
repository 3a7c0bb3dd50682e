#include "gateway/journal/io_thread.h"

#include <string.h>
#include <sys/eventfd.h>

#include "gateway/base/mpsc.h"

MPSC_FUNCTIONS(jobs, struct io_job)

void
io_thread_init(struct io_thread *k, struct io_ops *io, int wakeup_fd)
{
	*k = (struct io_thread){ .io = io, .wakeup_fd = wakeup_fd };
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->there, NULL);
	k->link = &k->jobs;
}

static void
finish(struct io_thread *k, struct io_job *job)
{
	io_job_run(job, k->io);
	jobs_push(&k->done, job);
	(void)eventfd_write(k->wakeup_fd, 1);
}

static struct io_job *
pop(struct io_thread *k)
{
	struct io_job *job = k->jobs;

	if (job != NULL && (k->jobs = job->next) == NULL)
		k->link = &k->jobs;
	return job;
}

bool
io_thread_run_one(struct io_thread *k)
{
	struct io_job *job;

	pthread_mutex_lock(&k->lock);
	job = pop(k);
	pthread_mutex_unlock(&k->lock);
	if (job != NULL)
		finish(k, job);
	return job != NULL;
}

static void *
run(void *arg)
{
	struct io_thread *k = arg;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&k->lock);
		while (k->jobs == NULL && !k->stop)
			pthread_cond_wait(&k->there, &k->lock);
		stop = k->stop;
		pthread_mutex_unlock(&k->lock);
		if (stop)
			return NULL;
		io_thread_run_one(k);
	}
}

bool
io_thread_start(struct io_thread *k, struct err *err)
{
	int failed = pthread_create(&k->thread, NULL, run, k);

	k->running = failed == 0;
	return k->running ||
	       err_set(err, ERR_HOST, 0, "thread: %s", strerror(failed));
}

void
io_thread_stop(struct io_thread *k)
{
	if (!k->running)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_signal(&k->there);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	k->running = false;
}

void
io_thread_fini(struct io_thread *k, struct instant now)
{
	struct io_job *job;

	while ((job = pop(k)) != NULL) {
		if (job->kind == IO_JOB_SEAL)
			io_job_run(job, k->io); /* spares the next start */
		io_job_free(job, now);
	}
	pthread_cond_destroy(&k->there);
	pthread_mutex_destroy(&k->lock);
}

void
io_thread_give(struct io_thread *k, struct io_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&k->lock);
	*k->link = job;
	k->link = &job->next;
	pthread_cond_signal(&k->there);
	pthread_mutex_unlock(&k->lock);
}

struct io_job *
io_thread_take(struct io_thread *k)
{
	return jobs_take(&k->done);
}
