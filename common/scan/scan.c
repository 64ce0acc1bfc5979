#include "scan/scan.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "scan/repeats.h"
#include "scan/walk.h"

#include <stdlib.h>
#include <string.h>

enum { REPEATS_MAX = 10000 /* whose first path is looked up; more are named without it */ };

struct scan {
	const struct rule *const *rules;
	size_t rule_count;
	char *const *dirs;
	unsigned jobs;
	const struct scan_events *events;
	struct scan_result *result;
	struct gather *gather;
	struct keyset keys;
	struct keyset repeated; /* the keys of `repeats` */
	struct repeats repeats;
	bool no_memory;
};

static void
problem(struct scan *s, const char *key, const char *path, const char *why)
{
	s->result->bad_groups += key != NULL;
	s->events->problem(s->events->context, key, path, why);
}

/* DIR/NAME, to be freed; NULL when there is no memory. */
static char *
path_of(const struct gather_file *file)
{
	struct buf path = {0};
	if (gather_path(file, &path) != 0 || buf_add(&path, "", 1) != 0) {
		buf_free(&path);
		return NULL;
	}
	return path.data;
}

/* ---- the first walk ---- */

static bool
repeat(struct scan *s, const struct gathered *g, uint64_t hash)
{
	char *path = path_of(&g->files[g->first]);
	if (!path)
		return false;
	bool kept = true;
	if (s->repeats.count < REPEATS_MAX)
		kept = keyset_add(&s->repeated, hash) >= 0 &&
		       repeats_add(&s->repeats, g->key, path) == 0;
	else
		problem(s, g->key, path, "its key was listed before; not listed");
	free(path);
	return kept;
}

static bool
on_group(void *context, const struct gathered *g)
{
	struct scan *s = context;
	uint64_t hash = hash_bytes(g->key, g->key_len);
	int new = keyset_add(&s->keys, hash);
	if (new > 0) {
		size_t rule = 0;
		while (s->rules[rule] != g->rule)
			rule++;
		s->events->group(s->events->context, g, rule);
	} else if (new < 0 || !repeat(s, g, hash)) {
		s->no_memory = true;
	}
	return !s->no_memory;
}

static void
on_bad_group(void *context, const struct gathered *g, const char *why)
{
	problem(context, g->key, g->files[g->first].dir, why);
}

static bool
on_file(void *context, const struct walk_dir *dir, const char *name, const char *real)
{
	struct scan *s = context;
	if (!s->result->example) {
		s->result->example = path_of(&(struct gather_file){dir->path, name});
		s->no_memory |= !s->result->example;
	}
	return !s->no_memory && gather_file(s->gather, dir, name, real);
}

static bool
on_leave(void *context, const struct walk_dir *dir)
{
	struct scan *s = context;
	return gather_leave(s->gather, dir) && s->events->step(s->events->context);
}

static void
on_failure(void *context, const char *path, const char *why)
{
	problem(context, NULL, path, why);
}

static void
on_idle(void *context)
{
	struct scan *s = context;
	s->events->idle(s->events->context);
}

/* Returns as scan_run. */
static int
walk_all(struct scan *s, const struct walk *walk, const struct gather_sink *sink)
{
	int going = 1;
	s->gather = gather_new(s->rules, s->rule_count, sink);
	if (!s->gather)
		return -1;
	for (size_t i = 0; going > 0 && s->dirs[i]; i++)
		going = walk_run(walk, s->dirs[i], s->jobs);
	if (going > 0)
		going = gather_end(s->gather);
	if (gather_no_memory(s->gather) || s->no_memory)
		going = -1;
	if (sink->bad) /* the first walk */
		s->result->counts = gather_counts(s->gather);
	gather_free(s->gather);
	s->gather = NULL;
	return going;
}

/* ---- the second walk: where was the key before? ---- */

static bool
look_up(void *context, const struct gathered *g)
{
	struct scan *s = context;
	if (!keyset_has(&s->repeated, hash_bytes(g->key, g->key_len)))
		return true;
	char *path = path_of(&g->files[g->first]);
	if (!path || repeats_seen(&s->repeats, g->key, path) != 0)
		s->no_memory = true;
	free(path);
	return !s->no_memory;
}

static int
name_repeat(struct scan *s, const struct repeat *r)
{
	struct buf why = {0};
	const char *words = "its key was listed before, for ";
	const char *before = r->before;
	if (r->seen == 0)
		before = "a file that is not there any more";
	else if (r->seen == 1) {
		words = "its key cannot be told from another one (same 64-bit hash): ";
		before = "scan its directory alone";
	}
	if (buf_add(&why, words, strlen(words)) != 0 ||
	    buf_add(&why, before, strlen(before)) != 0 ||
	    buf_add(&why, "; not listed", sizeof "; not listed") != 0) {
		buf_free(&why);
		return -1;
	}
	problem(s, r->key, r->path, why.data);
	buf_free(&why);
	return 0;
}

static int
name_repeats(struct scan *s)
{
	struct walk walk = {s, gather_wanted, on_file, on_leave, NULL, NULL};
	struct gather_sink sink = {s, look_up, NULL};
	repeats_sort(&s->repeats);
	int going = walk_all(s, &walk, &sink);
	for (size_t i = 0; going > 0 && i < s->repeats.count; i++)
		going = name_repeat(s, &s->repeats.repeat[i]) == 0 ? 1 : -1;
	return going;
}

int
scan_run(const struct rule *const *rules, size_t count, char *const *dirs, unsigned jobs,
    const struct scan_events *events, struct scan_result *result, struct error *why)
{
	struct scan s = {.rules = rules,
	    .rule_count = count,
	    .dirs = dirs,
	    .jobs = jobs,
	    .events = events,
	    .result = result};
	struct walk walk = {&s, gather_wanted, on_file, on_leave, on_failure, on_idle};
	struct gather_sink sink = {&s, on_group, on_bad_group};
	*result = (struct scan_result){0};
	int going = walk_all(&s, &walk, &sink);
	if (going > 0 && s.repeats.count > 0)
		going = name_repeats(&s);
	keyset_free(&s.keys);
	keyset_free(&s.repeated);
	repeats_free(&s.repeats);
	return going < 0 ? error_set(why, "out of memory") : going;
}
