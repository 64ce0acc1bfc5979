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
	struct assembler *assembler;
	struct keyset keys;
	struct keyset repeated; /* the keys of `repeats` */
	struct repeats repeats;
	bool no_memory;
};

static void
scan_problem(struct scan *s, const char *key, const char *path, const char *why)
{
	s->result->bad_groups += key != NULL;
	s->events->problem(s->events->context, key, path, why);
}

/* DIR/NAME, to be freed; NULL when there is no memory. */
static char *
scan_path(const struct assembled_file *file)
{
	struct buf path = {0};
	if (assemble_path(file, &path) != 0 || buf_add(&path, "", 1) != 0) {
		buf_free(&path);
		return NULL;
	}
	return path.data;
}

/* ---- the first walk ---- */

static bool
scan_repeat(struct scan *s, const struct assembled *g, uint64_t hash)
{
	char *path = scan_path(&g->files[g->first]);
	if (!path)
		return false;
	bool kept = true;
	if (s->repeats.count < REPEATS_MAX)
		kept = keyset_add(&s->repeated, hash) >= 0 &&
		       repeats_add(&s->repeats, g->key, path) == 0;
	else
		scan_problem(s, g->key, path, "its key was listed before; not listed");
	free(path);
	return kept;
}

static bool
scan_on_group(void *context, const struct assembled *g)
{
	struct scan *s = context;
	uint64_t hash = hash_bytes(g->key, g->key_len);
	int new = keyset_add(&s->keys, hash);
	if (new > 0) {
		size_t rule = 0;
		while (s->rules[rule] != g->rule)
			rule++;
		s->events->group(s->events->context, g, rule);
	} else if (new < 0 || !scan_repeat(s, g, hash)) {
		s->no_memory = true;
	}
	return !s->no_memory;
}

static void
scan_on_bad_group(void *context, const struct assembled *g, const char *why)
{
	scan_problem(context, g->key, g->files[g->first].dir, why);
}

static bool
scan_on_file(void *context, const struct directory *dir, const char *name, const char *real)
{
	struct scan *s = context;
	if (!s->result->example) {
		s->result->example = scan_path(
		    &(struct assembled_file){.dir = dir->path, .name = name});
		s->no_memory |= !s->result->example;
	}
	return !s->no_memory && assemble_file(s->assembler, dir, name, real, 0);
}

static bool
scan_on_leave(void *context, const struct directory *dir)
{
	struct scan *s = context;
	return assemble_leave(s->assembler, dir) && s->events->step(s->events->context);
}

static void
scan_on_failure(void *context, const char *path, const char *why)
{
	scan_problem(context, NULL, path, why);
}

static void
scan_on_idle(void *context)
{
	struct scan *s = context;
	s->events->idle(s->events->context);
}

/* Returns as scan_run. */
static int
scan_walk(struct scan *s, const struct walk *walk, const struct assemble_sink *sink)
{
	int going = 1;
	s->assembler = assemble_new(s->rules, s->rule_count, sink);
	if (!s->assembler)
		return -1;
	for (size_t i = 0; going > 0 && s->dirs[i]; i++)
		going = walk_run(walk, s->dirs[i], s->jobs);
	if (going > 0)
		going = assemble_end(s->assembler);
	if (assemble_no_memory(s->assembler) || s->no_memory)
		going = -1;
	if (sink->bad) /* the first walk */
		s->result->counts = assemble_counts(s->assembler);
	assemble_free(s->assembler);
	s->assembler = NULL;
	return going;
}

/* ---- the second walk: where was the key before? ---- */

static bool
scan_look_up(void *context, const struct assembled *g)
{
	struct scan *s = context;
	if (!keyset_has(&s->repeated, hash_bytes(g->key, g->key_len)))
		return true;
	char *path = scan_path(&g->files[g->first]);
	if (!path || repeats_seen(&s->repeats, g->key, path) != 0)
		s->no_memory = true;
	free(path);
	return !s->no_memory;
}

static int
scan_name_repeat(struct scan *s, const struct repeat *r)
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
	scan_problem(s, r->key, r->path, why.data);
	buf_free(&why);
	return 0;
}

static int
scan_name_repeats(struct scan *s)
{
	struct walk walk = {s, assemble_wanted, scan_on_file, scan_on_leave, NULL, NULL};
	struct assemble_sink sink = {s, scan_look_up, NULL};
	repeats_sort(&s->repeats);
	int going = scan_walk(s, &walk, &sink);
	for (size_t i = 0; going > 0 && i < s->repeats.count; i++)
		going = scan_name_repeat(s, &s->repeats.repeat[i]) == 0 ? 1 : -1;
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
	struct walk walk = {
	    &s, assemble_wanted, scan_on_file, scan_on_leave, scan_on_failure, scan_on_idle};
	struct assemble_sink sink = {&s, scan_on_group, scan_on_bad_group};
	*result = (struct scan_result){0};
	int going = scan_walk(&s, &walk, &sink);
	if (going > 0 && s.repeats.count > 0)
		going = scan_name_repeats(&s);
	keyset_free(&s.keys);
	keyset_free(&s.repeated);
	repeats_free(&s.repeats);
	return going < 0 ? error_set(why, "out of memory") : going;
}
