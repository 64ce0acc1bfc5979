#include "scan/groups.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "scan/check.h"
#include "scan/home.h"
#include "scan/labels.h"
#include "scan/match.h"
#include "scan/pending.h"
#include "stream/group.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Bytes of groups that are held back. Names of one directory follow one another in an
	 * archive, where a patch is wanted soon; parts in several directories may be far apart. */
	HOLD_IN_ARCHIVE = 256 << 10,
	HOLD = 32 << 20,
	DEPTHS = PATH_MAX / 2 /* of open directories, no two of which have the same */
};

struct groups {
	const struct rule *const *rules;
	struct matcher *matcher;
	unsigned *levels; /* home_levels of each line */
	uint64_t *taken;  /* files of each line */
	struct groups_counts counts;
	struct keyset keys; /* that were returned */
	bool any_order, ended;

	/* The current file, and texts of its directory. */
	struct match match;
	struct pending_text *dir, *home;
	unsigned home_levels;

	struct pending pending;
	struct pending_list open[DEPTHS]; /* groups whose home is the open directory of a depth */
	struct pending_list waiting;      /* for files that may lie anywhere */
	struct pending_list held_in_archive; /* complete ones of rules of one line, in archives */
	struct pending_list held; /* other complete ones, and incomplete ones whose home was left */
	struct pending_list ready;

	/* What was returned last. */
	struct pending_group *last;
	struct assembled_file *files;
	size_t file_capacity;
	struct buf why, label, ranks;

	/* A group of one file that need not wait, or a file whose key is bad. */
	bool has_single;
	struct assembled single;
	struct assembled_file single_file;
	struct error bad_key;
	char key[KEY_MAX + 1];
};

bool
groups_wanted(const char *name)
{
	return match_stem(name) > 0;
}

struct groups *
groups_new(const struct rule *const *rules, size_t count)
{
	struct groups *g = xcalloc(1, sizeof *g);
	g->rules = rules;
	g->matcher = matcher_new(rules, count);
	g->taken = xcalloc(matcher_lines(g->matcher) + 1, sizeof *g->taken);
	g->levels = xcalloc(matcher_lines(g->matcher) + 1, sizeof *g->levels);
	size_t number = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++)
			g->levels[number++] = home_levels(rules[i]->line[k]);
	}
	return g;
}

/* ---- files ---- */

static void
groups_forget_dir(struct groups *g)
{
	pending_text_drop(g->dir);
	pending_text_drop(g->home);
	g->dir = g->home = NULL;
	matcher_forget(g->matcher);
}

void
groups_in_any_order(struct groups *g, bool any_order)
{
	g->any_order = any_order;
	groups_forget_dir(g);
}

bool
groups_match(struct groups *g, const struct directory *dir, const char *name, const char *real)
{
	if (match_is_companion(name)) {
		g->counts.companions++;
		return false;
	}
	g->counts.files++;
	if (match_is_windows_path(name)) {
		g->counts.windows++;
		return false;
	}
	matcher_file(g->matcher, dir, name, real, &g->match);
	g->counts.unmatched += !g->match.line && !g->match.other_band;
	g->counts.other_band += !g->match.line && g->match.other_band;
	return g->match.line != NULL;
}

/* The label of the current file, valid until the next call. */
static const char *
groups_label(struct groups *g)
{
	const struct rule_line *line = g->match.line;
	if (!line->labelled)
		return "";
	size_t len = line_expand(line->label, &g->match.captures, NULL, 0);
	g->label.len = 0;
	buf_reserve(&g->label, len + 1);
	line_expand(line->label, &g->match.captures, g->label.data, len);
	g->label.data[len] = '\0';
	return g->label.data;
}

/* Sets g->dir and g->home to those of the current file. Most files have those of the file
 * before. */
static void
groups_set_dir(struct groups *g, const struct directory *dir)
{
	unsigned levels = g->levels[g->match.number];
	if (!g->dir || strcmp(g->dir->text, dir->path) != 0) {
		pending_text_drop(g->dir);
		pending_text_drop(g->home);
		g->dir = pending_text(dir->path);
		g->home = NULL;
	}
	if (!g->home || g->home_levels != levels) {
		char *home = home_path(dir, levels);
		pending_text_drop(g->home);
		g->home = pending_text(home);
		g->home_levels = levels;
		free(home);
	}
}

/* The current file as a group of its own, to be returned next. */
static void
groups_set_single(struct groups *g, const struct directory *dir, const char *name, size_t key_len,
    uint64_t where, const char *bad)
{
	const struct rule_line *line = g->match.line;
	g->single_file = (struct assembled_file){.dir = dir->path,
	    .name = name,
	    .where = where,
	    .line = line,
	    .label = line->labelled ? "" : line->label,
	    .home = "",
	    .band = g->match.band};
	g->single = (struct assembled){.rule = line->rule,
	    .rule_number = g->match.rule,
	    .key = g->key,
	    .key_len = key_len,
	    .files = &g->single_file,
	    .count = 1,
	    .bad = bad,
	    .one_file_bad = true};
	g->has_single = true;
}

/* Whether a group is complete when it has all files of one line. */
static bool
groups_has_one_line(const struct rule *rule)
{
	return rule->line_count == 1 && !rule->open;
}

/* Holds a group back, and returns the first ones where more than `max` bytes are held. */
static void
groups_hold(struct groups *g, struct pending_group *group, struct pending_list *held, size_t max)
{
	pending_move(group, held);
	while (held->bytes > max)
		pending_move(held->first, &g->ready);
}

/* Adds the current file to its group. `list` is that of a new group. */
static void
groups_put(
    struct groups *g, struct pending_list *list, const char *name, size_t key_len, uint64_t where)
{
	const struct rule *rule = g->match.line->rule;
	bool one_line = groups_has_one_line(rule);
	struct pending_text *home = one_line ? g->home : NULL;
	struct pending_group *group = pending_find(
	    &g->pending, g->match.rule, home, g->key, key_len);
	if (!group)
		group = pending_add(&g->pending, list, g->match.rule, home, g->key, key_len);
	struct pending_file file = {.dir = g->dir,
	    .home = g->home,
	    .where = where,
	    .line = (uint16_t)g->match.line->number,
	    .band = (uint16_t)g->match.band};
	pending_add_file(group, &file, name, groups_label(g));
	/* As many files as that, once each, are all that there can be. */
	bool full = !rule->open && group->count == rule->files;
	if (group->list == &g->waiting && full && one_line)
		groups_hold(g, group, &g->held_in_archive, HOLD_IN_ARCHIVE);
	else if (group->list == &g->waiting && full)
		groups_hold(g, group, &g->held, HOLD);
}

void
groups_add(struct groups *g, const struct directory *dir, const char *name, uint64_t where)
{
	const struct rule_line *line = g->match.line;
	const struct rule *rule = line->rule;
	g->taken[g->match.number]++;
	size_t key_len = line_expand(line->key, &g->match.captures, g->key, KEY_MAX);
	g->key[key_len < KEY_MAX ? key_len : KEY_MAX] = '\0';
	if (key_len == 0 || key_len > KEY_MAX) {
		error_set(
		    &g->bad_key, "the key has %zu bytes (1 to %d): skipped", key_len, KEY_MAX);
		groups_set_single(g, dir, name, strlen(g->key), where, g->bad_key.text);
		return;
	}
	bool one_line = groups_has_one_line(rule);
	size_t depth = dir->depth - g->levels[g->match.number]; /* huge: above the root */
	bool anywhere = g->any_order || !one_line || depth >= DEPTHS;
	struct pending_list *list = anywhere ? &g->waiting : &g->open[depth];
	/* A group of one file need not wait, but for those of its directory that do: their order is
	 * that of the walk. */
	if (one_line && rule->files == 1 && (anywhere || !list->first)) {
		groups_set_single(g, dir, name, key_len, where, NULL);
		return;
	}
	groups_set_dir(g, dir);
	groups_put(g, list, name, key_len, where);
}

/* ---- a group that is done ---- */

/* Sets *out to a group that waits. */
static void
groups_read(struct groups *g, const struct pending_group *group, struct assembled *out)
{
	if (group->count > g->file_capacity) {
		free(g->files);
		g->file_capacity = group->count;
		g->files = xcalloc(g->file_capacity, sizeof *g->files);
	}
	assembled_read(group, g->rules[group->rule], g->files, out);
	labels_rank(g->files, out->count, &g->ranks);
}

/* Sets a->bad if a group is not to be listed. */
static void
groups_judge(struct groups *g, struct assembled *a)
{
	g->why.len = 0;
	a->bad = NULL;
	if (keyset_has(&g->keys, hash_bytes(a->key, a->key_len))) {
		a->bad = "duplicate key: skipped";
		a->one_file_bad = true;
	} else if (home_check(a, &g->why)) {
		a->bad = g->why.data;
	} else {
		enum group_fault fault = check_group(a, &g->why);
		a->bad = fault != GROUP_COMPLETE ? g->why.data : NULL;
		a->incomplete = fault == GROUP_INCOMPLETE;
	}
}

/* Of a bad group of a rule of one line: adds the files of bad groups of its key in other homes,
 * which are the reason if they are those that it lacks. */
static void
groups_join_homes(struct groups *g, struct pending_group *group)
{
	struct pending_group *other = NULL;
	while ((other = pending_next_same_key(&g->pending, group, other)) != NULL) {
		struct assembled a;
		if (other->count == 0 || (other->list != &g->ready && other->list != &g->held))
			continue;
		groups_read(g, other, &a);
		groups_judge(g, &a);
		if (a.bad)
			pending_take_files(group, other);
	}
}

void
groups_leave(struct groups *g, const struct directory *dir)
{
	groups_forget_dir(g);
	if (dir->depth < DEPTHS)
		pending_move_all(&g->open[dir->depth], &g->ready);
}

void
groups_release(struct groups *g)
{
	pending_move_all(&g->held_in_archive, &g->ready);
	pending_move_all(&g->held, &g->ready);
}

void
groups_end(struct groups *g)
{
	groups_forget_dir(g);
	g->ended = true;
	groups_release(g);
	for (size_t i = DEPTHS; i-- > 0;)
		pending_move_all(&g->open[i], &g->ready);
	pending_move_all(&g->waiting, &g->ready);
}

/* Whether a bad group of a rule of one line is to wait for the end: another directory may have the
 * files that it lacks, and that is then the reason. */
static bool
groups_puts_off(struct groups *g, const struct assembled *a)
{
	struct pending_group *group = g->last;
	if (!a->bad || a->one_file_bad || !group->home || group->put_off || g->ended)
		return false;
	group->put_off = true;
	groups_hold(g, group, &g->held, HOLD);
	return true;
}

/* Sets *out to the first group that is ready and frees the one before it. False: there is none. */
static bool
groups_take(struct groups *g, struct assembled *out)
{
	if (g->last)
		pending_drop(&g->pending, g->last);
	while ((g->last = g->ready.first) != NULL) {
		if (g->last->count == 0) { /* another one has taken its files */
			pending_drop(&g->pending, g->last);
			continue;
		}
		groups_read(g, g->last, out);
		groups_judge(g, out);
		if (!groups_puts_off(g, out))
			break;
	}
	if (g->last && out->bad && g->last->home) {
		groups_join_homes(g, g->last);
		groups_read(g, g->last, out);
		groups_judge(g, out);
	}
	return g->last != NULL;
}

bool
groups_next(struct groups *g, struct assembled *out)
{
	if (g->has_single) {
		g->has_single = false;
		*out = g->single;
		if (!out->bad)
			groups_judge(g, out);
	} else if (!groups_take(g, out)) {
		return false;
	}
	if (!out->bad)
		keyset_add(&g->keys, hash_bytes(out->key, out->key_len));
	return true;
}

struct groups_counts
groups_counts(const struct groups *g)
{
	return g->counts;
}

const uint64_t *
groups_taken(const struct groups *g, size_t *lines)
{
	*lines = matcher_lines(g->matcher);
	return g->taken;
}

void
groups_free(struct groups *g)
{
	groups_end(g);
	while (g->ready.first)
		pending_drop(&g->pending, g->ready.first);
	pending_free(&g->pending);
	keyset_free(&g->keys);
	matcher_free(g->matcher);
	free(g->taken);
	free(g->levels);
	free(g->files);
	buf_free(&g->why);
	buf_free(&g->label);
	buf_free(&g->ranks);
	free(g);
}
