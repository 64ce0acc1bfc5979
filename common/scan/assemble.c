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

struct assembler {
	const struct rule *const *rules;
	size_t rule_count;
	const struct assemble_sink *sink;
	size_t slashes; /* at most, in any pattern */
	struct assemble_counts counts;

	const struct directory *dir; /* that `real` and `met` are set to */
	uint64_t dir_number;
	struct subject real, met, link;

	struct unfinished
	    *homes; /* [0]: groups at home above the root, [d + 1]: in a directory of depth d */
	size_t home_count;
	struct assembled_file *files; /* of the group that is handed out */
	size_t file_capacity;
	struct buf why;
	bool no_memory;
};

/* The length of a name without its ending, or 0 if it is another. */
static size_t
assemble_stem(const char *name)
{
	size_t len = strlen(name);
	if (len > 4 && strcasecmp(name + len - 4, ".tif") == 0)
		return len - 4;
	if (len > 5 && strcasecmp(name + len - 5, ".tiff") == 0)
		return len - 5;
	return 0;
}

bool
assemble_wanted(const char *name)
{
	return assemble_stem(name) > 0;
}

struct assembler *
assemble_new(const struct rule *const *rules, size_t count, const struct assemble_sink *sink)
{
	struct assembler *g = calloc(1, sizeof *g);
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
			assemble_free(g);
			return NULL;
		}
	}
	return g;
}

/* Sets a subject to a directory, an absolute path of `len` bytes. */
static bool
subject_set(const struct assembler *g, struct subject *s, const char *dir, size_t len)
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
subject_match(
    struct assembler *g, struct subject *s, const char *name, size_t len, struct pattern_match *m)
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
assemble_set_dir(struct assembler *g, const struct directory *dir)
{
	if (g->dir == dir)
		return true;
	if (!subject_set(g, &g->real, dir->real, strlen(dir->real)) ||
	    (dir->met != dir->real && !subject_set(g, &g->met, dir->met, strlen(dir->met)))) {
		g->no_memory = true;
		return false;
	}
	g->dir = dir;
	g->dir_number++;
	return true;
}

/* Matches the real path, then the path as met. */
static size_t
assemble_match(struct assembler *g, const struct directory *dir, const char *name, const char *real,
    struct pattern_match *m)
{
	size_t len = assemble_stem(name), i = g->rule_count;
	if (real) {
		const char *real_name = strrchr(real, '/') + 1;
		size_t real_len = assemble_stem(real_name);
		if (!subject_set(g, &g->link, real, (size_t)(real_name - real)))
			g->no_memory = true;
		else if (real_len > 0)
			i = subject_match(g, &g->link, real_name, real_len, m);
	}
	bool linked_dir = dir->met != dir->real;
	if (i == g->rule_count && (!real || !linked_dir))
		i = subject_match(g, &g->real, name, len, m);
	if (i == g->rule_count && linked_dir)
		i = subject_match(g, &g->met, name, len, m);
	return i;
}

static struct unfinished *
assemble_home(struct assembler *g, size_t depth, size_t levels)
{
	size_t i = depth < levels ? 0 : depth - levels + 1;
	if (i >= g->home_count) {
		size_t count = i + 8;
		struct unfinished *homes = realloc(g->homes, count * sizeof *homes);
		if (!homes)
			return NULL;
		memset(homes + g->home_count, 0, (count - g->home_count) * sizeof *homes);
		g->homes = homes;
		g->home_count = count;
	}
	return &g->homes[i];
}

/* A file whose match gives no key that can be stored. */
static void
assemble_bad_key(
    struct assembler *g, struct assembled *one, const struct assembled_file *file, size_t len)
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
assemble_file(struct assembler *g, const struct directory *dir, const char *name, const char *real,
    uint64_t where)
{
	struct pattern_match m;
	char key[KEY_MAX + 1];
	g->counts.files++;
	if (!assemble_set_dir(g, dir))
		return false;
	size_t number = assemble_match(g, dir, name, real, &m);
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
	struct assembled_file file = {dir->path, name, where};
	struct assembled one = {rule, key, strlen(key), &file, 1, 0};
	if (key_len == 0 || key_len > KEY_MAX) {
		assemble_bad_key(g, &one, &file, key_len);
		return true;
	}
	struct unfinished *home = assemble_home(g, dir->depth, rule->levels);
	if (home && home->count == 0 && !rule->capture)
		return g->sink->group(g->sink->context, &one);
	size_t count = rule->capture ? rule->bands.count : 1;
	struct unfinished_group *group = home ? unfinished_group(home, number, key, key_len, count)
	                                      : NULL;
	if (!group ||
	    unfinished_put(home, group, (size_t)band, dir->path, g->dir_number, name, where) != 0) {
		g->no_memory = true;
		return false;
	}
	return true;
}

/* DIR/NAME, only "/" needs no slash. */
static int
path_add(struct buf *out, const char *dir, const char *name,
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
path_plain(struct buf *out, const char *bytes, size_t len)
{
	return buf_add(out, bytes, len);
}

int
assemble_path(const struct assembled_file *file, struct buf *out)
{
	return path_add(out, file->dir, file->name, path_plain);
}

static int
why_add(struct buf *why, const char *words)
{
	return buf_add(why, words, strlen(words));
}

/* "missing B05,B12 (2 of 12 bands); not listed" */
static int
why_missing(struct buf *why, const struct assembled *group, size_t missing)
{
	char numbers[80];
	const char *before = "missing ";
	for (size_t i = 0; i < group->count; i++) {
		if (group->files[i].name)
			continue;
		if (why_add(why, before) != 0 || why_add(why, group->rule->bands.name[i]) != 0)
			return -1;
		before = ",";
	}
	snprintf(numbers, sizeof numbers, " (%zu of %zu bands); not listed", missing, group->count);
	return why_add(why, numbers);
}

/* "two files for VH: /d/x_VH.tif and /d/x_VH.tiff; not listed" */
static int
why_twice(
    struct buf *why, const struct assembled *group, size_t file, const struct assembled_file *again)
{
	if (why_add(why, "two files") != 0)
		return -1;
	if (group->rule->capture &&
	    (why_add(why, " for ") != 0 || why_add(why, group->rule->bands.name[file]) != 0))
		return -1;
	const struct assembled_file *before = &group->files[file];
	if (why_add(why, ": ") != 0 || assemble_path(before, why) != 0 ||
	    why_add(why, " and ") != 0 || assemble_path(again, why) != 0)
		return -1;
	return why_add(why, "; not listed");
}

static int
assemble_take_files(
    struct assembler *g, const struct unfinished *p, const struct unfinished_group *pg)
{
	const char *text = p->text.data;
	if (pg->count > g->file_capacity) {
		struct assembled_file *files = realloc(g->files, pg->count * sizeof *files);
		if (!files)
			return -1;
		g->files = files;
		g->file_capacity = pg->count;
	}
	for (size_t i = 0; i < pg->count; i++) {
		struct unfinished_place at = p->places[pg->places + i];
		g->files[i].dir = text + at.dir;
		g->files[i].name = at.name ? text + at.name : NULL;
		g->files[i].where = at.where;
	}
	return 0;
}

static bool
assemble_hand_out(
    struct assembler *g, const struct unfinished *p, const struct unfinished_group *pg)
{
	const char *text = p->text.data;
	int status = assemble_take_files(g, p, pg);
	struct assembled group = {
	    g->rules[pg->rule], text + pg->key, pg->key_len, g->files, pg->count, pg->first};
	if (status == 0 && !pg->twice && pg->found == pg->count)
		return g->sink->group(g->sink->context, &group);
	if (status == 0 && !g->sink->bad)
		return true;
	g->why.len = 0;
	if (status == 0 && pg->twice)
		status = why_twice(&g->why, &group, pg->twice - 1,
		    &(struct assembled_file){
		        text + pg->again.dir, text + pg->again.name, pg->again.where});
	else if (status == 0)
		status = why_missing(&g->why, &group, pg->count - pg->found);
	if (status != 0 || buf_add(&g->why, "", 1) != 0) {
		g->no_memory = true;
		return false;
	}
	g->sink->bad(g->sink->context, &group, g->why.data);
	return true;
}

static bool
assemble_hand_out_home(struct assembler *g, size_t i)
{
	if (i >= g->home_count)
		return true;
	struct unfinished *p = &g->homes[i];
	bool go_on = true;
	for (size_t n = 0; go_on && n < p->count; n++)
		go_on = assemble_hand_out(g, p, &p->groups[n]);
	unfinished_clear(p);
	return go_on;
}

bool
assemble_leave(struct assembler *g, const struct directory *dir)
{
	g->dir = NULL; /* its memory may soon be another directory's */
	return assemble_hand_out_home(g, dir->depth + 1);
}

bool
assemble_end(struct assembler *g)
{
	return assemble_hand_out_home(g, 0);
}

bool
assemble_no_memory(const struct assembler *g)
{
	return g->no_memory;
}

struct assemble_counts
assemble_counts(const struct assembler *g)
{
	return g->counts;
}

void
assemble_free(struct assembler *g)
{
	if (!g)
		return;
	struct subject *subjects[] = {&g->real, &g->met, &g->link};
	for (size_t i = 0; i < 3; i++) {
		buf_free(&subjects[i]->text);
		free(subjects[i]->tail);
	}
	for (size_t i = 0; i < g->home_count; i++)
		unfinished_free(&g->homes[i]);
	free(g->homes);
	free(g->files);
	buf_free(&g->why);
	free(g);
}

int
assemble_line(const struct assembled *g, struct buf *out)
{
	if (group_escape(out, g->key, g->key_len) != 0)
		return -1;
	for (size_t i = 0; i < g->count; i++) {
		const char *names = g->rule->capture ? g->rule->bands.name[i] : g->rule->tensors;
		if (buf_add(out, "\t", 1) != 0 || buf_add(out, names, strlen(names)) != 0 ||
		    buf_add(out, "=", 1) != 0 ||
		    path_add(out, g->files[i].dir, g->files[i].name, group_escape) != 0)
			return -1;
	}
	return 0;
}
