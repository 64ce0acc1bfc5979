#include "store/record_buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The temporary file is written and each run of it read in such parts. A record of a run is its
 * lengths, key and value, and a key of LMDB has at most 511 bytes. */
enum { CHUNK = 64 << 10, RECORD_MAX = BUFFERED_VALUE_MAX + 1024 };

static int
compare_items(const struct buffered *a, const struct buffered *b)
{
	return bytes_compare(a->key, a->key_len, b->key, b->key_len);
}

/* ---- in memory ---- */

bool
record_buffer_has_room(const struct record_buffer *b, size_t bytes)
{
	/* An item is in memory twice while items are sorted, or moved to a larger array. */
	size_t items = 2 * (b->items_count + 1) * sizeof *b->items;
	return b->bytes.len + items + bytes <= b->limit;
}

int
record_buffer_add(struct record_buffer *b, const void *key, size_t key_len, const void *value,
    size_t value_len, struct error *why)
{
	/* All at once: what items point to must stay where it is. Pages that are not used cost
	 * nothing. */
	if (b->items_count == 0 && buf_try_reserve(&b->bytes, b->limit) != 0)
		return error_set(why, "out of memory");
	if (b->items_count == b->items_room) {
		b->items_room = b->items_room > 0 ? b->items_room + b->items_room / 2 : 1024;
		b->items = xreallocarray(b->items, b->items_room, sizeof *b->items);
	}
	b->items[b->items_count++] = (struct buffered){
	    b->bytes.data + b->bytes.len, (uint32_t)key_len, (uint32_t)value_len};
	buf_add(&b->bytes, key, key_len);
	buf_add(&b->bytes, value, value_len);
	b->count++;
	return 0;
}

bool
record_buffer_is_sorted(const struct record_buffer *b)
{
	size_t i = 1;
	while (i < b->items_count && compare_items(&b->items[i - 1], &b->items[i]) <= 0)
		i++;
	return i >= b->items_count;
}

static int
compare_arrivals(const void *a, const void *b)
{
	const struct buffered *x = a, *y = b;
	int order = compare_items(x, y);
	return order != 0 ? order : (x->key > y->key) - (x->key < y->key);
}

static void
sort_items(struct record_buffer *b)
{
	if (b->items_count > 1)
		qsort(b->items, b->items_count, sizeof *b->items, compare_arrivals);
}

static void
clear_items(struct record_buffer *b)
{
	b->items_count = b->bytes.len = b->next = 0;
}

/* ---- runs ---- */

static int
open_file(struct record_buffer *b, const char *path)
{
	b->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return b->fd >= 0 ? unlink(path) : -1;
}

static int
write_items(const struct record_buffer *b, struct buf *chunk)
{
	for (size_t i = 0; i < b->items_count; i++) {
		const struct buffered *item = &b->items[i];
		if (chunk->len + RECORD_MAX > CHUNK) {
			if (file_write_all(b->fd, chunk->data, chunk->len) != 0)
				return -1;
			chunk->len = 0;
		}
		buf_add(chunk, &item->key_len, sizeof item->key_len);
		buf_add(chunk, &item->value_len, sizeof item->value_len);
		buf_add(chunk, item->key, item->key_len + item->value_len);
	}
	return file_write_all(b->fd, chunk->data, chunk->len);
}

int
record_buffer_spill(struct record_buffer *b, const char *path)
{
	uint64_t begin = b->runs_count > 0 ? b->runs[b->runs_count - 1].end : 0;
	if (b->runs_count == RUNS_MAX || (b->fd < 0 && open_file(b, path) != 0) ||
	    lseek(b->fd, (off_t)begin, SEEK_SET) < 0)
		return -1;
	sort_items(b);
	struct run *r = &b->runs[b->runs_count];
	r->bytes.len = r->used = 0;
	if (write_items(b, &r->bytes) != 0)
		return -1;
	r->bytes.len = 0;
	r->at = begin;
	r->end = (uint64_t)lseek(b->fd, 0, SEEK_CUR);
	b->runs_count++;
	clear_items(b);
	return 0;
}

/* Reads on, behind what is left of the bytes that were read before. */
static int
read_run(int fd, struct run *r, struct error *why)
{
	size_t left = r->bytes.len - r->used;
	buf_reserve(&r->bytes, CHUNK);
	memmove(r->bytes.data, r->bytes.data + r->used, left);
	size_t want = CHUNK - left < r->end - r->at ? CHUNK - left : (size_t)(r->end - r->at);
	ssize_t n = pread(fd, r->bytes.data + left, want, (off_t)r->at);
	if (n <= 0)
		return error_errno(why, "reading a temporary file");
	r->at += (uint64_t)n;
	r->bytes.len = left + (size_t)n;
	r->used = 0;
	return 0;
}

static int
advance_run(int fd, struct run *r, struct error *why)
{
	uint32_t len[2];
	while (r->bytes.len - r->used < RECORD_MAX && r->at < r->end) {
		if (read_run(fd, r, why) != 0)
			return -1;
	}
	r->first.key = NULL;
	if (r->used == r->bytes.len)
		return 0;
	memcpy(len, r->bytes.data + r->used, sizeof len);
	r->first = (struct buffered){r->bytes.data + r->used + sizeof len, len[0], len[1]};
	r->used += sizeof len + len[0] + len[1];
	return 0;
}

/* ---- in order ---- */

int
record_buffer_sort(struct record_buffer *b, struct error *why)
{
	b->taken = NULL;
	sort_items(b);
	for (size_t i = 0; i < b->runs_count; i++) {
		if (advance_run(b->fd, &b->runs[i], why) != 0)
			return -1;
	}
	return 0;
}

/* Behind what was handed out last. */
static int
advance(struct record_buffer *b, struct error *why)
{
	for (size_t i = 0; i < b->runs_count; i++) {
		if (b->taken == &b->runs[i].first)
			return advance_run(b->fd, &b->runs[i], why);
	}
	b->next += b->taken != NULL;
	return 0;
}

int
record_buffer_next(struct record_buffer *b, struct buffered *record, struct error *why)
{
	if (advance(b, why) != 0)
		return -1;
	b->taken = NULL;
	/* Earlier runs came first. */
	for (size_t i = 0; i < b->runs_count; i++) {
		struct buffered *item = &b->runs[i].first;
		if (item->key && (!b->taken || compare_items(item, b->taken) < 0))
			b->taken = item;
	}
	if (b->next < b->items_count &&
	    (!b->taken || compare_items(&b->items[b->next], b->taken) < 0))
		b->taken = &b->items[b->next];
	if (b->taken)
		*record = *b->taken;
	return b->taken ? 1 : 0;
}

void
record_buffer_clear(struct record_buffer *b)
{
	clear_items(b);
	b->count = b->runs_count = 0;
	/* Not needed for what follows: it gives the disk its space back. */
	if (b->fd >= 0 && ftruncate(b->fd, 0) != 0)
		return;
}

void
record_buffer_free(struct record_buffer *b)
{
	free(b->items);
	buf_free(&b->bytes);
	for (size_t i = 0; i < RUNS_MAX; i++)
		buf_free(&b->runs[i].bytes);
	if (b->fd >= 0)
		close(b->fd);
	*b = (struct record_buffer){.fd = -1};
}
