#include "gateway/spool/keeper.h"

#include <string.h>
#include <sys/eventfd.h>

void
keeper_init(struct keeper *k, struct disk *disk, int bell)
{
	*k = (struct keeper){ .disk = disk, .bell = bell };
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->there, NULL);
	k->link = &k->jobs;
}

static void
finish(struct keeper *k, struct job *job)
{
	struct job *head = atomic_load(&k->done);

	job_run(job, k->disk);
	do
		job->next = head;
	while (!atomic_compare_exchange_weak(&k->done, &head, job));
	(void)eventfd_write(k->bell, 1);
}

static struct job *
pop(struct keeper *k)
{
	struct job *job = k->jobs;

	if (job != NULL && (k->jobs = job->next) == NULL)
		k->link = &k->jobs;
	return job;
}

bool
keeper_run_one(struct keeper *k)
{
	struct job *job;

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
	struct keeper *k = arg;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&k->lock);
		while (k->jobs == NULL && !k->stop)
			pthread_cond_wait(&k->there, &k->lock);
		stop = k->stop;
		pthread_mutex_unlock(&k->lock);
		if (stop)
			return NULL;
		keeper_run_one(k);
	}
}

bool
keeper_start(struct keeper *k, struct err *err)
{
	int failed = pthread_create(&k->thread, NULL, run, k);

	k->running = failed == 0;
	return k->running ||
	       err_set(err, ERR_HOST, 0, "thread: %s", strerror(failed));
}

void
keeper_stop(struct keeper *k)
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
keeper_fini(struct keeper *k, struct instant now)
{
	struct job *job;

	while ((job = pop(k)) != NULL) {
		if (job->kind == JOB_SEAL)
			job_run(job, k->disk); /* spares the next start */
		job_free(job, now);
	}
	pthread_cond_destroy(&k->there);
	pthread_mutex_destroy(&k->lock);
}

void
keeper_give(struct keeper *k, struct job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&k->lock);
	*k->link = job;
	k->link = &job->next;
	pthread_cond_signal(&k->there);
	pthread_mutex_unlock(&k->lock);
}

struct job *
keeper_take(struct keeper *k)
{
	struct job *job = atomic_exchange(&k->done, NULL), *next;
	struct job *oldest = NULL;

	for (; job != NULL; job = next) {
		next = job->next;
		job->next = oldest;
		oldest = job;
	}
	return oldest;
}
