#ifndef RSENC_BASE_WORKERS_H
#define RSENC_BASE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

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
	 * scratch memory of its own. */
	void (*work)(void *context, unsigned worker, void *item);

	/* Takes a finished item, in the order of next. Called by one thread at a time; false ends
	 * the run: no more items are begun or handed out. */
	bool (*emit)(void *context, void *item);
};

/* Runs until next and emit are through. With jobs = 1 everything happens in the calling thread.
 * `items` is an array of `count` >= jobs items of `size` bytes, owned by the caller (half as many
 * again as jobs keep every thread busy: the next in order may be the slowest).
 * The caller is one of the workers; where the system gives fewer threads than asked for, the run is
 * only slower. Returns 0, or -1 with errno when there is no memory. */
int parallel_ordered(
    const struct worker_pool *o, unsigned jobs, void *items, size_t size, size_t count);

#endif
