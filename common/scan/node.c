#include "scan/node.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
node_path(const char *dir, const char *name)
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

void
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

/* Only a way through a symbolic link can lead back, and only to a directory that is open: so paths are
 * compared, and no list of inodes is kept, which grows with the tree. */
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
	n->dir.path = node_path(parent->dir.path, e.name);
	n->dir.real = e.link ? strdup(e.link) : node_path(parent->dir.real, e.name);
	bool linked = e.link || parent->dir.met != parent->dir.real;
	n->dir.met = linked ? node_path(parent->dir.met, e.name) : n->dir.real;
	if (!n->dir.path || !n->dir.real || !n->dir.met) {
		node_free(n);
		return NULL;
	}
	n->loop = node_find_loop(n);
	if (n->loop)
		n->state = NODE_LISTED;
	return n;
}

struct node *
node_next_child(struct node *n, bool *no_memory)
{
	while (n->made < n->listing.count) {
		size_t index = n->made++;
		if (listing_entry(&n->listing, index).kind != ENTRY_DIR)
			continue;
		struct node *child = node_make_child(n, index);
		if (!child) {
			*no_memory = true;
			return NULL;
		}
		if (n->last)
			n->last->next = child;
		else
			n->first = child;
		n->last = child;
		return child;
	}
	return NULL;
}

struct node *
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

void
node_drop_first_child(struct node *n)
{
	struct node *child = n->first;
	n->first = child->next;
	if (!n->first)
		n->last = NULL;
	child->next = NULL;
	node_free(child);
}

/* ---- the root ---- */

/* The operand as an absolute path with links as met; NULL where that is not simply text: behind a link
 * ".." leads to its target's parent, which only the file system knows. */
static char *
node_absolute(const char *root)
{
	char cwd[PATH_MAX];
	if (root[0] != '/' && !getcwd(cwd, sizeof cwd))
		return NULL;
	char *path = node_path(root[0] == '/' ? "" : cwd, root);
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

struct node *
node_root(const char *root, struct error *why)
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
	n->dir.met = node_absolute(root);
	if (!n->dir.met || strcmp(n->dir.met, n->dir.real) == 0) {
		free(n->dir.met);
		n->dir.met = n->dir.real;
	}
	return n;
}
