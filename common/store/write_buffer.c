#include "store/write_buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>

bool
write_buffer_has_room(const struct write_buffer *b, size_t bytes)
{
	/* An item is in memory twice while items are sorted, or moved to a larger array. */
	return b->bytes.len + 2 * (b->count + 1) * sizeof *b->items + bytes <= b->limit;
}

int
write_buffer_add(struct write_buffer *b, const void *key, size_t key_len, const void *value,
    size_t value_len, struct error *why)
{
	/* All at once: what items point to must stay where it is. Pages that are not used cost
	 * nothing. */
	if (b->count == 0 && buf_try_reserve(&b->bytes, b->limit) != 0)
		return error_set(why, "out of memory");
	if (b->count == b->room) {
		b->room = b->room > 0 ? b->room + b->room / 2 : 1024;
		b->items = xreallocarray(b->items, b->room, sizeof *b->items);
	}
	b->items[b->count++] = (struct buffered){
	    b->bytes.data + b->bytes.len, (uint32_t)key_len, (uint32_t)value_len};
	buf_add(&b->bytes, key, key_len);
	buf_add(&b->bytes, value, value_len);
	return 0;
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
	b->count = b->bytes.len = 0;
}

void
write_buffer_free(struct write_buffer *b)
{
	free(b->items);
	buf_free(&b->bytes);
	*b = (struct write_buffer){.limit = 0};
}
