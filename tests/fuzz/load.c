/*
 * The loader's whole input path: a record stream into a fresh database, fuzz-db in the working
 * directory, then once more with -s. Whatever the input, the database holds the records that came
 * before the first fault, and nothing else. The input's size chooses -f, -s and the batch.
 */

#include "../free.h"
#include "fuzz.h"
#include "load/load.h"
#include "store/state.h"
#include "strict.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What the database must hold. *fine: the input is good to its end, and has a record: without
 * one no database is made. */
static size_t
expect(const uint8_t *data, size_t size, const struct writer_options *o, struct wanted *all,
    bool *fine)
{
	size_t count = 0, at = 0;
	bool marker = false;
	*fine = false;
	for (;;) {
		struct wanted w;
		for (; at < size && data[at] == '\n'; at++)
			marker = true;
		*fine = at == size && marker && count > 0;
		marker = false;
		if (at == size || !take_record(data, size, &at, &w) || !is_blob(&w))
			return count;
		struct wanted *there = find(all, count, &w);
		if (there && !o->replace && !o->skip)
			return count;
		if (!there)
			all[count++] = w;
		else if (o->replace)
			*there = w;
	}
}

static void
check_store(struct wanted *all, size_t count, bool exact)
{
	struct store *s;
	struct error why, warning;
	int status = store_open(db, &s, &warning, &why);
	must(status == 0 || (status == 1 && count == 0), "the database can be opened");
	if (status != 0)
		return;
	must(exact ? store_count(s) == count : store_count(s) >= count,
	    "it holds as many records as it must");
	for (size_t i = 0; i < count; i++) {
		const void *value;
		size_t len;
		must(store_get(s, all[i].key, all[i].key_len, &value, &len, &why) == 1 &&
		         len == all[i].value_len && memcmp(value, all[i].value, len) == 0,
		    "each value is the input's");
	}
	store_close(s);
}

/* Loads the bytes, from a file that holds them, as rsenc-load does. Returns whether it went well. */
static bool
load_bytes(const uint8_t *data, size_t size, const struct writer_options *o)
{
	static char name[] = "fuzz-records";
	char *files[] = {name, NULL};
	struct load l;
	struct error why = {.text = ""};
	enum load_status status;
	uint64_t count = 0;
	FILE *f = fopen(name, "w");
	must(f && fwrite(data, 1, size, f) == size && fclose(f) == 0, "the input can be made");
	mkdir(db, 0777); /* as the command does before it gives up its rights */
	load_start(&l, db, o, files);
	while ((status = load_next(&l, &why)) == LOAD_OK)
		count++;
	must(count == l.records, "each record is stored or skipped");
	must(status == LOAD_END || strstr(why.text, ": "),
	    "a failure has a reason, and says of what");
	bool fine = status == LOAD_END;
	bool ended = load_end(&l, fine, NULL) == 0;
	must((ended || l.report.refused) && !l.report.lost &&
	         l.report.kept + l.report.skipped <= l.records,
	    "what was stored is kept");
	record_files_close(&l.blobs.files);
	safetensors_free(&l.blobs.blob);
	buf_free(&l.blobs.bytes);
	remove(name);
	return fine && ended;
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
	struct writer_options o = {
	    .batch = size % 2 ? 1 : 4 << 20, .replace = size % 3 == 1, .skip = size % 3 == 2};
	struct writer_options again = {.batch = o.batch, .skip = true};
	struct wanted *all = calloc(size + 1, sizeof *all);
	must(all != NULL, "there is memory");
	bool fine;
	size_t count = expect(data, size, &o, all, &fine);
	remove_db();
	must(mkdir(db, 0777) == 0, "a directory can be made");
	must(load_bytes(data, size, &o) == fine, "it fails only for a fault");
	/* A duplicate key may show only after others that came later are stored. */
	check_store(all, count, fine || o.replace || o.skip);
	/* Without -s a duplicate key was the fault; now what follows it is read too. */
	if (fine || o.skip) {
		must(load_bytes(data, size, &again) == fine, "so it does the next time");
		check_store(all, count, true);
	}
	remove_db();
	free(all);
	return 0;
}
