#include "scan/walk.h"

#include "base/error.h"
#include "scan/listing.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	AHEAD_PER_JOB = 16,    /* directories that wait for the visit */
	AHEAD_BYTES = 4 << 20, /* their entries; a directory that is larger waits alone */
	THREADS_MAX = 1024,
	WAIT_NS = 50000000
};

enum state { STATE_NEW, STATE_LISTING, STATE_LISTED };

/* A directory that was met and not left yet. */
struct node {
	struct directory dir;
	const struct node *parent; /* NULL: the root */
	enum state state;
	struct listing listing;
	const struct node *loop;   /* the directory that this one is once more */
	size_t index;              /* in the parent's listing */
	struct node *first, *last; /* children made ahead of the visit, in order */
	struct node *next;
	size_t made; /* entries from which children were made, if they are directories */
};

struct walker {
	const struct walk *walk;
	pthread_mutex_t lock; /* of all that follows, and of the nodes while they are no
	                       * thread's own (STATE_LISTING) */
	pthread_cond_t work, listed;
	struct node *root;
	size_t ahead, ahead_bytes; /* listed, not visited yet */
	size_t ahead_max;
	unsigned idle;             /* threads that wait for work */
	const struct node *wanted; /* what the visit waits for */
	bool done;
	bool no_memory;
};

static char *
path_join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	bool slash = dir_len == 0 || dir[dir_len - 1] != '/';
	char *path = malloc(dir_len + slash + name_len + 1);
	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + slash, name, name_len + 1);
	return path;
}

static void
node_free(struct node *n)
{
	if (!n)
		return;
	for (struct node *child = n->first, *next; child; child = next) {
		next = child->next;
		node_free(child);
	}
	listing_free(&n->listing);
	if (n->dir.met != n->dir.real)
		free(n->dir.met);
	free(n->dir.real);
	free(n->dir.path);
	free(n);
}

/* Only a way through a symbolic link can lead back. */
static const struct node *
node_find_loop(const struct node *n)
{
	if (n->dir.met == n->dir.real)
		return NULL;
	const struct node *up = n->parent;
	while (up && strcmp(up->dir.real, n->dir.real) != 0)
		up = up->parent;
	return up;
}

static struct node *
node_make_child(struct node *parent, size_t index)
{
	struct entry e = listing_entry(&parent->listing, index);
	struct node *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->index = index;
	n->parent = parent;
	n->dir.depth = parent->dir.depth + 1;
	n->dir.path = path_join(parent->dir.path, e.name);
	n->dir.real = e.link ? strdup(e.link) : path_join(parent->dir.real, e.name);
	bool linked = e.link || parent->dir.met != parent->dir.real;
	n->dir.met = linked ? path_join(parent->dir.met, e.name) : n->dir.real;
	if (!n->dir.path || !n->dir.real || !n->dir.met) {
		node_free(n);
		return NULL;
	}
	n->loop = node_find_loop(n);
	if (n->loop)
		n->state = STATE_LISTED;
	return n;
}

/* The next directory to list, in the order of the visit, making nodes as it goes. Call locked. */
static struct node *
walker_pick(struct walker *w, struct node *n)
{
	if (n->state == STATE_NEW)
		return n;
	if (n->state == STATE_LISTING)
		return NULL;
	for (struct node *child = n->first; child; child = child->next) {
		struct node *found = walker_pick(w, child);
		if (found)
			return found;
	}
	while (n->made < n->listing.count) {
		size_t index = n->made++;
		if (listing_entry(&n->listing, index).kind != ENTRY_DIR)
			continue;
		struct node *child = node_make_child(n, index);
		if (!child) {
			w->no_memory = true;
			return NULL;
		}
		if (n->last)
			n->last->next = child;
		else
			n->first = child;
		n->last = child;
		if (child->state == STATE_NEW)
			return child;
	}
	return NULL;
}

/* Lists a directory. Call locked; the lock is let go meanwhile. */
static void
walker_list(struct walker *w, struct node *n)
{
	n->state = STATE_LISTING;
	pthread_mutex_unlock(&w->lock);
	int status = listing_read(&n->listing, n->dir.path, w->walk->wanted);
	pthread_mutex_lock(&w->lock);
	n->state = STATE_LISTED;
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

/* The child of an entry, made ahead or now; it stays first in the list while it is visited, so
 * that walker_pick finds the way to what lies below it. Call locked. */
static struct node *
node_first_child(struct node *n, size_t index)
{
	if (n->first && n->first->index == index)
		return n->first;
	struct node *child = node_make_child(n, index);
	if (!child)
		return NULL;
	child->next = n->first;
	n->first = child;
	if (!n->last)
		n->last = child;
	n->made = index + 1;
	return child;
}

static void
node_drop_first_child(struct node *n)
{
	struct node *child = n->first;
	n->first = child->next;
	if (!n->first)
		n->last = NULL;
	child->next = NULL;
	node_free(child);
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
	if (n->state == STATE_NEW) {
		walker_list(w, n);
		if (w->idle > 0 && n->listing.dirs > 0)
			pthread_cond_broadcast(&w->work);
		return;
	}
	if (n->loop)
		return;
	w->wanted = n;
	while (n->state == STATE_LISTING) {
		struct timespec soon = walker_soon();
		int status = pthread_cond_timedwait(&w->listed, &w->lock, &soon);
		if (status == 0 || n->state != STATE_LISTING || !w->walk->idle)
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
	char *path = path_join(n->dir.path, e.name);
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

/* The operand as an root_absolute path with links as met; NULL where that is not simply text. */
static char *
root_absolute(const char *root)
{
	char cwd[PATH_MAX];
	if (root[0] != '/' && !getcwd(cwd, sizeof cwd))
		return NULL;
	char *path = path_join(root[0] == '/' ? "" : cwd, root);
	if (!path)
		return NULL;
	char *to = path;
	for (const char *p = path; *p;) {
		while (*p == '/')
			p++;
		size_t len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			free(path);
			return NULL;
		}
		if (len > 0 && !(len == 1 && p[0] == '.')) {
			*to++ = '/';
			memmove(to, p, len);
			to += len;
		}
		p += len;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
	return path;
}

static struct node *
root_make(const char *root, struct error *why)
{
	struct node *n = calloc(1, sizeof *n);
	if (!n) {
		error_set(why, "out of memory");
		return NULL;
	}
	n->dir.path = strdup(root);
	n->dir.real = realpath(root, NULL);
	if (!n->dir.path || !n->dir.real) {
		char reason[128];
		if (strerror_r(errno, reason, sizeof reason) != 0)
			reason[0] = '\0';
		error_set(why, "%s", reason);
		node_free(n);
		return NULL;
	}
	for (size_t len = strlen(root); len > 1 && root[len - 1] == '/'; len--)
		n->dir.path[len - 1] = '\0';
	n->dir.met = root_absolute(root);
	if (!n->dir.met || strcmp(n->dir.met, n->dir.real) == 0) {
		free(n->dir.met);
		n->dir.met = n->dir.real;
	}
	return n;
}

int
walk_run(const struct walk *walk, const char *root, unsigned jobs)
{
	pthread_t threads[THREADS_MAX];
	unsigned running = 0;
	struct error reason;
	struct walker w = {.walk = walk, .ahead_max = (size_t)jobs * AHEAD_PER_JOB};
	w.root = root_make(root, &reason);
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
