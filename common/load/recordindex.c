#include "load/recordindex.h"

#include "base/buf.h"
#include "stream/record.h"
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
	size_t key; /* in `keys` */
	size_t key_len;
	uint64_t at, len; /* of the value, in the file */
};

struct record_index {
	int fd;
	struct buf keys, entries, value;
	size_t count;
};

static struct entry *
entries_of(const struct record_index *x)
{
	return (struct entry *)(void *)x->entries.data;
}

static int
compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* qsort has no context of its own, and an index is made one at a time. */
static const char *sorted_keys;

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_bytes(
	    sorted_keys + x->key, x->key_len, sorted_keys + y->key, y->key_len);
	/* By place next: qsort is not stable, and of a key that comes twice the first is to be
	 * kept. */
	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void
sort_entries(struct record_index *x)
{
	struct entry *e = entries_of(x);
	size_t kept = 0;
	sorted_keys = x->keys.data;
	if (x->count > 1)
		qsort(e, x->count, sizeof *e, compare_entries);
	for (size_t i = 0; i < x->count; i++) {
		if (kept == 0 || compare_bytes(sorted_keys + e[i].key, e[i].key_len,
		                     sorted_keys + e[kept - 1].key, e[kept - 1].key_len) != 0)
			e[kept++] = e[i];
	}
	x->count = kept;
}

static int
read_keys(struct record_index *x, struct source *source, struct error *why)
{
	struct record_reader reader;
	struct record rec;
	enum record_status status;
	record_reader_start(&reader, source);
	while ((status = record_next(&reader, &rec, why)) == RECORD_OK) {
		/* Places and not pointers: the buffers move as they grow. */
		struct entry e = {x->keys.len, rec.key_len, source_offset(source), rec.data_len};
		if (buf_add(&x->keys, rec.key, rec.key_len) != 0 ||
		    buf_add(&x->entries, &e, sizeof e) != 0)
			return error_set(why, "out of memory");
		x->count++;
		if (record_skip(&reader, why) != RECORD_OK)
			return -1;
	}
	return status == RECORD_END ? 0 : -1;
}

int
record_index_open(const char *path, struct record_index **out, struct error *why)
{
	struct record_index *x = calloc(1, sizeof *x);
	struct source source;
	struct stat st;
	*out = x;
	if (!x)
		return error_set(why, "out of memory");
	x->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (x->fd < 0)
		return error_errno(why, "can't be opened");
	/* Values are read where they lie, in any order: a pipe gives each byte once. */
	if (fstat(x->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(why, "it is no regular file");
	int status = source_start(&source, x->fd) != 0 ? error_set(why, "out of memory")
	                                               : read_keys(x, &source, why);
	source_free(&source);
	if (status == 0)
		sort_entries(x);
	return status;
}

size_t
record_index_count(const struct record_index *x)
{
	return x->count;
}

const char *
record_index_key(const struct record_index *x, size_t at, size_t *len)
{
	const struct entry *e = entries_of(x) + at;
	*len = e->key_len;
	return x->keys.data + e->key;
}

int64_t
record_index_find(const struct record_index *x, const void *key, size_t key_len)
{
	size_t low = 0, high = x->count;
	while (low < high) {
		size_t len, middle = low + (high - low) / 2;
		const char *there = record_index_key(x, middle, &len);
		int order = compare_bytes(there, len, key, key_len);
		if (order == 0)
			return (int64_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int
record_index_value(
    struct record_index *x, size_t at, const void **value, size_t *len, struct error *why)
{
	const struct entry *e = entries_of(x) + at;
	x->value.len = 0;
	if (e->len >= SIZE_MAX / 2 || buf_try_reserve(&x->value, (size_t)e->len + 1) != 0)
		return error_set(why, "out of memory");
	while (x->value.len < e->len) {
		ssize_t n = pread(x->fd, x->value.data + x->value.len,
		    (size_t)e->len - x->value.len, (off_t)(e->at + x->value.len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(why, "reading");
		if (n == 0)
			return error_set(why, "the file was cut off while it was read");
		x->value.len += (size_t)n;
	}
	*value = x->value.data;
	*len = x->value.len;
	return 0;
}

void
record_index_close(struct record_index *x)
{
	if (!x)
		return;
	if (x->fd >= 0)
		close(x->fd);
	buf_free(&x->keys);
	buf_free(&x->entries);
	buf_free(&x->value);
	free(x);
}
