#include "store/write_buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

void
write_buffer_start(struct write_buffer *b, size_t limit)
{
	*b = (struct write_buffer){.limit = limit};
}

bool
write_buffer_has_room(const struct write_buffer *b, size_t key_len, uint64_t value_len, bool empty)
{
	size_t left = b->limit - (empty ? 0 : b->used);
	return value_len <= left && key_len <= left - (size_t)value_len;
}

char *
write_buffer_add(struct write_buffer *b, const void *key, size_t key_len, size_t value_len)
{
	/* All at once: what was handed out must stay where it is. Pages that are not used cost
	 * nothing. */
	if (!b->bytes)
		b->bytes = xmalloc(b->limit);
	if (b->count == b->room) {
		b->room = b->room > 0 ? b->room + b->room / 2 : 1024;
		b->items = xreallocarray(b->items, b->room, sizeof *b->items);
	}
	b->items[b->count++] = (struct buffered){b->used, (uint32_t)key_len, (uint32_t)value_len};
	memcpy(b->bytes + b->used, key, key_len);
	char *value = b->bytes + b->used + key_len;
	b->used += key_len + value_len;
	return value;
}

void
write_buffer_undo(struct write_buffer *b)
{
	b->used = b->items[--b->count].at;
}

/* qsort has no context of its own, and a load is one at a time. */
static const char *sorted_bytes;

static int
compare_items(const void *a, const void *b)
{
	const struct buffered *x = a, *y = b;
	int order = bytes_compare(
	    sorted_bytes + x->at, x->key_len, sorted_bytes + y->at, y->key_len);
	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

void
write_buffer_sort(struct write_buffer *b)
{
	sorted_bytes = b->bytes;
	if (b->count > 1)
		qsort(b->items, b->count, sizeof *b->items, compare_items);
}

const char *
write_buffer_key(const struct write_buffer *b, size_t i)
{
	return b->bytes + b->items[i].at;
}

const char *
write_buffer_value(const struct write_buffer *b, size_t i)
{
	return b->bytes + b->items[i].at + b->items[i].key_len;
}

void
write_buffer_clear(struct write_buffer *b)
{
	b->count = b->used = 0;
}

void
write_buffer_free(struct write_buffer *b)
{
	free(b->items);
	free(b->bytes);
	*b = (struct write_buffer){.limit = 0};
}
