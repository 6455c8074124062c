#include "http_int.h"
#include <signal.h>
#include <stdlib.h>

enum { JOBS_MAX = 256, THREADS_MAX = 16 };

struct rv_jobs {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct { void (*fn)(void *user); void *user; } ring[JOBS_MAX];
	unsigned first, n;
	bool stopping;
	unsigned n_threads;
	pthread_t threads[THREADS_MAX];
};

static void *run(void *arg)
{
	struct rv_jobs *jobs = arg;
	pthread_mutex_lock(&jobs->mutex);
	for (;;) {
		while (!jobs->n && !jobs->stopping)
			pthread_cond_wait(&jobs->changed, &jobs->mutex);
		if (!jobs->n)
			break;
		void (*fn)(void *user) = jobs->ring[jobs->first].fn;
		void *user = jobs->ring[jobs->first].user;
		jobs->first = (jobs->first + 1) % JOBS_MAX;
		jobs->n--;
		pthread_mutex_unlock(&jobs->mutex);
		fn(user);
		pthread_mutex_lock(&jobs->mutex);
	}
	pthread_mutex_unlock(&jobs->mutex);
	return NULL;
}

struct rv_jobs *rv_jobs_new(unsigned threads)
{
	struct rv_jobs *jobs = calloc(1, sizeof *jobs);
	if (!jobs)
		return NULL;
	pthread_mutex_init(&jobs->mutex, NULL);
	pthread_cond_init(&jobs->changed, NULL);
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (jobs->n_threads < threads && jobs->n_threads < THREADS_MAX && pthread_create(&jobs->threads[jobs->n_threads], NULL, run, jobs) == 0)
		jobs->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!jobs->n_threads) {
		rv_jobs_free(jobs);
		return NULL;
	}
	return jobs;
}

bool rv_jobs_add(struct rv_jobs *jobs, void (*fn)(void *user), void *user)
{
	pthread_mutex_lock(&jobs->mutex);
	bool room = jobs->n < JOBS_MAX && !jobs->stopping;
	if (room) {
		unsigned at = (jobs->first + jobs->n++) % JOBS_MAX;
		jobs->ring[at].fn = fn;
		jobs->ring[at].user = user;
		pthread_cond_signal(&jobs->changed);
	}
	pthread_mutex_unlock(&jobs->mutex);
	return room;
}

void rv_jobs_free(struct rv_jobs *jobs)
{
	pthread_mutex_lock(&jobs->mutex);
	jobs->stopping = true;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->mutex);
	for (unsigned i = 0; i < jobs->n_threads; i++)
		pthread_join(jobs->threads[i], NULL);
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->mutex);
	free(jobs);
}

bool rv_job_start(struct rv_server *server, void (*fn)(void *user), void *user) { return rv_jobs_add(server->jobs, fn, user); }
