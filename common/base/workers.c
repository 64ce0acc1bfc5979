#include "base/workers.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Seconds between two decisions on the number of threads, and between two items of a thread whose
 * time is measured: measuring costs 4 us, a small patch 80. */
#define DECIDE_EVERY 0.005
#define MEASURE_EVERY 0.0005

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
	size_t *spare, spares;  /* items that are not begun: the last handed out is taken first */
	bool reading, emitting; /* some thread is in next, in emit */
	bool ended, stopped;    /* next or emit returned false */
	unsigned jobs, active;  /* threads at most, and that shall work now */
	unsigned started, workers; /* threads beside the caller, and all that have their number */
	pthread_t *threads;

	/* What `active` is decided by. */
	struct limits limits;
	uint64_t largest;
	double ran, waited, decided; /* seconds: of all threads, of all, of the clock */
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

/* Where a thread is in its time, in seconds: of the clock, of those in which it ran, and of those
 * in which it waited for a core. In all others it waits, mostly for files. */
struct moment {
	double clock, ran, delayed;
};

/* Linux: the second number of /proc/thread-self/schedstat is the time, in nanoseconds, that the
 * thread waited for a core (the first, in which it ran, is not up to date). On a system without it
 * threads never seem to wait. */
static struct moment
moment_now(int schedstat)
{
	struct moment m = {.clock = clock_seconds()};
	char text[128], *end = text;
	struct timespec ran;
	ssize_t n = pread(schedstat, text, sizeof text - 1, 0);
	if (n <= 0 || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran) != 0) {
		m.ran = m.clock;
		return m;
	}
	text[n] = '\0';
	(void)strtoull(text, &end, 10);
	m.ran = (double)ran.tv_sec + (double)ran.tv_nsec / 1e9;
	m.delayed = (double)strtoull(end, NULL, 10) / 1e9;
	return m;
}

/* Called and returns with the lock held, as all below. */
static void
ordered_adapt(struct run *r, const struct moment *before, const struct moment *now)
{
	double ran = now->ran - before->ran, delayed = now->delayed - before->delayed;
	double waited = now->clock - before->clock - ran - delayed;
	r->ran += ran;
	r->waited += waited > 0 ? waited : 0;
	if (now->clock - r->decided < DECIDE_EVERY)
		return;
	/* The time that a thread waits for a core, which others have, does not count. */
	double share = r->waited > 0 ? r->waited / (r->waited + r->ran) : 0;
	unsigned wanted = workers_wanted(&r->limits, share, r->largest);
	r->active = wanted < r->jobs ? wanted : r->jobs;
	r->decided = now->clock;
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

static void *
item_at(const struct run *r, size_t number)
{
	return r->items + r->ring[number % r->count].item * r->size;
}

static void
ordered_hand_out(struct run *r)
{
	r->emitting = true;
	pthread_mutex_unlock(&r->lock);
	bool more = r->o->emit(r->o->context, item_at(r, r->head));
	pthread_mutex_lock(&r->lock);
	r->emitting = false;
	r->stopped |= !more;
	struct place *done = &r->ring[r->head++ % r->count];
	r->spare[r->spares++] = done->item;
	done->finished = false;
	pthread_cond_broadcast(&r->change);
}

struct worker {
	unsigned number;
	int schedstat;
	double measure; /* the time from which the next item is measured */
};

static void
ordered_take(struct run *r, struct worker *w)
{
	struct moment before = {0}, now = {0};
	size_t number = r->tail++;
	r->ring[number % r->count].item = r->spare[--r->spares];
	void *item = item_at(r, number);
	r->reading = true;
	pthread_mutex_unlock(&r->lock);
	bool got = r->o->next(r->o->context, item);
	pthread_mutex_lock(&r->lock);
	r->reading = false;
	r->ended |= !got;
	pthread_cond_broadcast(&r->change);
	if (!got) {
		r->spare[r->spares++] = r->ring[--r->tail % r->count].item;
		return;
	}
	pthread_mutex_unlock(&r->lock);
	bool measured = r->o->adaptive && clock_seconds() >= w->measure;
	if (measured)
		before = moment_now(w->schedstat);
	uint64_t size = r->o->work(r->o->context, w->number, item);
	if (measured) {
		now = moment_now(w->schedstat);
		w->measure = now.clock + MEASURE_EVERY;
	}
	pthread_mutex_lock(&r->lock);
	r->ring[number % r->count].finished = true;
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
	struct worker w = {.schedstat = -1};
	if (r->o->adaptive)
		w.schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	pthread_mutex_lock(&r->lock);
	w.number = r->workers++;
	while (!r->stopped && !(r->ended && r->head == r->tail)) {
		if (w.number >= r->active)
			pthread_cond_wait(&r->more, &r->lock);
		else if (!r->emitting && r->ring[r->head % r->count].finished)
			ordered_hand_out(r);
		else if (!r->reading && !r->ended && r->tail - r->head < workers_items(r->active))
			ordered_take(r, &w);
		else
			pthread_cond_wait(&r->change, &r->lock);
	}
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	if (w.schedstat >= 0)
		close(w.schedstat);
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
	r.spare = xcalloc(r.count, sizeof *r.spare);
	while (r.spares < r.count) {
		r.spare[r.spares] = r.spares;
		r.spares++;
	}
	pthread_mutex_lock(&r.lock);
	ordered_start(&r);
	pthread_mutex_unlock(&r.lock);
	ordered_work(&r);
	while (r.started > 0)
		pthread_join(r.threads[--r.started], NULL);
	free(r.ring);
	free(r.spare);
	free(r.threads);
}
