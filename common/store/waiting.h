#ifndef RSENC_STORE_WAITING_H
#define RSENC_STORE_WAITING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * A thread that looks after one that may have to wait, for how long nobody knows, where no signal can
 * wake it: LMDB begins a transaction for writing with a mutex that another program may hold. It says so
 * after a second, and acts on a request to stop (stop.h).
 */

struct waiting {
	/* Both are called by the thread, with `context`: once when the wait has lasted a second, and when
	 * a stop was asked for meanwhile; that one ends the process. */
	void (*told)(void *context);
	void (*stopped)(void *context);
	void *context;

	/* Private. */
	_Atomic double since; /* clock_seconds; 0: it does not wait */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running, ended, has_told;
};

/* Starts the thread. Where there is none to be had, nobody is told. waiting_end when done. */
void waiting_start(struct waiting *w, void (*told)(void *), void (*stopped)(void *), void *context);

/* Around what may wait. */
void waiting_begin(struct waiting *w);
void waiting_over(struct waiting *w);

/* One that was never started is ignored. */
void waiting_end(struct waiting *w);

#endif
