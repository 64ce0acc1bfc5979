/* Groups that are being put together: against a plain model, and in how much memory. */

#include "scan/unfinished.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static uint32_t seed = 1;

static unsigned
rnd(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 10) % below;
}

/* ---- a model: what should be there ---- */

enum { KEYS = 300, FILES = 12 };

struct model_file {
	char name[40], captures[8];
	uint64_t where;
	size_t line, band, dir;
};

static struct model {
	size_t count; /* of files; 0: no such group */
	struct model_file file[FILES];
} model[KEYS];

static size_t
key_of(size_t i, char *key)
{
	return (size_t)sprintf(key, "patch_%zu_%.*s", i, (int)(i % 20), "aaaaaaaaaaaaaaaaaaaaaaa");
}

static bool
put(struct unfinished *u, size_t i)
{
	char key[80], dir[20];
	size_t len = key_of(i, key);
	struct model *m = &model[i];
	if (m->count == FILES)
		return true;
	struct model_file *f = &m->file[m->count];
	f->line = rnd(1000);
	f->band = rnd(65535);
	f->where = (uint64_t)rnd(1u << 20) << rnd(44);
	f->dir = rnd(5);
	snprintf(f->name, sizeof f->name, "%.*s%u", (int)rnd((unsigned)len), key, rnd(1000));
	snprintf(f->captures, sizeof f->captures, "c%u", rnd(100));
	snprintf(dir, sizeof dir, "dir%zu", f->dir);
	struct unfinished_file given = {.dir = dir,
	    .captures = f->captures,
	    .where = f->where,
	    .line = f->line,
	    .band = f->band};
	uint32_t group = unfinished_group(u, i % 3, key, len);
	m->count++;
	return group != 0 &&
	       unfinished_put(u, group, &given, f->name, strlen(f->captures) + 1, f->dir) == 0;
}

static bool
same(const struct unfinished *u, size_t i, struct buf *text)
{
	char key[80], dir[20];
	size_t len = key_of(i, key), got_len, got_rule;
	const struct model *m = &model[i];
	uint32_t group = unfinished_group((struct unfinished *)u, i % 3, key, len), at = 0;
	if (group == 0 || unfinished_files(u, group) != m->count)
		return false;
	const char *got = unfinished_key(u, group, &got_len, &got_rule);
	if (got_len != len || strcmp(got, key) != 0 || got_rule != i % 3)
		return false;
	for (size_t k = m->count; k-- > 0;) {
		const struct model_file *f = &m->file[k];
		struct unfinished_file r;
		text->len = 0;
		at = unfinished_read(u, group, at, &r, text);
		snprintf(dir, sizeof dir, "dir%zu", f->dir);
		if (at == 0 || strcmp(text->data + r.name, f->name) != 0 ||
		    strcmp(r.captures, f->captures) != 0 || strcmp(r.dir, dir) != 0 ||
		    r.where != f->where || r.line != f->line || r.band != f->band)
			return false;
	}
	return true;
}

static void
test_model(void)
{
	struct unfinished u = {0};
	struct buf text = {0};
	unsigned wrong = 0, dropped = 0;
	for (int i = 0; i < 200000; i++) {
		size_t k = rnd(KEYS);
		char key[80];
		if (rnd(8) == 0 && model[k].count > 0) {
			wrong += !same(&u, k, &text);
			unfinished_drop(&u, unfinished_group(&u, k % 3, key, key_of(k, key)));
			model[k].count = 0;
			dropped++;
		} else {
			wrong += !put(&u, k);
		}
		if (rnd(50000) == 0) {
			unfinished_clear(&u);
			memset(model, 0, sizeof model);
		}
	}
	size_t there = 0, listed = 0;
	for (size_t k = 0; k < KEYS; k++) {
		there += model[k].count > 0;
		wrong += model[k].count > 0 && !same(&u, k, &text);
	}
	for (uint32_t g = u.first; g != 0; g = unfinished_next(&u, g))
		listed++;
	ok(wrong == 0 && dropped > 1000, "as a plain model has it (%u dropped)", dropped);
	ok(listed == there && u.count == there, "all %zu groups are in the list", there);
	ok(u.arena.chunk_count < 60, "what was dropped is used again: %zu chunks",
	    u.arena.chunk_count);
	buf_free(&text);
	unfinished_free(&u);
}

/* ---- memory ---- */

static size_t
bytes(const struct unfinished *u)
{
	return u->arena.chunk_count * ARENA_CHUNK + u->index_size * sizeof *u->index;
}

/* Patches whose images were all met before the first mask, as in two sibling trees: `folders` of
 * their own, or one for all. */
static void
test_memory(size_t count, bool folders)
{
	struct unfinished u = {0};
	char key[40], dir[80];
	bool good = true;
	for (size_t i = 0; i < count; i++) {
		size_t len = (size_t)sprintf(key, "ROIs1158_spring_1_p%07zu", i);
		sprintf(dir, folders ? "tree/images/%s" : "tree/images", key);
		struct unfinished_file f = {.dir = dir};
		uint32_t group = unfinished_group(&u, 0, key, len);
		good &= group != 0 && unfinished_put(&u, group, &f, folders ? "image.tif" : key, 0,
		                          folders ? i : 0) == 0;
	}
	double each = (double)bytes(&u) / (double)count;
	ok(good && each < (folders ? 140 : 84),
	    "%zu patches wait, with keys of 27 bytes and %s: %.1f bytes each", count,
	    folders ? "a folder each" : "in one folder", each);
	size_t most = bytes(&u);
	for (size_t i = 0; i < count; i++)
		unfinished_drop(&u, u.first);
	ok(u.count == 0 && u.first == 0 && u.last == 0, "all are gone");
	for (size_t i = 0; i < count; i++) {
		struct unfinished_file f = {.dir = "again"};
		size_t len = (size_t)sprintf(key, "ROIs1158_spring_2_p%07zu", i);
		uint32_t group = unfinished_group(&u, 0, key, len);
		good &= group != 0 &&
		        unfinished_put(&u, group, &f, folders ? "x.tif" : key, 0, count + 1) == 0;
	}
	ok(good && bytes(&u) <= most, "as many later take no more");
	unfinished_free(&u);
}

/* unfinished [COUNT] */
int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	test_model();
	test_memory(count, false);
	test_memory(count, true);
	return tap_done();
}
