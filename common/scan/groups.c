#include "scan/groups.h"

#include "base/alloc.h"
#include "base/keyset.h"
#include "base/path.h"
#include "scan/check.h"
#include "scan/pending.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Bytes of complete groups that are held back in case a second file for a tensor follows;
	 * also of incomplete ones whose files lie in one directory, and that wait all the same when
	 * it was left: files in another one may be the reason. */
	HOLD = 32 << 20,
	/* The same of complete ones in one directory: most of these are good, and the commands that
	 * follow need work. A stream has its files in memory, so that more bytes are fewer
	 * groups: but files that have left the processor's cache cost twice as much. */
	HOLD_LOCAL = 1 << 20,
	HOLD_STREAM = 8 << 20
};

struct groups {
	struct matcher matcher;
	struct groups_counts counts;
	struct keyset keys; /* that were returned */
	bool ended;

	/* The current file, and its directory. */
	struct match match;
	struct assembled_dir *dir;
	struct buf text;             /* its key, then its label */
	struct pending_group *found; /* of the file before, or NULL */

	void *pending;               /* all groups */
	struct pending_list waiting; /* incomplete */
	struct pending_list held;    /* complete, and held back */
	struct pending_list ready;
	uint64_t max_held, max_local;
	struct pending_group *last; /* was returned last; */
	struct buf why, ranks;      /* its texts */
};

struct groups *
groups_new(const struct rule *const *rules, size_t count, uint64_t max_memory)
{
	struct groups *g = xcalloc(1, sizeof *g);
	g->matcher = (struct matcher){.rules = rules, .count = count};
	g->max_held = max_memory / 4 < HOLD ? max_memory / 4 : HOLD;
	g->max_local = max_memory == UINT64_MAX    ? HOLD_LOCAL
	               : g->max_held < HOLD_STREAM ? g->max_held
	                                           : HOLD_STREAM;
	return g;
}

/* ---- files ---- */

const struct match *
groups_match(struct groups *g, const struct found *f)
{
	if (!g->counts.example)
		g->counts.example = path_join(f->dir->path, f->name);
	g->counts.files++;
	if (match_is_windows_path(f->name)) {
		g->counts.windows++;
		return NULL;
	}
	match_file(&g->matcher, f->dir, f->name, f->real, &g->match);
	return g->match.line ? &g->match : NULL;
}

/* What a template makes of the current file, valid until the next call. */
static const char *
groups_expand(struct groups *g, const char *template)
{
	g->text.len = 0;
	line_expand(template, &g->match.captures, &g->text);
	buf_add(&g->text, "", 1);
	return g->text.data;
}

/* Most files have the directory of the file before. */
static void
groups_set_dir(struct groups *g, const struct directory *dir)
{
	const char *given = dir->path_as_given + dir->archive;
	/* Without its slash, as no path of a file system begins. */
	given += dir->archive > 0 && *given == '/';
	if (g->dir && strcmp(g->dir->path, dir->path) == 0 && strcmp(g->dir->given, given) == 0)
		return;
	pending_dir_drop(g->dir);
	g->dir = pending_dir(dir->path, given);
}

static bool
groups_bad_key(const struct pending_group *group)
{
	return group->group.key_len == 0 || group->group.key_len > KEY_MAX;
}

/* Whether the files of a group lie in one directory. */
static bool
groups_is_local(const struct pending_group *group)
{
	const struct rule *r = group->group.rule;
	return r->files == 1 ||
	       (r->line_count == 1 && !r->open && r->line[0]->pattern.slashes == 0);
}

/* The group of the current file, which may be a new one. */
static struct pending_group *
groups_find(struct groups *g)
{
	const struct rule_line *line = g->match.line;
	const char *key = groups_expand(g, line->key);
	struct pending_group *group = g->found;
	/* Most files are of the group of the file before. */
	if (group && group->group.rule == line->rule && strcmp(group->key, key) == 0)
		return group;
	return g->found = pending_get(&g->pending, &g->waiting, line->rule, key, g->text.len - 1);
}

/* Hands out what comes first of what waits for too long. */
static void
groups_limit(struct groups *g)
{
	struct pending_group *first;
	while ((first = g->held.first) != NULL &&
	       g->held.bytes > (groups_is_local(first) ? g->max_local : g->max_held))
		pending_move(first, &g->ready);
	while ((first = g->waiting.first) != NULL && g->waiting.bytes > HOLD &&
	       groups_is_local(first) && first->group.files[0].dir != g->dir) {
		first->late = true;
		pending_move(first, &g->ready);
	}
}

void
groups_add(struct groups *g, const struct found *f)
{
	struct rule_line *line = g->match.line;
	const struct rule *rule = line->rule;
	g->counts.matched++;
	line->files++;
	groups_set_dir(g, f->dir);
	struct pending_group *group = groups_find(g);
	const char *label = line->labelled ? groups_expand(g, line->label) : "";
	pending_add_file(group, &(struct assembled_file){.dir = g->dir,
	                            .name = (char *)f->name,
	                            .in_archive = f->file,
	                            .line = line,
	                            .label = label,
	                            .band = g->match.band});
	if (groups_bad_key(group))
		pending_move(group, &g->ready);
	else if (!rule->open && group->group.count == rule->files)
		pending_move(group, &g->held);
	groups_limit(g);
}

void
groups_release(struct groups *g)
{
	while (g->held.first)
		pending_move(g->held.first, &g->ready);
}

void
groups_end(struct groups *g)
{
	g->ended = true;
	groups_release(g);
	while (g->waiting.first)
		pending_move(g->waiting.first, &g->ready);
}

/* ---- a group that is done ---- */

/* Sets ->bad if a group is not to be listed. */
static void
groups_judge(struct groups *g, struct pending_group *group)
{
	struct assembled *a = &group->group;
	bool bad_key = groups_bad_key(group);
	assembled_sort(a, &g->ranks);
	pending_replace(group);
	g->why.len = 0;
	a->incomplete = false;
	a->one_file_bad = bad_key || keyset_has(&g->keys, group->hash);
	if (bad_key)
		buf_addf(&g->why, "the key has %zu bytes (1 to %d): skipped", a->key_len, KEY_MAX);
	else if (a->one_file_bad)
		buf_addf(
		    &g->why, "duplicate key: an earlier patch was listed or reported: skipped");
	else
		a->incomplete = check_group(a, &g->why);
	a->bad = g->why.len > 0 ? g->why.data : NULL;
}

/* Judges a group that is ready. False: it is not to be returned now. */
static bool
groups_take(struct groups *g, struct pending_group *group)
{
	struct assembled *a = &group->group;
	groups_judge(g, group);
	/* What is wrong is reported once, with all that is found for the key. */
	if (a->bad && !a->one_file_bad && !g->ended && !group->late) {
		pending_move(group, &g->waiting);
		return false;
	}
	if (!a->bad || group->late)
		keyset_add(&g->keys, group->hash);
	return true;
}

const struct assembled *
groups_next(struct groups *g)
{
	if (g->last == g->found)
		g->found = NULL;
	if (g->last)
		pending_drop(&g->pending, g->last);
	while ((g->last = g->ready.first) != NULL && !groups_take(g, g->last))
		;
	return g->last ? &g->last->group : NULL;
}

uint64_t
groups_bytes(const struct groups *g)
{
	return g->waiting.bytes + g->held.bytes;
}

struct groups_counts
groups_counts(const struct groups *g)
{
	return g->counts;
}

void
groups_free(struct groups *g)
{
	groups_end(g);
	while (g->ready.first)
		pending_drop(&g->pending, g->ready.first);
	pending_dir_drop(g->dir);
	free(g->counts.example);
	keyset_free(&g->keys);
	buf_free(&g->matcher.path);
	buf_free(&g->why);
	buf_free(&g->text);
	buf_free(&g->ranks);
	free(g);
}
