#include "scan/walk.h"

#include "base/error.h"
#include "scan/node.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	AHEAD_PER_JOB = 16,    /* directories that wait for the visit */
	AHEAD_BYTES = 4 << 20, /* their entries; a directory that is larger waits alone */
	THREADS_MAX = 1024,
	WAIT_NS = 50000000
};

struct walker {
	const struct walk *walk;
	pthread_mutex_t lock; /* of all that follows, and of the nodes while they are no
	                       * thread's own (NODE_LISTING) */
	pthread_cond_t work, listed;
	struct node *root;
	size_t ahead, ahead_bytes; /* listed, not visited yet */
	size_t ahead_max;
	unsigned idle;             /* threads that wait for work */
	const struct node *wanted; /* what the visit waits for */
	bool done;
	bool no_memory;
};

/* The next directory to list, in the order of the visit, making nodes as it goes. Call locked. */
static struct node *
walker_pick(struct walker *w, struct node *n)
{
	if (n->state == NODE_NEW)
		return n;
	if (n->state == NODE_LISTING)
		return NULL;
	for (struct node *child = n->first; child; child = child->next) {
		struct node *found = walker_pick(w, child);
		if (found)
			return found;
	}
	struct node *child;
	while ((child = node_next_child(n, &w->no_memory)) != NULL) {
		if (child->state == NODE_NEW)
			return child;
	}
	return NULL;
}

/* Lists a directory. Call locked; the lock is let go meanwhile. */
static void
walker_list(struct walker *w, struct node *n)
{
	n->state = NODE_LISTING;
	pthread_mutex_unlock(&w->lock);
	int status = listing_read(&n->listing, n->dir.path, w->walk->wanted);
	pthread_mutex_lock(&w->lock);
	n->state = NODE_LISTED;
	if (status != 0)
		w->no_memory = true;
}

static void *
walker_list_ahead(void *context)
{
	struct walker *w = context;
	pthread_mutex_lock(&w->lock);
	while (!w->done) {
		bool full = w->ahead >= w->ahead_max || w->ahead_bytes >= AHEAD_BYTES;
		struct node *n = full ? NULL : walker_pick(w, w->root);
		if (!n) {
			w->idle++;
			pthread_cond_wait(&w->work, &w->lock);
			w->idle--;
			continue;
		}
		/* Before it is listed, so that all threads together keep to the limit. */
		w->ahead++;
		walker_list(w, n);
		w->ahead_bytes += n->listing.bytes;
		if (w->wanted == n)
			pthread_cond_signal(&w->listed);
		if (w->idle > 0 && n->listing.dirs > 0)
			pthread_cond_signal(&w->work);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* When a wait is long enough to flush first. */
static struct timespec
walker_soon(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += WAIT_NS;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* Sees to it that a directory is listed. Call locked. */
static void
walker_need_listing(struct walker *w, struct node *n)
{
	if (n->state == NODE_NEW) {
		walker_list(w, n);
		if (w->idle > 0 && n->listing.dirs > 0)
			pthread_cond_broadcast(&w->work);
		return;
	}
	if (n->loop)
		return;
	w->wanted = n;
	while (n->state == NODE_LISTING) {
		struct timespec soon = walker_soon();
		int status = pthread_cond_timedwait(&w->listed, &w->lock, &soon);
		if (status == 0 || n->state != NODE_LISTING || !w->walk->idle)
			continue;
		pthread_mutex_unlock(&w->lock);
		w->walk->idle(w->walk->context);
		pthread_mutex_lock(&w->lock);
	}
	w->wanted = NULL;
	w->ahead--;
	w->ahead_bytes -= n->listing.bytes;
	/* Not for each one: waking a thread costs as much as listing. */
	if (w->idle > 0 && w->ahead <= w->ahead_max / 2)
		pthread_cond_signal(&w->work);
}

static void
walk_tell(const struct walk *walk, const char *path, const char *why)
{
	if (walk->fail)
		walk->fail(walk->context, path, why);
}

static void
walk_tell_failure(const struct walk *walk, const struct node *n, struct entry e)
{
	char *path = node_path(n->dir.path, e.name);
	walk_tell(walk, path ? path : e.name, e.why);
	free(path);
}

static void
walk_tell_loop(const struct walk *walk, const struct node *n)
{
	struct error why;
	error_set(
	    &why, "a loop: this is %s again, which it lies in; not followed", n->loop->dir.path);
	walk_tell(walk, n->dir.path, why.text);
}

static bool walk_visit(struct walker *w, struct node *n);

static bool
walk_visit_child(struct walker *w, struct node *n, size_t index)
{
	pthread_mutex_lock(&w->lock);
	/* It stays first in the list while it is visited, so that walker_pick finds the way to what
	 * lies below it. */
	struct node *child = node_first_child(n, index);
	w->no_memory |= !child;
	pthread_mutex_unlock(&w->lock);
	if (!child || !walk_visit(w, child))
		return false; /* a thread may still list something below: freed at the end */
	pthread_mutex_lock(&w->lock);
	node_drop_first_child(n);
	pthread_mutex_unlock(&w->lock);
	return true;
}

/* As deep as a path has slashes: PATH_MAX bounds the recursion. */
static bool
walk_visit(struct walker *w, struct node *n)
{
	const struct walk *walk = w->walk;
	pthread_mutex_lock(&w->lock);
	walker_need_listing(w, n);
	bool go_on = !w->no_memory;
	pthread_mutex_unlock(&w->lock);
	if (n->loop) {
		walk_tell_loop(walk, n);
		return true;
	}
	if (n->listing.why[0])
		walk_tell(walk, n->dir.path, n->listing.why);
	for (size_t i = 0; go_on && i < n->listing.count; i++) {
		struct entry e = listing_entry(&n->listing, i);
		if (e.kind == ENTRY_FILE)
			go_on = walk->file(walk->context, &n->dir, e.name, e.link);
		else if (e.kind == ENTRY_DIR)
			go_on = walk_visit_child(w, n, i);
		else
			walk_tell_failure(walk, n, e);
	}
	return go_on && walk->leave(walk->context, &n->dir);
}

int
walk_run(const struct walk *walk, const char *root, unsigned jobs)
{
	pthread_t threads[THREADS_MAX];
	unsigned running = 0;
	struct error reason;
	struct walker w = {.walk = walk, .ahead_max = (size_t)jobs * AHEAD_PER_JOB};
	w.root = node_root(root, &reason);
	if (!w.root) {
		walk_tell(walk, root, reason.text);
		return 1;
	}
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.work, NULL);
	pthread_cond_init(&w.listed, NULL);
	/* Fewer threads than asked for are slower, not wrong. */
	while (running + 1 < jobs && running < THREADS_MAX &&
	       pthread_create(&threads[running], NULL, walker_list_ahead, &w) == 0)
		running++;

	/* This thread visits, and lists what no other has begun: alone it does all. */
	bool finished = walk_visit(&w, w.root);

	pthread_mutex_lock(&w.lock);
	w.done = true;
	pthread_cond_broadcast(&w.work);
	pthread_mutex_unlock(&w.lock);
	while (running > 0)
		pthread_join(threads[--running], NULL);
	pthread_cond_destroy(&w.listed);
	pthread_cond_destroy(&w.work);
	pthread_mutex_destroy(&w.lock);
	node_free(w.root);
	return w.no_memory ? -1 : finished;
}
