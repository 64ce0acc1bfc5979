#include "scan/assemble.h"

#include "base/error.h"
#include "scan/unfinished.h"
#include "stream/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What patterns are matched against: a directory's path with a slash at its end, to which the
 * names of its files are appended in turn. */
struct subject {
	struct buf text;
	size_t base;  /* bytes of the directory */
	size_t *tail; /* tail[k]: where its last k components begin */
	size_t tails; /* as many as there are components, or as any rule needs */
};

struct gather {
	const struct rule *const *rules;
	size_t rule_count;
	const struct gather_sink *sink;
	size_t slashes; /* at most, in any pattern */
	struct gather_counts counts;

	const struct walk_dir *dir; /* that `real` and `met` are set to */
	uint64_t dir_number;
	struct subject real, met, link;

	struct pile
	    *piles; /* [0]: groups at home above the root, [d + 1]: in a directory of depth d */
	size_t pile_count;
	struct gather_file *files; /* of the group that is handed out */
	size_t file_capacity;
	struct buf why;
	bool no_memory;
};

/* The length of a name without its ending, or 0 if it is another. */
static size_t
stem(const char *name)
{
	size_t len = strlen(name);
	if (len > 4 && strcasecmp(name + len - 4, ".tif") == 0)
		return len - 4;
	if (len > 5 && strcasecmp(name + len - 5, ".tiff") == 0)
		return len - 5;
	return 0;
}

bool
gather_wanted(const char *name)
{
	return stem(name) > 0;
}

struct gather *
gather_new(const struct rule *const *rules, size_t count, const struct gather_sink *sink)
{
	struct gather *g = calloc(1, sizeof *g);
	if (!g)
		return NULL;
	g->rules = rules;
	g->rule_count = count;
	g->sink = sink;
	for (size_t i = 0; i < count; i++) {
		if (rules[i]->pattern.slashes > g->slashes)
			g->slashes = rules[i]->pattern.slashes;
	}
	struct subject *subjects[] = {&g->real, &g->met, &g->link};
	for (size_t i = 0; i < 3; i++) {
		subjects[i]->tail = malloc((g->slashes + 1) * sizeof *subjects[i]->tail);
		if (!subjects[i]->tail) {
			gather_free(g);
			return NULL;
		}
	}
	return g;
}

/* Sets a subject to a directory, an absolute path of `len` bytes. */
static bool
set_subject(const struct gather *g, struct subject *s, const char *dir, size_t len)
{
	s->text.len = 0;
	if (buf_add(&s->text, dir, len) != 0)
		return false;
	if ((len == 0 || dir[len - 1] != '/') && buf_add(&s->text, "/", 1) != 0)
		return false;
	s->base = s->text.len;
	s->tails = 0;
	for (size_t at = s->base; s->tails <= g->slashes; at--) {
		if (s->text.data[at - 1] == '/')
			s->tail[s->tails++] = at;
		if (at == 1)
			break;
	}
	return true;
}

/* The first rule that matches a file of the subject's directory, or rule_count. */
static size_t
match(struct gather *g, struct subject *s, const char *name, size_t len, struct pattern_match *m)
{
	s->text.len = s->base;
	if (buf_reserve(&s->text, len + 1) != 0) {
		g->no_memory = true;
		return g->rule_count;
	}
	memcpy(s->text.data + s->base, name, len);
	s->text.data[s->base + len] = '\0';
	size_t i = 0;
	for (; i < g->rule_count; i++) {
		unsigned slashes = g->rules[i]->pattern.slashes;
		if (slashes >= s->tails)
			continue;
		size_t from = s->tail[slashes];
		if (pattern_match(
		        &g->rules[i]->pattern, s->text.data + from, s->base + len - from, m))
			break;
	}
	return i;
}

static bool
set_dir(struct gather *g, const struct walk_dir *dir)
{
	if (g->dir == dir)
		return true;
	if (!set_subject(g, &g->real, dir->real, strlen(dir->real)) ||
	    (dir->met != dir->real && !set_subject(g, &g->met, dir->met, strlen(dir->met)))) {
		g->no_memory = true;
		return false;
	}
	g->dir = dir;
	g->dir_number++;
	return true;
}

/* Matches the real path, then the path as met. */
static size_t
match_file(struct gather *g, const struct walk_dir *dir, const char *name, const char *real,
    struct pattern_match *m)
{
	size_t len = stem(name), i = g->rule_count;
	if (real) {
		const char *real_name = strrchr(real, '/') + 1;
		size_t real_len = stem(real_name);
		if (!set_subject(g, &g->link, real, (size_t)(real_name - real)))
			g->no_memory = true;
		else if (real_len > 0)
			i = match(g, &g->link, real_name, real_len, m);
	}
	bool linked_dir = dir->met != dir->real;
	if (i == g->rule_count && (!real || !linked_dir))
		i = match(g, &g->real, name, len, m);
	if (i == g->rule_count && linked_dir)
		i = match(g, &g->met, name, len, m);
	return i;
}

static struct pile *
home_pile(struct gather *g, size_t depth, size_t levels)
{
	size_t i = depth < levels ? 0 : depth - levels + 1;
	if (i >= g->pile_count) {
		size_t count = i + 8;
		struct pile *piles = realloc(g->piles, count * sizeof *piles);
		if (!piles)
			return NULL;
		memset(piles + g->pile_count, 0, (count - g->pile_count) * sizeof *piles);
		g->piles = piles;
		g->pile_count = count;
	}
	return &g->piles[i];
}

/* A file whose match gives no key that can be stored. */
static void
bad_key(struct gather *g, struct gathered *one, const struct gather_file *file, size_t len)
{
	struct error why;
	if (!g->sink->bad)
		return;
	if (len == 0)
		error_set(&why, "%s: the rule makes an empty key of it; not listed", file->name);
	else
		error_set(&why, "%s: the key has %zu bytes, more than %d; not listed", file->name,
		    len, KEY_MAX);
	g->sink->bad(g->sink->context, one, why.text);
}

bool
gather_file(struct gather *g, const struct walk_dir *dir, const char *name, const char *real)
{
	struct pattern_match m;
	char key[KEY_MAX + 1];
	g->counts.files++;
	if (!set_dir(g, dir))
		return false;
	size_t number = match_file(g, dir, name, real, &m);
	if (g->no_memory)
		return false;
	if (number == g->rule_count) {
		g->counts.unmatched++;
		return true;
	}
	const struct rule *rule = g->rules[number];
	long band = rule->capture ? rule_band(rule, m.start[rule->capture], m.len[rule->capture])
	                          : 0;
	if (band < 0) {
		g->counts.other_band++;
		return true;
	}
	size_t key_len = rule_key(rule, &m, key, KEY_MAX);
	key[key_len < KEY_MAX ? key_len : KEY_MAX] = '\0';
	struct gather_file file = {dir->path, name};
	struct gathered one = {rule, key, strlen(key), &file, 1, 0};
	if (key_len == 0 || key_len > KEY_MAX) {
		bad_key(g, &one, &file, key_len);
		return true;
	}
	struct pile *pile = home_pile(g, dir->depth, rule->levels);
	if (pile && pile->count == 0 && !rule->capture)
		return g->sink->group(g->sink->context, &one);
	size_t count = rule->capture ? rule->bands.count : 1;
	struct pile_group *group = pile ? pile_group(pile, number, key, key_len, count) : NULL;
	if (!group || pile_put(pile, group, (size_t)band, dir->path, g->dir_number, name) != 0) {
		g->no_memory = true;
		return false;
	}
	return true;
}

/* DIR/NAME, only "/" needs no slash. */
static int
add_path(struct buf *out, const char *dir, const char *name,
    int (*add)(struct buf *, const char *, size_t))
{
	size_t len = strlen(dir);
	if (add(out, dir, len) != 0)
		return -1;
	if ((len == 0 || dir[len - 1] != '/') && add(out, "/", 1) != 0)
		return -1;
	return add(out, name, strlen(name));
}

static int
add_plain(struct buf *out, const char *bytes, size_t len)
{
	return buf_add(out, bytes, len);
}

int
gather_path(const struct gather_file *file, struct buf *out)
{
	return add_path(out, file->dir, file->name, add_plain);
}

static int
say(struct buf *why, const char *words)
{
	return buf_add(why, words, strlen(words));
}

/* "missing B05,B12 (2 of 12 bands); not listed" */
static int
say_missing(struct buf *why, const struct gathered *group, size_t missing)
{
	char numbers[80];
	const char *before = "missing ";
	for (size_t i = 0; i < group->count; i++) {
		if (group->files[i].name)
			continue;
		if (say(why, before) != 0 || say(why, group->rule->bands.name[i]) != 0)
			return -1;
		before = ",";
	}
	snprintf(numbers, sizeof numbers, " (%zu of %zu bands); not listed", missing, group->count);
	return say(why, numbers);
}

/* "two files for VH: /d/x_VH.tif and /d/x_VH.tiff; not listed" */
static int
say_twice(
    struct buf *why, const struct gathered *group, size_t file, const struct gather_file *again)
{
	if (say(why, "two files") != 0)
		return -1;
	if (group->rule->capture &&
	    (say(why, " for ") != 0 || say(why, group->rule->bands.name[file]) != 0))
		return -1;
	const struct gather_file *before = &group->files[file];
	if (say(why, ": ") != 0 || gather_path(before, why) != 0 || say(why, " and ") != 0 ||
	    gather_path(again, why) != 0)
		return -1;
	return say(why, "; not listed");
}

static int
take_files(struct gather *g, const struct pile *p, const struct pile_group *pg)
{
	const char *text = p->text.data;
	if (pg->count > g->file_capacity) {
		struct gather_file *files = realloc(g->files, pg->count * sizeof *files);
		if (!files)
			return -1;
		g->files = files;
		g->file_capacity = pg->count;
	}
	for (size_t i = 0; i < pg->count; i++) {
		struct pile_place at = p->places[pg->places + i];
		g->files[i].dir = text + at.dir;
		g->files[i].name = at.name ? text + at.name : NULL;
	}
	return 0;
}

static bool
hand_out(struct gather *g, const struct pile *p, const struct pile_group *pg)
{
	const char *text = p->text.data;
	int status = take_files(g, p, pg);
	struct gathered group = {
	    g->rules[pg->rule], text + pg->key, pg->key_len, g->files, pg->count, pg->first};
	if (status == 0 && !pg->twice && pg->found == pg->count)
		return g->sink->group(g->sink->context, &group);
	if (status == 0 && !g->sink->bad)
		return true;
	g->why.len = 0;
	if (status == 0 && pg->twice)
		status = say_twice(&g->why, &group, pg->twice - 1,
		    &(struct gather_file){text + pg->again.dir, text + pg->again.name});
	else if (status == 0)
		status = say_missing(&g->why, &group, pg->count - pg->found);
	if (status != 0 || buf_add(&g->why, "", 1) != 0) {
		g->no_memory = true;
		return false;
	}
	g->sink->bad(g->sink->context, &group, g->why.data);
	return true;
}

static bool
hand_out_pile(struct gather *g, size_t i)
{
	if (i >= g->pile_count)
		return true;
	struct pile *p = &g->piles[i];
	bool go_on = true;
	for (size_t n = 0; go_on && n < p->count; n++)
		go_on = hand_out(g, p, &p->groups[n]);
	pile_clear(p);
	return go_on;
}

bool
gather_leave(struct gather *g, const struct walk_dir *dir)
{
	g->dir = NULL; /* its memory may soon be another directory's */
	return hand_out_pile(g, dir->depth + 1);
}

bool
gather_end(struct gather *g)
{
	return hand_out_pile(g, 0);
}

bool
gather_no_memory(const struct gather *g)
{
	return g->no_memory;
}

struct gather_counts
gather_counts(const struct gather *g)
{
	return g->counts;
}

void
gather_free(struct gather *g)
{
	if (!g)
		return;
	struct subject *subjects[] = {&g->real, &g->met, &g->link};
	for (size_t i = 0; i < 3; i++) {
		buf_free(&subjects[i]->text);
		free(subjects[i]->tail);
	}
	for (size_t i = 0; i < g->pile_count; i++)
		pile_free(&g->piles[i]);
	free(g->piles);
	free(g->files);
	buf_free(&g->why);
	free(g);
}

int
gather_line(const struct gathered *g, struct buf *out)
{
	if (group_escape(out, g->key, g->key_len) != 0)
		return -1;
	for (size_t i = 0; i < g->count; i++) {
		const char *names = g->rule->capture ? g->rule->bands.name[i] : g->rule->tensors;
		if (buf_add(out, "\t", 1) != 0 || buf_add(out, names, strlen(names)) != 0 ||
		    buf_add(out, "=", 1) != 0 ||
		    add_path(out, g->files[i].dir, g->files[i].name, group_escape) != 0)
			return -1;
	}
	return 0;
}
