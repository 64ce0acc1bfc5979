#include "load/compare.h"

#include "base/system.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* With the pages of the map (store/reader.c) it stays within the 64 MiB that are promised. A larger
 * value lies in pages of its own, beside which the tree's do not count. */
enum { GATHER_MOST = 8 << 20, SMALL_VALUE = 16 << 10 };
#define WAIT_MOST 1.0 /* seconds: a difference is what somebody waits for */

void
compare_start(struct compare *c)
{
	gather_start(&c->gather, GATHER_MOST);
	c->last = (struct buf){0};
	c->since = 0;
}

void
compare_free(struct compare *c)
{
	gather_free(&c->gather);
	buf_free(&c->last);
}

/* Returns 1 if they are identical, 0 if not, -1 with the reason. */
static int
compare_one(struct compare *c, const char *key, size_t key_len, const void *value, size_t len,
    const void **stored, size_t *stored_len, struct error *why)
{
	*stored = NULL;
	*stored_len = 0;
	int got = store_get(c->store, key, key_len, stored, stored_len, why);
	if (got < 0)
		return error_prefix(why, "%.*s", (int)key_len, key);
	return got > 0 && *stored_len == len && memcmp(*stored, value, len) == 0;
}

static int
compare_and_tell(struct compare *c, const char *key, size_t key_len, const void *value, size_t len,
    struct error *why)
{
	const void *stored;
	size_t stored_len;
	int same = compare_one(c, key, key_len, value, len, &stored, &stored_len, why);
	if (same == 0)
		c->other(c->context, key, key_len, value, len, stored, stored_len);
	c->identical += same > 0;
	return same < 0 ? -1 : 0;
}

/* Those that came first lie first. */
static int
compare_coming(const void *a, const void *b)
{
	const struct gathered *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

int
compare_flush(struct compare *c, struct error *why)
{
	struct gather *g = &c->gather;
	size_t others = 0;
	int status = 0;
	gather_sort(g);
	/* Those that are not identical move to the front, and are looked up again to be told: few
	 * are. */
	for (size_t i = 0; i < g->count && status == 0; i++) {
		const void *stored;
		size_t stored_len;
		int same = compare_one(c, gather_key(g, i), g->items[i].key_len, gather_value(g, i),
		    g->items[i].value_len, &stored, &stored_len, why);
		c->identical += same > 0;
		if (same == 0)
			g->items[others++] = g->items[i];
		status = same < 0 ? -1 : 0;
	}
	/* Keys are looked up in their order, but told in that of the input: what is printed does
	 * not depend on how many were gathered. */
	if (others > 1)
		qsort(g->items, others, sizeof *g->items, compare_coming);
	for (size_t i = 0; i < others && status == 0; i++)
		status = compare_and_tell(c, gather_key(g, i), g->items[i].key_len,
		    gather_value(g, i), g->items[i].value_len, why);
	gather_clear(g);
	return status;
}

/* Whether the key comes after the one before. Without memory for that, none does. */
static bool
compare_in_order(struct compare *c, const char *key, size_t key_len)
{
	size_t len = c->last.len < key_len ? c->last.len : key_len;
	int order = len > 0 ? memcmp(key, c->last.data, len) : 0;
	bool after = order > 0 || (order == 0 && key_len > c->last.len);
	c->last.len = 0;
	if (buf_add(&c->last, key, key_len) != 0)
		c->last.len = 0;
	return after;
}

int
compare_add(struct compare *c, const char *key, size_t key_len, const void *value, size_t len,
    struct error *why)
{
	struct gather *g = &c->gather;
	bool in_order = compare_in_order(c, key, key_len);
	/* Input in order gains nothing by waiting, and is told at once. Once some wait, those
	 * behind them do too: told before them, they would be out of order. */
	bool waits = (!in_order || g->count > 0) && len <= SMALL_VALUE;
	/* A value that can't wait sends the others before it, for the same reason. */
	bool full = g->count > 0 && (!waits || !gather_has_room(g, key_len, len) ||
	                                clock_seconds() - c->since >= WAIT_MOST);
	if (full && compare_flush(c, why) != 0)
		return -1;
	if (!waits)
		return compare_and_tell(c, key, key_len, value, len, why);
	if (g->count == 0)
		c->since = clock_seconds();
	char *to = gather_add(g, key, key_len, len);
	if (!to)
		return error_set(why, "out of memory");
	memcpy(to, value, len);
	return 0;
}
