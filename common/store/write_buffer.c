#include "store/write_buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

bool
write_buffer_has_room(const struct write_buffer *b, size_t key_len, uint64_t value_len)
{
	/* An item is in memory twice while items are sorted, or moved to a larger array. */
	uint64_t used = b->used + 2 * (b->count + 1) * sizeof *b->items + key_len;
	return b->count == 0 || (used <= b->limit && value_len <= b->limit - used);
}

void *
write_buffer_add(struct write_buffer *b, const void *key, size_t key_len, uint64_t value_len)
{
	/* All at once: what was handed out must stay where it is. Pages that are not used cost
	 * nothing. */
	if (b->count == 0 &&
	    buf_try_reserve(
	        &b->bytes, value_len > b->limit ? (size_t)value_len + key_len : b->limit) != 0)
		return NULL;
	if (b->count == b->room) {
		b->room = b->room > 0 ? b->room + b->room / 2 : 1024;
		b->items = xreallocarray(b->items, b->room, sizeof *b->items);
	}
	struct buffered *item = &b->items[b->count++];
	*item = (struct buffered){b->bytes.data + b->used, (uint32_t)key_len, (uint32_t)value_len};
	memcpy(item->key, key, key_len);
	b->used += key_len + (size_t)value_len;
	return item->key + key_len;
}

void
write_buffer_undo(struct write_buffer *b)
{
	b->used = (size_t)(b->items[--b->count].key - b->bytes.data);
}

static int
compare_items(const void *a, const void *b)
{
	const struct buffered *x = a, *y = b;
	int order = bytes_compare(x->key, x->key_len, y->key, y->key_len);
	return order != 0 ? order : (x->key > y->key) - (x->key < y->key);
}

void
write_buffer_sort(struct write_buffer *b)
{
	if (b->count > 1)
		qsort(b->items, b->count, sizeof *b->items, compare_items);
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
	buf_free(&b->bytes);
	*b = (struct write_buffer){.limit = 0};
}
