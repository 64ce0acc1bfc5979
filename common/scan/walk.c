#include "scan/found.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/system.h"
#include "scan/listing.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	LISTED_MAX = 4 << 20,   /* bytes of directories that wait for the visit: their entries, */
	LISTED_EACH = 64 << 10, /* and this, so that they are not too many */
	THREADS_MAX = 1024,
	THREADS_DEFAULT = 32 /* at most, if no number was given */
};

/* Seconds. If none was given, a directory that takes longer adds a thread: a cached one of 14 files
 * takes 20 us, one of a cold disk or of a network some ms. On 2 cores and a warm cache, 32 threads
 * from the beginning took 1.5 times as long as 1. */
#define SLOW 0.0005

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

static void
node_free(struct node *n)
{
	while (n->left < n->made)
		node_free(n->child[n->left++]);
	free(n->child);
	listing_free(&n->listing);
	if (n->dir.path_as_given != n->dir.real)
		free(n->dir.path_as_given);
	free(n->dir.real);
	free(n->dir.path);
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
node_next_child(struct node *parent)
{
	struct entry e = {.kind = ENTRY_FILE};
	while (parent->next < parent->listing.count && e.kind != ENTRY_DIR)
		e = listing_entry(&parent->listing, parent->next++);
	if (e.kind != ENTRY_DIR)
		return NULL;
	struct node *n = xcalloc(1, sizeof *n);
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
	size_t listed_bytes; /* of directories that wait for the visit */
	bool done;
	unsigned threads, threads_max;
	pthread_t thread[THREADS_MAX];
};

/* The next directory to list, in the order of the visit, making nodes as it goes. Call locked. */
static struct node *
walk_pick(struct node *n)
{
	if (n->state == NODE_NEW)
		return n;
	if (n->state == NODE_LISTING)
		return NULL;
	struct node *found = NULL;
	for (size_t i = n->left; i < n->made && !found; i++)
		found = walk_pick(n->child[i]);
	struct node *child;
	while (!found && (child = node_next_child(n)) != NULL)
		found = child->state == NODE_NEW ? child : NULL;
	return found;
}

/* Lists a directory. Call locked; the lock is released meanwhile. */
static void
walk_list(struct walk *w, struct node *n)
{
	n->state = NODE_LISTING;
	pthread_mutex_unlock(&w->lock);
	listing_read(&n->listing, n->dir.path);
	n->listing.bytes += LISTED_EACH;
	pthread_mutex_lock(&w->lock);
	n->state = NODE_LISTED;
	w->listed_bytes += n->listing.bytes;
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
	pthread_mutex_lock(&w->lock);
	while (!w->done) {
		struct node *n = w->listed_bytes >= LISTED_MAX ? NULL : walk_pick(w->root);
		if (!n) {
			pthread_cond_wait(&w->work, &w->lock);
			continue;
		}
		double begun = clock_seconds();
		walk_list(w, n);
		if (clock_seconds() - begun > SLOW && !w->done)
			walk_add_threads(w, w->threads + 1);
		pthread_cond_signal(&w->listed);
		if (n->listing.dirs > 0)
			pthread_cond_signal(&w->work);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Sees to it that the directory that is visited is listed. Call locked. */
static void
walk_need_listing(struct walk *w, struct node *n)
{
	if (n->state == NODE_NEW) {
		walk_list(w, n);
		pthread_cond_broadcast(&w->work);
	}
	while (n->state == NODE_LISTING)
		pthread_cond_wait(&w->listed, &w->lock);
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
	w->at = w->at->parent;
	if (!w->at)
		return;
	pthread_mutex_lock(&w->lock);
	node_free(w->at->child[w->at->left++]);
	pthread_mutex_unlock(&w->lock);
}

/* Goes into the directory that the current entry is, for which there may be a child already. It
 * exists until it was left, so that walk_pick finds the way to what lies below it. */
static void
walk_descend(struct walk *w)
{
	struct node *n = w->at;
	pthread_mutex_lock(&w->lock);
	if (n->left == n->made)
		node_next_child(n);
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
	/* With one job the calling thread lists, too; with more it only visits, mostly. */
	uint64_t cores = limits_of_process().cores;
	unsigned idle = cores > 1 ? (unsigned)cores - 1 : 1;
	unsigned threads = jobs == 0 ? idle : jobs == 1 ? 0 : jobs;
	w->threads_max = jobs == 0 ? THREADS_DEFAULT : jobs < THREADS_MAX ? jobs : THREADS_MAX;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->listed, NULL);
	pthread_mutex_lock(&w->lock);
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
	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	while (w->threads > 0)
		pthread_join(w->thread[--w->threads], NULL);
	pthread_cond_destroy(&w->listed);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	node_free(w->root);
	free(w->path);
	free(w);
}
