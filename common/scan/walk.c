#ifdef __linux__
#define _GNU_SOURCE /* RUSAGE_THREAD */
#endif

#include "scan/found.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/system.h"
#include "scan/listing.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	LISTED_MAX = 4 << 20,   /* bytes of directories that wait for the visit: their entries, */
	LISTED_EACH = 64 << 10, /* and this, so that they are not too many */
	THREADS_MAX = 1024,
	THREADS_DEFAULT = 32 /* at most, if no number was given */
};

/* Seconds. If none was given, a directory that takes longer adds a thread, unless its thread only
 * waited for a core: a cached one of 14 files takes 10 us, one of a cold disk or of a network some
 * ms. On 2 cores and a warm cache, 16 threads took 1.5 times as long as 1. */
#define SLOW 0.0005
#ifndef RUSAGE_THREAD
#define RUSAGE_THREAD RUSAGE_SELF
#endif

/* ---- directories that were found and not left yet, as a tree ---- */

enum node_state { NODE_NEW, NODE_LISTING, NODE_LISTED };

struct node {
	struct directory dir;
	struct node *parent; /* NULL: the root */
	enum node_state state;
	struct listing listing;
	struct node **child; /* of the entries that are directories, in order; */
	size_t left, made;   /* [left, made) exist: before them, the visit has left */
	size_t next;         /* the first entry from which no child was made yet */
	size_t visit;        /* the entry that is visited next */
};

/* Makes a node all-zero, except for the memory of its listing, up to `keep` bytes an array. */
static void
node_clear(struct node *n, size_t keep)
{
	free(n->child);
	listing_clear(&n->listing, keep);
	if (n->dir.path_as_given != n->dir.real)
		free(n->dir.path_as_given);
	free(n->dir.real);
	free(n->dir.path);
	*n = (struct node){.listing = n->listing};
}

/* A node whose listing may have memory already: one that was left, from the list `spare`, or a new
 * one: memory that one thread allocates and another frees makes them wait for each other. */
static struct node *
node_new(struct node **spare)
{
	struct node *n = *spare;
	if (!n)
		return xcalloc(1, sizeof *n);
	*spare = n->parent;
	node_clear(n, LISTED_EACH);
	return n;
}

static void
node_free(struct node *n)
{
	while (n->left < n->made)
		node_free(n->child[n->left++]);
	node_clear(n, 0);
	free(n);
}

/* Only a way through a symbolic link can lead back, and only to a directory that is open: so
 * paths are compared, and no list of inodes is kept, which grows with the tree. A directory that
 * is another one once more counts as listed, and that as its error. */
static void
node_check_loop(struct node *n)
{
	const struct node *up = n->dir.path_as_given == n->dir.real ? NULL : n->parent;
	while (up && strcmp(up->dir.real, n->dir.real) != 0)
		up = up->parent;
	if (!up)
		return;
	n->state = NODE_LISTED;
	buf_addf(
	    &n->listing.why, "symbolic link loop: leads back to %s: not followed", up->dir.path);
}

/* Makes the child of the next entry that is a directory. NULL: no entry is left. */
static struct node *
node_next_child(struct node *parent, struct node **spare)
{
	struct entry e = {.kind = ENTRY_FILE};
	while (parent->next < parent->listing.count && e.kind != ENTRY_DIR)
		e = listing_entry(&parent->listing, parent->next++);
	if (e.kind != ENTRY_DIR)
		return NULL;
	struct node *n = node_new(spare);
	n->parent = parent;
	n->dir.path = path_join(parent->dir.path, e.name);
	n->dir.real = e.link ? xstrdup(e.link) : path_join(parent->dir.real, e.name);
	n->dir.root = parent->dir.root;
	n->dir.linked = e.link || parent->dir.linked;
	bool linked = e.link || parent->dir.path_as_given != parent->dir.real;
	n->dir.path_as_given = linked ? path_join(parent->dir.path_as_given, e.name) : n->dir.real;
	node_check_loop(n);
	if (!parent->child)
		parent->child = xcalloc(parent->listing.dirs, sizeof *parent->child);
	return parent->child[parent->made++] = n;
}

/* The directory `root`, as the user calls it. NULL with the reason. */
static struct node *
node_root(const char *root, struct error *why)
{
	char *real = realpath(root, NULL);
	if (!real) {
		error_set(why, "%s", strerror(errno));
		return NULL;
	}
	struct node *n = xcalloc(1, sizeof *n);
	n->dir.path = xstrdup(root);
	n->dir.real = real;
	n->dir.root = real;
	for (size_t len = strlen(root); len > 1 && root[len - 1] == '/'; len--)
		n->dir.path[len - 1] = '\0';
	n->dir.path_as_given = path_absolute(root);
	if (!n->dir.path_as_given || strcmp(n->dir.path_as_given, real) == 0) {
		free(n->dir.path_as_given);
		n->dir.path_as_given = real;
	}
	return n;
}

/* ---- threads that list ahead ---- */

struct walk {
	struct node *at; /* where the visit is */
	char *path;      /* of a problem */

	pthread_mutex_t lock; /* of all that follows, and of the nodes while they are no
	                       * thread's own (NODE_LISTING) */
	pthread_cond_t work, listed;
	struct node *root;
	struct node *spare;  /* nodes that were left */
	size_t listed_bytes; /* of directories that wait for the visit */
	bool done;
	unsigned threads, threads_max;
	pthread_t thread[THREADS_MAX];
};

/* Takes the lock, which is held for about a microsecond: to sleep for it would take 50. */
static void
walk_lock(struct walk *w)
{
	int tries = 1000;
	while (tries > 0 && pthread_mutex_trylock(&w->lock) != 0)
		tries--;
	if (tries == 0)
		pthread_mutex_lock(&w->lock);
}

/* The next directory to list, in the order of the visit, making nodes as it goes. Call locked. */
static struct node *
walk_pick(struct node *n, struct node **spare)
{
	if (n->state == NODE_NEW)
		return n;
	if (n->state == NODE_LISTING)
		return NULL;
	struct node *found = NULL, *child;
	for (size_t i = n->left; i < n->made && !found; i++)
		found = walk_pick(n->child[i], spare);
	while (!found && (child = node_next_child(n, spare)) != NULL)
		found = child->state == NODE_NEW ? child : NULL;
	return found;
}

/* The same, or NULL if enough directories wait for the visit. Call locked. */
static struct node *
walk_pick_ahead(struct walk *w)
{
	return w->listed_bytes >= LISTED_MAX ? NULL : walk_pick(w->root, &w->spare);
}

/* Lists a directory. Call locked; the lock is released meanwhile. */
static void
walk_list(struct walk *w, struct node *n)
{
	n->state = NODE_LISTING;
	pthread_mutex_unlock(&w->lock);
	listing_read(&n->listing, n->dir.path);
	n->listing.bytes += LISTED_EACH;
	walk_lock(w);
	n->state = NODE_LISTED;
	w->listed_bytes += n->listing.bytes;
	pthread_cond_signal(&w->listed);
	if (n->listing.dirs > 0)
		pthread_cond_signal(&w->work);
}

static void *walk_list_ahead(void *context);

/* Fewer threads than wanted are slower, not wrong. */
static void
walk_add_threads(struct walk *w, unsigned wanted)
{
	while (w->threads < wanted && w->threads < w->threads_max &&
	       pthread_create(&w->thread[w->threads], NULL, walk_list_ahead, w) == 0)
		w->threads++;
}

static void *
walk_list_ahead(void *context)
{
	struct walk *w = context;
	walk_lock(w);
	while (!w->done) {
		struct node *n = walk_pick_ahead(w);
		if (!n) {
			pthread_cond_wait(&w->work, &w->lock);
			continue;
		}
		struct rusage before = {0}, after = {0};
		double begun = clock_seconds();
		getrusage(RUSAGE_THREAD, &before);
		walk_list(w, n);
		if (clock_seconds() - begun <= SLOW || w->done)
			continue;
		getrusage(RUSAGE_THREAD, &after);
		if (after.ru_nvcsw > before.ru_nvcsw)
			walk_add_threads(w, w->threads + 1);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Sees to it that the directory that is visited is listed. Call locked. If another thread lists
 * that one, the next one is listed meanwhile: to sleep and be woken costs more. */
static void
walk_need_listing(struct walk *w, struct node *n)
{
	while (n->state != NODE_LISTED) {
		struct node *next = n->state == NODE_NEW ? n : walk_pick_ahead(w);
		if (next)
			walk_list(w, next);
		else
			pthread_cond_wait(&w->listed, &w->lock);
	}
	w->listed_bytes -= n->listing.bytes;
	/* Not for each one: waking a thread costs as much as listing. */
	if (w->listed_bytes <= LISTED_MAX / 2)
		pthread_cond_signal(&w->work);
}

/* ---- the visit ---- */

static enum found_what
walk_problem(struct walk *w, char *path, const char *why, struct found *f)
{
	free(w->path);
	w->path = path;
	f->path = path;
	f->why = why;
	return FOUND_PROBLEM;
}

/* Goes from a directory that was visited to its parent. */
static void
walk_leave(struct walk *w)
{
	struct node *n = w->at;
	w->at = n->parent;
	if (!w->at)
		return;
	walk_lock(w);
	w->at->left++;
	n->parent = w->spare;
	w->spare = n;
	pthread_mutex_unlock(&w->lock);
}

/* Goes into the directory that the current entry is, for which there may be a child already. It
 * exists until it was left, so that walk_pick finds the way to what lies below it. */
static void
walk_descend(struct walk *w)
{
	struct node *n = w->at;
	walk_lock(w);
	if (n->left == n->made)
		node_next_child(n, &w->spare);
	w->at = n->child[n->left];
	walk_need_listing(w, w->at);
	pthread_mutex_unlock(&w->lock);
}

enum found_what
walk_next(struct walk *w, struct found *f)
{
	*f = (struct found){0};
	while (w->at) {
		struct node *n = w->at;
		if (n->listing.why.len > 0) {
			n->listing.why.len = 0;
			return walk_problem(w, xstrdup(n->dir.path), n->listing.why.data, f);
		}
		f->dir = &n->dir;
		if (n->visit == n->listing.count) {
			walk_leave(w);
			return FOUND_STEP;
		}
		struct entry e = listing_entry(&n->listing, n->visit++);
		f->name = e.name;
		f->real = e.link;
		if (e.kind == ENTRY_FILE)
			return FOUND_FILE;
		if (e.kind == ENTRY_FAILED)
			return walk_problem(w, path_join(n->dir.path, e.name), e.why, f);
		walk_descend(w);
	}
	return FOUND_END;
}

struct walk *
walk_new(const char *root, unsigned jobs, struct error *why)
{
	struct node *n = node_root(root, why);
	if (!n)
		return NULL;
	struct walk *w = xcalloc(1, sizeof *w);
	w->root = w->at = n;
	uint64_t cores = limits_of_process().cores;
	unsigned threads = jobs == 0 ? cores > 1 ? (unsigned)cores - 1 : 1 : jobs - 1;
	w->threads_max = jobs == 0               ? THREADS_DEFAULT
	                 : threads < THREADS_MAX ? threads
	                                         : THREADS_MAX;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->listed, NULL);
	walk_lock(w);
	walk_add_threads(w, threads);
	walk_need_listing(w, n);
	pthread_mutex_unlock(&w->lock);
	return w;
}

void
walk_free(struct walk *w)
{
	if (!w)
		return;
	walk_lock(w);
	w->done = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	while (w->threads > 0)
		pthread_join(w->thread[--w->threads], NULL);
	pthread_cond_destroy(&w->listed);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	while (w->spare)
		node_free(node_new(&w->spare));
	node_free(w->root);
	free(w->path);
	free(w);
}
