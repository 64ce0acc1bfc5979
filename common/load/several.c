#include "load/several.h"

#include "load/recordindex.h"
#include "store/paths.h"
#include "stream/detect_format.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of them, and its record at hand for several_next. */
struct part {
	const char *path;
	struct store *store;        /* or */
	struct record_index *index; /* a record file */
	size_t next;                /* of the index */
	bool here, ended;
	const void *key, *value;
	size_t key_len, value_len;
};

struct several {
	struct part *parts;
	size_t count, failed;
	bool started;
	uint64_t differ;
	const char *one, *other;
};

bool
several_knows(const char *path)
{
	char bytes[FORMAT_BYTES];
	struct store_paths p = {0};
	struct stat st;
	bool known = false;
	if (stat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		known = store_paths_make(&p, path, false) == 0 && stat(p.data, &st) == 0;
		store_paths_free(&p);
		return known;
	}
	int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
	/* One byte is enough for records: what is damaged behind it is told by who reads it, as a
	 * file of records and not as a key that was not found. */
	if (n > 0)
		known = *bytes == '+' || *bytes == '\n' ||
		        detect_format(bytes, (size_t)n) == FORMAT_LMDB;
	if (fd >= 0)
		close(fd);
	return known;
}

struct several *
several_new(void)
{
	return calloc(1, sizeof(struct several));
}

int
several_add(struct several *s, const char *path, struct store *store, struct error *why)
{
	struct part *parts = realloc(s->parts, (s->count + 1) * sizeof *parts);
	if (!parts) {
		store_close(store);
		return error_set(why, "out of memory");
	}
	s->parts = parts;
	/* Set before each step that may fail, for several_path: a reason names the place it is
	 * about. */
	s->failed = s->count;
	struct part *p = &parts[s->count++];
	*p = (struct part){.path = path, .store = store};
	return store ? 0 : record_index_open(path, &p->index, why);
}

const char *
several_path(const struct several *s)
{
	return s->parts[s->failed].path;
}

uint64_t
several_count(const struct several *s)
{
	uint64_t count = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct part *p = &s->parts[i];
		count += p->store ? store_count(p->store) : record_index_count(p->index);
	}
	return count;
}

/* ---- one key ---- */

/* With `value` NULL only whether it is there. */
static int
part_find(struct part *p, const void *key, size_t key_len, const void **value, size_t *value_len,
    struct error *why)
{
	if (p->store && !value)
		return store_has(p->store, key, key_len, why);
	if (p->store)
		return store_get(p->store, key, key_len, value, value_len, why);
	int64_t at = record_index_find(p->index, key, key_len);
	if (at < 0 || !value)
		return at >= 0;
	return record_index_value(p->index, (size_t)at, value, value_len, why) == 0 ? 1 : -1;
}

int
several_get(struct several *s, const void *key, size_t key_len, const void **value,
    size_t *value_len, struct error *why)
{
	int got = 0;
	/* In the order given, and no further than the first that has it: a failure ends it as
	 * well, since a later part might hold another value. */
	for (size_t i = 0; i < s->count && got == 0; i++) {
		s->failed = i;
		got = part_find(&s->parts[i], key, key_len, value, value_len, why);
	}
	return got;
}

int
several_has(struct several *s, const void *key, size_t key_len, struct error *why)
{
	return several_get(s, key, key_len, NULL, NULL, why);
}

/* ---- all keys ---- */

/* Makes the next record of a part the one at hand. */
static int
part_next(struct part *p, bool read, struct error *why)
{
	int got = 1;
	p->here = false;
	if (p->store) {
		got = store_next(
		    p->store, &p->key, &p->key_len, read ? &p->value : NULL, &p->value_len, why);
	} else if (p->next == record_index_count(p->index)) {
		got = 0;
	} else {
		p->key = record_index_key(p->index, p->next, &p->key_len);
		if (read &&
		    record_index_value(p->index, p->next, &p->value, &p->value_len, why) != 0)
			got = -1;
		p->next++;
	}
	p->here = got > 0;
	p->ended = got == 0;
	return got;
}

static int
compare_parts(const struct part *a, const struct part *b)
{
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(a->key, b->key, len);
	return order != 0 ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

int
several_next(struct several *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	/* A merge: all parts are sorted alike, so the least of their records at hand is the next
	 * of all. Parts are few, and looked at one by one. */
	struct part *least = NULL;
	for (size_t i = 0; i < s->count; i++) {
		struct part *p = &s->parts[i];
		s->failed = i;
		if (!p->here && !p->ended && part_next(p, value != NULL, why) < 0)
			return -1;
		/* Less, not equal: of one key in several parts the first part given is taken. */
		if (p->here && (!least || compare_parts(p, least) < 0))
			least = p;
	}
	if (!least)
		return 0;
	for (size_t i = 0; i < s->count; i++) {
		struct part *p = &s->parts[i];
		if (p == least || !p->here || compare_parts(p, least) != 0)
			continue;
		p->here = false;
		if (value && (p->value_len != least->value_len ||
		                 memcmp(p->value, least->value, p->value_len) != 0)) {
			/* Counted and not an error: which value counts is promised, and the
			 * caller says what it means. */
			s->differ++;
			s->one = least->path;
			s->other = p->path;
		}
	}
	*key = least->key;
	*key_len = least->key_len;
	*value_len = least->value_len;
	if (value)
		*value = least->value;
	least->here = false; /* it lives until the next call */
	return 1;
}

uint64_t
several_differ(const struct several *s, const char **one, const char **other)
{
	*one = s->one;
	*other = s->other;
	return s->differ;
}

void
several_close(struct several *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		store_close(s->parts[i].store);
		record_index_close(s->parts[i].index);
	}
	free(s->parts);
	free(s);
}
