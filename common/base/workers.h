#ifndef RSENC_BASE_WORKERS_H
#define RSENC_BASE_WORKERS_H

#include "base/system.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A pool of threads that works on a sequence of items at once and hands the results out in the
 * order of the input, whatever the number of threads. Memory is bounded: there are only as many
 * items as the caller gives.
 */

struct worker_pool {
	void *context;

	/* Fills the item with the next piece of work; false at the end. Called by one thread at a
	 * time, in order. */
	bool (*next)(void *context, void *item);

	/* Does the work. Called by several threads at once; `worker` (0..jobs-1) tells which, for
	 * scratch memory of its own. Returns the bytes of memory that the item takes now. */
	uint64_t (*work)(void *context, unsigned worker, void *item);

	/* Takes a finished item, in the order of next. Called by one thread at a time; false ends
	 * the run: no more items are begun or handed out. */
	bool (*emit)(void *context, void *item);

	/* Use as many of the threads as help, see workers_wanted; false: all of them, always. */
	bool adaptive;
};

enum {
	WORKERS_MAX = 32
}; /* threads that an adaptive pool needs at most, if there are fewer cores */

/* Items for so many threads: half as many again, for the next in order may be the slowest. */
size_t workers_items(unsigned jobs);

/* Runs until next and emit are through. With jobs = 1 everything happens in the calling thread.
 * `items` is an array of workers_items(jobs) items of `size` bytes, owned by the caller. An item
 * that was handed out last is used again first, so that few of them are ever filled. The caller is
 * one of the workers; where the system gives fewer threads than asked for, the run is only
 * slower. */
void parallel_ordered(const struct worker_pool *o, unsigned jobs, void *items, size_t size);

/* How many threads are worth while, if they spent the share `waiting` (0..1) of their time waiting
 * for files: as many as keep the cores busy, at most WORKERS_MAX, and no more than half of the
 * memory holds if each takes four times the `largest` item; at least 1. */
unsigned workers_wanted(const struct limits *l, double waiting, uint64_t largest);

#endif
