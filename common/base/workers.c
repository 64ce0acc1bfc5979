#include "base/workers.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Seconds between two decisions on the number of threads, and between two items whose time is
 * measured: that costs 20 us, a small patch 80. */
#define DECIDE_EVERY 0.005
#define MEASURE_EVERY 0.002

/* Items lie in a ring: those from `head` to `tail` are begun, in the order of the input. Every
 * thread does whatever is next: hand out the oldest item, or take a new one and work on it. */
struct run {
	const struct worker_pool *o;
	pthread_mutex_t lock;
	pthread_cond_t change, more; /* more: of threads that there are too many of */
	char *items;
	size_t size; /* of an item */
	struct place {
		size_t item;
		bool finished; /* work on it is done */
	} * ring;
	size_t count, head, tail;
	bool *used;                /* items that are begun: the first that is not is taken next */
	bool reading, emitting;    /* some thread is in next, in emit */
	bool ended, stopped;       /* next or emit returned false */
	unsigned jobs, active;     /* threads at most, and that shall work now */
	unsigned started, workers; /* threads beside the caller, and all that have their number */
	pthread_t *threads;

	/* What `active` is decided by. */
	struct limits limits;
	uint64_t largest;
	double ran, waited;       /* seconds of all threads */
	double decided, measured; /* when */
};

/* One condition for all that work: who waits has three reasons to, and with a few threads to wake
 * them all costs less than to know which. On 2 cores a patch of 140 KB from an archive costs 2.4
 * futex calls. */

static void *ordered_work(void *arg);

size_t
workers_items(unsigned jobs)
{
	return jobs + (jobs + 1) / 2;
}

/* ---- how many threads ---- */

/*
 * If threads wait for files during the share w of their time, then c / (1 - w) of them keep c cores
 * busy. Files in the page cache: w is 0, and a thread more only costs (on 2 cores, 6,000 patches,
 * -j8 takes 1.2 times as long as -j2). A cold disk or a network: w nears 1, and 32 threads are 2.3
 * times as fast as 2. It needs no knob, and follows a cache that becomes warm on the way.
 */
unsigned
workers_wanted(const struct limits *l, double waiting, uint64_t largest)
{
	enum { COPIES = 4, SHARE = 2 };
	double cores = (double)l->cores, busy = 1 - waiting;
	uint64_t wanted = busy * WORKERS_MAX > cores ? (uint64_t)(cores / busy) : WORKERS_MAX;
	wanted = wanted < l->cores ? l->cores : wanted;
	if (largest > 0 && wanted > l->memory / SHARE / COPIES / largest)
		wanted = l->memory / SHARE / COPIES / largest;
	return wanted > 0 ? (unsigned)wanted : 1;
}

/* Where a thread is in its time, in seconds: how long it ran, how long it waited for a core, and
 * the clock before and after these were asked for, which may take long itself. In all other time
 * the thread waits, mostly for files. */
struct moment {
	double begin, ran, delayed, end;
};

static struct moment
moment_now(void)
{
	struct moment m = {.begin = clock_seconds(), .delayed = thread_delayed()};
	struct timespec ran = {0};
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
	m.end = clock_seconds();
	/* On a system that does not report the delay threads never seem to wait. */
	m.ran = m.delayed > 0 ? (double)ran.tv_sec + (double)ran.tv_nsec / 1e9 : m.end;
	return m;
}

/* Called and returns with the lock held, as all below. */
static void
ordered_adapt(struct run *r, const struct moment *before, const struct moment *now)
{
	double ran = now->ran - before->ran, delayed = now->delayed - before->delayed;
	double waited = now->begin - before->end - ran - delayed;
	r->ran += ran;
	r->waited += waited > 0 ? waited : 0;
	if (now->end - r->decided < DECIDE_EVERY)
		return;
	/* The time that a thread waits for a core, which others have, does not count. */
	double share = r->waited > 0 ? r->waited / (r->waited + r->ran) : 0;
	unsigned wanted = workers_wanted(&r->limits, share, r->largest);
	r->active = wanted < r->jobs ? wanted : r->jobs;
	r->decided = now->end;
	/* The past counts half as much as what is new. */
	r->ran /= 2;
	r->waited /= 2;
	pthread_cond_broadcast(&r->more);
}

static void
ordered_start(struct run *r)
{
	/* The caller is one of the workers. */
	while (r->started + 1 < r->active &&
	       pthread_create(&r->threads[r->started], NULL, ordered_work, r) == 0)
		r->started++;
}

/* ---- the work ---- */

static void
ordered_hand_out(struct run *r)
{
	struct place *done = &r->ring[r->head % r->count];
	r->emitting = true;
	pthread_mutex_unlock(&r->lock);
	bool more = r->o->emit(r->o->context, r->items + done->item * r->size);
	pthread_mutex_lock(&r->lock);
	r->emitting = false;
	r->stopped |= !more;
	r->head++;
	r->used[done->item] = false;
	done->finished = false;
	pthread_cond_broadcast(&r->change);
}

static void
ordered_take(struct run *r, unsigned worker)
{
	struct moment before = {0}, now = {0};
	struct place *place = &r->ring[r->tail % r->count];
	for (place->item = 0; r->used[place->item]; place->item++)
		;
	void *item = r->items + place->item * r->size;
	r->used[place->item] = true;
	r->tail++;
	r->reading = true;
	pthread_mutex_unlock(&r->lock);
	bool got = r->o->next(r->o->context, item);
	pthread_mutex_lock(&r->lock);
	r->reading = false;
	r->ended |= !got;
	pthread_cond_broadcast(&r->change);
	if (!got) {
		r->tail--;
		return;
	}
	bool measured = r->o->adaptive && clock_seconds() >= r->measured + MEASURE_EVERY;
	if (measured)
		r->measured = clock_seconds();
	pthread_mutex_unlock(&r->lock);
	if (measured)
		before = moment_now();
	uint64_t size = r->o->work(r->o->context, worker, item);
	if (measured)
		now = moment_now();
	pthread_mutex_lock(&r->lock);
	place->finished = true;
	r->largest = size > r->largest ? size : r->largest;
	if (measured) {
		ordered_adapt(r, &before, &now);
		ordered_start(r);
	}
	pthread_cond_broadcast(&r->change);
}

static void *
ordered_work(void *arg)
{
	struct run *r = arg;
	pthread_mutex_lock(&r->lock);
	unsigned worker = r->workers++;
	while (!r->stopped && !(r->ended && r->head == r->tail)) {
		if (worker >= r->active)
			pthread_cond_wait(&r->more, &r->lock);
		else if (!r->emitting && r->ring[r->head % r->count].finished)
			ordered_hand_out(r);
		else if (!r->reading && !r->ended && r->tail - r->head < workers_items(r->active))
			ordered_take(r, worker);
		else
			pthread_cond_wait(&r->change, &r->lock);
	}
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

void
parallel_ordered(const struct worker_pool *o, unsigned jobs, void *items, size_t size)
{
	struct run r = {.o = o,
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .change = PTHREAD_COND_INITIALIZER,
	    .more = PTHREAD_COND_INITIALIZER,
	    .items = items,
	    .size = size,
	    .count = workers_items(jobs),
	    .jobs = jobs,
	    .limits = limits_of_process(),
	    .decided = clock_seconds()};
	r.active = o->adaptive && r.limits.cores < jobs ? (unsigned)r.limits.cores : jobs;
	r.threads = xcalloc(jobs, sizeof *r.threads);
	r.ring = xcalloc(r.count, sizeof *r.ring);
	r.used = xcalloc(r.count, sizeof *r.used);
	pthread_mutex_lock(&r.lock);
	ordered_start(&r);
	pthread_mutex_unlock(&r.lock);
	ordered_work(&r);
	while (r.started > 0)
		pthread_join(r.threads[--r.started], NULL);
	free(r.ring);
	free(r.used);
	free(r.threads);
}
