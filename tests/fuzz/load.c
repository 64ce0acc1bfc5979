/*
 * The loader's whole input path: a record stream into a fresh database, fuzz-db in the working
 * directory, then once more with -s. Whatever the input, the database holds the records that came
 * before the first fault, and nothing else. The input's size chooses -f, -s and the batch.
 */

#define main load_main /* the command itself, all but its options */
#include "../../cmd/rsenc-load.c"
#undef main

#include "fuzz.h"
#include "store/reader.h"
#include "strict.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char db[] = "fuzz-db";

/* One record that ought to be stored; bytes are the input's. */
struct wanted {
	const uint8_t *key, *value;
	size_t key_len, value_len;
};

static size_t
take_length(const uint8_t *data, size_t size, size_t *at, char end)
{
	size_t n = 0, start = *at;
	while (*at < size && data[*at] >= '0' && data[*at] <= '9' && n < size)
		n = n * 10 + (size_t)(data[(*at)++] - '0');
	bool fine = *at > start && *at < size && data[*at] == (uint8_t)end && n < size &&
	            (data[start] != '0' || *at == start + 1);
	++*at;
	return fine ? n : SIZE_MAX;
}

/* The record at *at, which moves behind it. */
static bool
take_record(const uint8_t *data, size_t size, size_t *at, struct wanted *w)
{
	if (*at >= size || data[(*at)++] != '+')
		return false;
	w->key_len = take_length(data, size, at, ',');
	w->value_len = w->key_len <= size ? take_length(data, size, at, ':') : SIZE_MAX;
	if (w->key_len < 1 || w->key_len > 511 || w->value_len > size ||
	    size - *at < w->key_len + w->value_len + 3)
		return false;
	w->key = data + *at;
	w->value = w->key + w->key_len + 2;
	*at += w->key_len + w->value_len + 3;
	return memcmp(w->key + w->key_len, "->", 2) == 0 && data[*at - 1] == '\n';
}

static bool
is_blob(const struct wanted *w)
{
	uint64_t len = 0;
	if (w->value_len < 8)
		return false;
	for (int i = 7; i >= 0; i--)
		len = len << 8 | w->value[i];
	return len <= w->value_len - 8 &&
	       strict_header((const char *)w->value + 8, (size_t)len, w->value_len - 8 - len);
}

static struct wanted *
find(struct wanted *all, size_t count, const struct wanted *w)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].key_len == w->key_len && memcmp(all[i].key, w->key, w->key_len) == 0)
			return &all[i];
	}
	return NULL;
}

/* What the database must hold. *fine: the input is good to its end. */
static size_t
expect(const uint8_t *data, size_t size, const struct load *l, struct wanted *all, bool *fine)
{
	size_t count = 0, at = 0;
	bool marker = false;
	*fine = false;
	for (;;) {
		struct wanted w;
		for (; at < size && data[at] == '\n'; at++)
			marker = true;
		*fine = at == size && marker;
		marker = false;
		if (at == size || !take_record(data, size, &at, &w) || !is_blob(&w))
			return count;
		struct wanted *there = find(all, count, &w);
		if (there && !l->replace && !l->skip)
			return count;
		if (!there)
			all[count++] = w;
		else if (l->replace)
			*there = w;
	}
}

static void
check_store(struct wanted *all, size_t count)
{
	struct store *s;
	struct error why;
	int status = store_open(db, &s, &why);
	must(status == 0 || (status == 1 && count == 0), "the database can be opened");
	if (status != 0)
		return;
	must(store_count(s) == count, "it holds as many records as it must");
	for (size_t i = 0; i < count; i++) {
		const void *value;
		size_t len;
		must(store_get(s, all[i].key, all[i].key_len, &value, &len, &why) == 1 &&
		         len == all[i].value_len && memcmp(value, all[i].value, len) == 0,
		    "each value is the input's");
	}
	store_close(s);
}

/* Standard input is a file with these bytes. */
static void
feed(const uint8_t *data, size_t size)
{
	static FILE *f;
	if (!f)
		f = tmpfile();
	must(f && ftruncate(fileno(f), 0) == 0 && lseek(fileno(f), 0, SEEK_SET) == 0 &&
	         write(fileno(f), data, size) == (ssize_t)size &&
	         lseek(fileno(f), 0, SEEK_SET) == 0 && dup2(fileno(f), STDIN_FILENO) >= 0,
	    "standard input can be made");
}

static void
remove_db(void)
{
	DIR *d = opendir(db);
	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] != '.')
			must(unlinkat(dirfd(d), e->d_name, 0) == 0, "a file can be removed");
	}
	if (d)
		closedir(d);
	rmdir(db);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load l = {.path = db,
	    .quiet = true,
	    .replace = size % 3 == 1,
	    .skip = size % 3 == 2,
	    .options = {.batch = size % 2 ? 1 : 4 << 20}};
	struct load again = {.path = db, .quiet = true, .skip = true, .options = l.options};
	struct wanted *all = calloc(size + 1, sizeof *all);
	must(all != NULL, "there is memory");
	bool fine;
	size_t count = expect(data, size, &l, all, &fine);
	remove_db();
	feed(data, size);
	must(run(&l) == (fine ? STATUS_OK : STATUS_BAD), "it fails only for a fault");
	check_store(all, count);
	/* Without -s a key that comes twice was the fault; now what follows it is read too. */
	if (fine || l.skip) {
		feed(data, size);
		must(run(&again) == (fine ? STATUS_OK : STATUS_BAD), "so it does the next time");
		check_store(all, count);
	}
	remove_db();
	free(all);
	return 0;
}
