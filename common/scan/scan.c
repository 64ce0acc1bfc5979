#include "scan/scan.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "scan/archive.h"
#include "scan/archive_file.h"
#include "scan/repeats.h"
#include "scan/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	REPEATS_MAX = 10000, /* whose first path is looked up; more are named without it */
	MEMBERS_A_STEP = 64
};

struct scan {
	const struct rule *const *rules;
	size_t rule_count;
	char *const *dirs;
	unsigned jobs;
	const struct scan_events *events;
	struct scan_result *result;
	struct assembler *assembler;
	bool archives; /* some root was one */
	struct keyset keys;
	struct keyset repeated; /* the keys of `repeats` */
	struct repeats repeats;
	uint64_t *files;   /* of each line, in the directory at hand */
	uint64_t *before;  /* in those before it */
	uint64_t problems; /* so far, of any kind */
	bool no_memory;
};

static void
scan_problem(struct scan *s, const char *key, const char *path, const char *why)
{
	s->result->bad_groups += key != NULL;
	s->problems++;
	s->events->problem(s->events->context, key, path, why);
}

/* DIR/NAME, to be freed; NULL when there is no memory. */
static char *
scan_path(const struct assembled_file *file)
{
	struct buf path = {0};
	if (assembled_path(file, &path) != 0 || buf_add(&path, "", 1) != 0) {
		buf_free(&path);
		return NULL;
	}
	return path.data;
}

/* ---- the first walk ---- */

/* A group whose key was there before. Where that was is not known (repeats.c), so it is kept to be told
 * at the end; more than REPEATS_MAX are not worth their memory: the same directory was given twice. */
static bool
scan_repeat(struct scan *s, const struct assembled *g, uint64_t hash)
{
	char *path = scan_path(assembled_first(g));
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
	archive_file_release_all(g);
	return !s->no_memory;
}

static void
scan_on_bad_group(void *context, const struct assembled *g, const char *why)
{
	struct scan *s = context;
	uint64_t hash = hash_bytes(g->key, g->key_len);
	/* A group that was whole is gone: further files of it begin a new one. */
	bool handed_out = g->rule->spread || s->archives;
	if (handed_out && g->key_len > 0 && keyset_has(&s->keys, hash))
		s->no_memory |= !scan_repeat(s, g, hash);
	else
		scan_problem(context, g->key, assembled_first(g)->dir, why);
	archive_file_release_all(g);
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

/* ---- archives ---- */

static bool
scan_is_archive(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void
scan_on_bad_member(void *context, const char *path, const char *why)
{
	scan_problem(context, NULL, path, why);
}

static void
scan_ignore(void *context, const char *path, const char *why)
{
	(void)context, (void)path, (void)why;
}

/* Returns as walk_run; on the second walk nothing is reported: problems were reported on the first. */
static int
scan_archive(struct scan *s, const char *path, bool first)
{
	struct error why;
	int more = 1;
	s->archives = true;
	assemble_in_any_order(s->assembler, true);
	struct archive *a = archive_open(
	    path, s->assembler, first ? scan_on_bad_member : scan_ignore, s, &why);
	for (unsigned n = 1; a && more == 1; n++) {
		more = archive_next(a, &why);
		if (n % MEMBERS_A_STEP == 0 && !s->events->step(s->events->context))
			more = 2;
	}
	if (a && !s->result->example && archive_example(a))
		s->result->example = strdup(archive_example(a));
	archive_close(a);
	assemble_in_any_order(s->assembler, false);
	if ((!a || more < 0) && first)
		scan_problem(s, NULL, path, why.text);
	return more == 2 ? 0 : 1;
}

/* Tells what came of a directory that was walked; `problems` were told before. */
static void
scan_end_dir(struct scan *s, const char *dir, uint64_t problems)
{
	bool empty = s->problems == problems;
	size_t lines;
	const uint64_t *taken = assemble_taken(s->assembler, &lines);
	for (size_t i = 0; i < lines; i++) {
		s->files[i] = taken[i] - s->before[i];
		s->before[i] = taken[i];
		empty &= s->files[i] == 0;
	}
	s->events->dir(s->events->context, dir, s->files, empty);
}

/* Returns as scan_run. */
static int
scan_walk(struct scan *s, const struct walk *walk, const struct assemble_sink *sink, bool first)
{
	int going = 1;
	s->assembler = assemble_new(s->rules, s->rule_count, sink);
	if (!s->assembler)
		return -1;
	for (size_t i = 0; going > 0 && s->dirs[i]; i++) {
		uint64_t problems = s->problems;
		going = scan_is_archive(s->dirs[i]) ? scan_archive(s, s->dirs[i], first)
		                                    : walk_run(walk, s->dirs[i], s->jobs);
		if (going > 0 && first)
			scan_end_dir(s, s->dirs[i], problems);
	}
	if (going > 0)
		going = assemble_end(s->assembler);
	if (assemble_no_memory(s->assembler) || s->no_memory)
		going = -1;
	if (first)
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
	archive_file_release_all(g);
	if (!keyset_has(&s->repeated, hash_bytes(g->key, g->key_len)))
		return true;
	char *path = scan_path(assembled_first(g));
	if (!path || repeats_seen(&s->repeats, g->key, path) != 0)
		s->no_memory = true;
	free(path);
	return !s->no_memory;
}

/* Further files of a group that was whole: that is one more group of its key. */
static void
scan_look_up_bad(void *context, const struct assembled *g, const char *why)
{
	(void)why;
	struct scan *s = context;
	if ((g->rule->spread || s->archives) && g->key_len > 0)
		scan_look_up(context, g);
	else
		archive_file_release_all(g);
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
	struct assemble_sink sink = {s, scan_look_up, scan_look_up_bad};
	repeats_sort(&s->repeats);
	int going = scan_walk(s, &walk, &sink, false);
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
	size_t lines = 1;
	for (size_t i = 0; i < count; i++)
		lines += rules[i]->line_count;
	s.files = calloc(lines, sizeof *s.files);
	s.before = calloc(lines, sizeof *s.before);
	int going = s.files && s.before ? scan_walk(&s, &walk, &sink, true) : -1;
	if (going > 0 && s.repeats.count > 0)
		going = scan_name_repeats(&s);
	free(s.files);
	free(s.before);
	keyset_free(&s.keys);
	keyset_free(&s.repeated);
	repeats_free(&s.repeats);
	return going < 0 ? error_set(why, "out of memory") : going;
}
