#include "archive/held.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Places are allocated one by one, so that a thread may look at its own while another makes the array of
 * them longer. */
struct held_place {
	char *data;
	size_t size, capacity;
	uint64_t path; /* its hash, 0: there is no file */
	size_t next;   /* free place, as a number from 1 */
};

struct held {
	pthread_mutex_t lock;
	struct held_place **place;
	size_t count, capacity;
	size_t
	    free; /* place, as a number from 1: the one that was let go last, which is still in the
	              * processor's cache */
};

struct held *
held_new(void)
{
	struct held *h = calloc(1, sizeof *h);
	if (h)
		pthread_mutex_init(&h->lock, NULL);
	return h;
}

void
held_free(struct held *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++) {
		free(h->place[i]->data);
		free(h->place[i]);
	}
	free(h->place);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static int
held_grow(struct held *h)
{
	if (h->count == h->capacity) {
		size_t capacity = h->capacity ? 2 * h->capacity : 64;
		struct held_place **place = realloc(
		    h->place, capacity * sizeof(struct held_place *));
		if (!place)
			return -1;
		h->place = place;
		h->capacity = capacity;
	}
	h->place[h->count] = calloc(1, sizeof(struct held_place));
	if (!h->place[h->count])
		return -1;
	h->free = ++h->count;
	return 0;
}

int
held_place(struct held *h, uint64_t *where)
{
	pthread_mutex_lock(&h->lock);
	int status = h->free == 0 ? held_grow(h) : 0;
	if (status == 0) {
		struct held_place *p = h->place[h->free - 1];
		*where = h->free - 1;
		h->free = p->next;
		p->next = 0;
		p->path = 0;
	}
	pthread_mutex_unlock(&h->lock);
	return status;
}

static struct held_place *
held_at(struct held *h, uint64_t where)
{
	pthread_mutex_lock(&h->lock);
	struct held_place *p = h->place[where];
	pthread_mutex_unlock(&h->lock);
	return p;
}

void *
held_room(struct held *h, uint64_t where, size_t size, const char *path)
{
	struct held_place *p = held_at(h, where);
	if (size >= p->capacity) { /* one byte more: an empty file, too, has an address */
		free(p->data);
		p->data = malloc(size + 1);
		p->capacity = p->data ? size + 1 : 0;
		if (!p->data)
			return NULL;
	}
	p->size = size;
	p->path = hash_bytes(path, strlen(path));
	return p->data;
}

const void *
held_file(struct held *h, uint64_t where, size_t *size)
{
	const struct held_place *p = held_at(h, where);
	*size = p->size;
	return p->path != 0 ? p->data : NULL;
}

bool
held_find(struct held *h, const char *path, uint64_t *where)
{
	uint64_t hash = hash_bytes(path, strlen(path));
	size_t i = 0;
	pthread_mutex_lock(&h->lock);
	/* Links are rare, and few files are held. */
	while (i < h->count && h->place[i]->path != hash)
		i++;
	bool found = i < h->count;
	pthread_mutex_unlock(&h->lock);
	*where = i;
	return found;
}

void
held_hide(struct held *h, uint64_t where)
{
	pthread_mutex_lock(&h->lock);
	/* Its bytes stay for whoever packs them, but no link may find a file that is soon let
	 * go. */
	h->place[where]->path = 0;
	pthread_mutex_unlock(&h->lock);
}

void
held_let_go(struct held *h, uint64_t where)
{
	pthread_mutex_lock(&h->lock);
	struct held_place *p = h->place[where];
	p->path = 0;
	/* The memory stays with the place, for the next file. */
	p->next = h->free;
	h->free = (size_t)where + 1;
	pthread_mutex_unlock(&h->lock);
}
