#include "scan/assemble.h"

#include "base/error.h"
#include "scan/complaint.h"
#include "scan/match.h"
#include "scan/unfinished.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

struct assembler {
	const struct rule *const *rules;
	uint64_t *taken; /* files, of each of their lines */
	const struct assemble_sink *sink;
	struct matcher *matcher;
	struct assemble_counts counts;

	const struct directory *dir; /* of the last file */
	uint64_t dir_number;

	/* Groups by home: [0] is that of rules that are spread, and of groups at home above the
	 * root; [d + 1] that of groups in a directory of depth d. */
	struct unfinished *homes;
	size_t home_count;

	/* The group that is handed out, and a file's captures before that. */
	struct assembled_file *files;
	size_t file_capacity;
	struct buf text;
	struct buf why;
	bool any_order;
	bool no_memory;
};

bool
assemble_wanted(const char *name)
{
	return match_stem(name) > 0;
}

struct assembler *
assemble_new(const struct rule *const *rules, size_t count, const struct assemble_sink *sink)
{
	struct assembler *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->rules = rules;
	a->sink = sink;
	a->matcher = matcher_new(rules, count);
	if (a->matcher)
		a->taken = calloc(matcher_lines(a->matcher) + 1, sizeof *a->taken);
	if (!a->taken) {
		assemble_free(a);
		return NULL;
	}
	return a;
}

/* Where a group waits. One home a depth, not one a directory: of those that are open no two have the same
 * depth, and a home that was emptied serves the next directory of its depth. */
static struct unfinished *
assemble_home(struct assembler *a, size_t depth, const struct rule_line *line)
{
	size_t i = a->any_order || line->rule->spread || depth < line->levels
	               ? 0
	               : depth - line->levels + 1;
	if (i >= a->home_count) {
		size_t count = i + 8;
		struct unfinished *homes = realloc(a->homes, count * sizeof *homes);
		if (!homes)
			return NULL;
		memset(homes + a->home_count, 0, (count - a->home_count) * sizeof *homes);
		a->homes = homes;
		a->home_count = count;
	}
	return &a->homes[i];
}

/* ---- a group that is done ---- */

static int
assemble_compare_files(const void *va, const void *vb)
{
	const struct assembled_file *a = va, *b = vb;
	if (a->line != b->line)
		return a->line->number < b->line->number ? -1 : 1;
	int order = strcmp(a->label, b->label);
	if (order != 0)
		return order;
	if (a->band != b->band)
		return a->band < b->band ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Appends what a line's label makes of captures. Returns its offset, or -1. */
static long
assemble_label(struct buf *text, const struct rule_line *line, const char *captures)
{
	struct regex_match m = {{0}, {0}};
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		if (!(line->label_captures >> n & 1))
			continue;
		m.start[n] = captures;
		m.len[n] = strlen(captures);
		captures += m.len[n] + 1;
	}
	size_t at = text->len, len = line_expand(line->label, &m, NULL, 0);
	if (buf_reserve(text, len + 1) != 0)
		return -1;
	line_expand(line->label, &m, text->data + at, len);
	text->data[at + len] = '\0';
	text->len += len + 1;
	return (long)at;
}

/* Reads the files of a group into a->files, in order. */
static int
assemble_take_files(
    struct assembler *a, const struct unfinished *u, uint32_t group, const struct rule *r)
{
	size_t count = unfinished_files(u, group);
	if (count > a->file_capacity) {
		struct assembled_file *files = realloc(a->files, count * sizeof *files);
		if (!files)
			return -1;
		a->files = files;
		a->file_capacity = count;
	}
	a->text.len = 0;
	/* From the last file to the first: they are chained so that adding one touches nothing else. */
	uint32_t at = 0;
	for (size_t i = count; i-- > 0;) {
		struct unfinished_file f;
		at = unfinished_read(u, group, at, &f, &a->text);
		if (at == 0)
			return -1;
		struct assembled_file *file = &a->files[i];
		const struct rule_line *line = r->line[f.line];
		*file = (struct assembled_file){
		    .dir = f.dir, .where = f.where, .line = line, .band = f.band, .order = i};
		long label = line->labelled ? assemble_label(&a->text, line, f.captures) : 0;
		if (label < 0)
			return -1;
		/* Offsets until the text no longer moves. */
		file->name = (const char *)(uintptr_t)f.name;
		file->label = (const char *)(uintptr_t)label;
	}
	for (size_t i = 0; i < count; i++) {
		struct assembled_file *file = &a->files[i];
		file->name = a->text.data + (uintptr_t)file->name;
		file->label = file->line->labelled ? a->text.data + (uintptr_t)file->label
		                                   : file->line->label;
	}
	qsort(a->files, count, sizeof *a->files, assemble_compare_files);
	return 0;
}

/* Hands out a group that is complete, and, at the end, one that is not. *done tells whether it did.
 * False: end. */
static bool
assemble_hand_out(
    struct assembler *a, const struct unfinished *u, uint32_t group, bool end, bool *done)
{
	size_t number;
	struct assembled g = {0};
	g.key = unfinished_key(u, group, &g.key_len, &number);
	g.rule = a->rules[number];
	g.count = unfinished_files(u, group);
	*done = end;
	a->why.len = 0;
	int bad = -1;
	if (assemble_take_files(a, u, group, g.rule) == 0) {
		g.files = a->files;
		bad = complaint(&g, &a->why);
	}
	if (bad < 0) {
		a->no_memory = true;
		return false;
	}
	if (bad == 0) {
		*done = true;
		return a->sink->group(a->sink->context, &g);
	}
	if (end && a->sink->bad)
		a->sink->bad(a->sink->context, &g, a->why.data);
	return true;
}

static bool
assemble_hand_out_home(struct assembler *a, size_t i)
{
	if (i >= a->home_count)
		return true;
	struct unfinished *u = &a->homes[i];
	bool go_on = true, done;
	for (uint32_t group = u->first; go_on && group != 0; group = unfinished_next(u, group))
		go_on = assemble_hand_out(a, u, group, true, &done);
	unfinished_clear(u);
	return go_on;
}

/* ---- files ---- */

/* A file whose match gives no key that can be stored. */
static void
assemble_bad_key(struct assembler *a, const struct assembled *one, size_t len)
{
	struct error why;
	const char *name = one->files->name;
	if (!a->sink->bad)
		return;
	if (len == 0)
		error_set(&why, "%s: the rule makes an empty key of it; not listed", name);
	else
		error_set(&why, "%s: the key has %zu bytes, more than %d; not listed", name, len,
		    KEY_MAX);
	a->sink->bad(a->sink->context, one, why.text);
}

/* The captures that the line's label is made of, joined, in a->text. */
static int
assemble_take_captures(struct assembler *a, const struct match *m)
{
	a->text.len = 0;
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		if (!(m->line->label_captures >> n & 1))
			continue;
		if (buf_add(&a->text, m->captures.start[n], m->captures.len[n]) != 0 ||
		    buf_add(&a->text, "", 1) != 0)
			return -1;
	}
	return 0;
}

static bool
assemble_keep(struct assembler *a, const struct directory *dir, const struct match *m,
    const struct assembled *one)
{
	const struct rule *rule = one->rule;
	const struct assembled_file *file = one->files;
	struct unfinished *home = assemble_home(a, dir->depth, m->line);
	bool spread = a->any_order || rule->spread;
	/* Not before those of its directory that are unfinished. */
	if (home && rule->files == 1 && !rule->open &&
	    (a->any_order || (home->count == 0 && !rule->spread)))
		return a->sink->group(a->sink->context, one);
	if (!home || assemble_take_captures(a, m) != 0)
		goto no_memory;
	struct unfinished_file f = {.dir = file->dir,
	    .captures = a->text.data,
	    .where = file->where,
	    .line = m->line->number,
	    .band = m->band};
	uint32_t group = unfinished_group(home, m->rule, one->key, one->key_len);
	if (group == 0 ||
	    unfinished_put(home, group, &f, file->name, a->text.len, a->dir_number) != 0)
		goto no_memory;
	/* That many files, once each, are all that there can be. */
	bool go_on = true, done = false;
	if (spread && !rule->open && unfinished_files(home, group) == rule->files)
		go_on = assemble_hand_out(a, home, group, false, &done);
	if (done)
		unfinished_drop(home, group);
	return go_on;
no_memory:
	a->no_memory = true;
	return false;
}

void
assemble_in_any_order(struct assembler *a, bool any_order)
{
	a->any_order = any_order;
	a->dir = NULL;
	matcher_forget(a->matcher);
}

bool
assemble_file(struct assembler *a, const struct directory *dir, const char *name, const char *real,
    uint64_t where)
{
	struct match m;
	char key[KEY_MAX + 1];
	if (match_is_companion(name)) {
		a->counts.companions++;
		return true;
	}
	a->counts.files++;
	if (a->dir != dir) {
		a->dir = dir;
		a->dir_number++;
	}
	if (matcher_file(a->matcher, dir, name, real, &m) != 0) {
		a->no_memory = true;
		return false;
	}
	if (!m.line) {
		a->counts.unmatched += !m.other_band;
		a->counts.other_band += m.other_band;
		return true;
	}
	a->taken[m.number]++;
	size_t key_len = line_expand(m.line->key, &m.captures, key, KEY_MAX);
	key[key_len < KEY_MAX ? key_len : KEY_MAX] = '\0';
	struct assembled_file file = {.dir = dir->path,
	    .name = name,
	    .where = where,
	    .line = m.line,
	    .label = m.line->labelled ? "" : m.line->label,
	    .band = m.band};
	struct assembled one = {m.line->rule, key, strlen(key), &file, 1};
	if (key_len == 0 || key_len > KEY_MAX) {
		assemble_bad_key(a, &one, key_len);
		return true;
	}
	return assemble_keep(a, dir, &m, &one);
}

bool
assemble_leave(struct assembler *a, const struct directory *dir)
{
	a->dir = NULL; /* its memory may soon be another directory's */
	matcher_forget(a->matcher);
	return assemble_hand_out_home(a, dir->depth + 1);
}

bool
assemble_end(struct assembler *a)
{
	return assemble_hand_out_home(a, 0);
}

bool
assemble_no_memory(const struct assembler *a)
{
	return a->no_memory;
}

struct assemble_counts
assemble_counts(const struct assembler *a)
{
	return a->counts;
}

const uint64_t *
assemble_taken(const struct assembler *a, size_t *lines)
{
	*lines = matcher_lines(a->matcher);
	return a->taken;
}

void
assemble_free(struct assembler *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->home_count; i++)
		unfinished_free(&a->homes[i]);
	matcher_free(a->matcher);
	free(a->taken);
	free(a->homes);
	free(a->files);
	buf_free(&a->text);
	buf_free(&a->why);
	free(a);
}
