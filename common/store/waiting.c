#include "store/waiting.h"

#include "base/system.h"
#include "base/signals.h"

#include <time.h>
#include <unistd.h>

#define TELL_AFTER 1.0 /* seconds */
#define LOOK_EVERY 0.1

/* A stop during a wait so short is seen by who waits. */
#define STOP_AFTER 0.3

static void
look(struct waiting *w)
{
	double since = atomic_load(&w->since);
	double waited = since > 0 ? clock_seconds() - since : 0;
	if (waited >= TELL_AFTER && !w->has_told) {
		w->has_told = true;
		w->told(w->context);
	}
	if (waited >= STOP_AFTER && signals_received()) {
		/* Whoever gets what it waited for now must not use it. */
		atomic_store(&w->since, -1);
		w->stopped(w->context);
	}
}

static void *
watch(void *data)
{
	struct waiting *w = data;
	pthread_mutex_lock(&w->lock);
	while (!w->ended) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)(LOOK_EVERY * 1e9);
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&w->wake, &w->lock, &until);
		if (!w->ended)
			look(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void
waiting_start(struct waiting *w, void (*told)(void *), void (*stopped)(void *), void *context)
{
	w->told = told;
	w->stopped = stopped;
	w->context = context;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->running = pthread_create(&w->thread, NULL, watch, w) == 0;
}

void
waiting_begin(struct waiting *w)
{
	if (w->running)
		atomic_store(&w->since, clock_seconds());
}

void
waiting_over(struct waiting *w)
{
	if (!w->running)
		return;
	while (atomic_exchange(&w->since, 0) < 0)
		pause(); /* until the process has ended */
}

void
waiting_end(struct waiting *w)
{
	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->running = false;
}
