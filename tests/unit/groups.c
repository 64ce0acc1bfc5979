/* The life of a group: when it is returned, with which files, and what is said of a bad one. */

#include "scan/groups.h"

#include "base/alloc.h"
#include "base/path.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* Two bands of one line; of two lines; a file alone; as many as there are. */
static const char one[] = "m\t(p[0-9]+)_(a|b)\t\\1\t\\2:a,b\t0\n";
static const char folder[] = "m\t[^/]+/(p[0-9]+)_(a|b)\t\\1\t\\2:a,b\t0\n";
static const char two[] = "m\t(p[0-9]+)_a\t\\1\ta\t0\nm\t(p[0-9]+)_b\t\\1\tb\t0\n";
static const char single[] = "m\t(p[0-9]+)_a\t\\1\ta\t0\n";
static const char times[] = "m\t(p[0-9]+)_([0-9]+)\t\\1\tt\\#2\t0\n";

/* Steps: "d/p1_a" a file in a tree, "+d/p1_a" in an archive; "^" what is complete is released, "."
 * the end. What comes: a key with its files, or with the reason; "," after each step. */
static const struct {
	const char *what, *rule, *steps, *wanted;
} stories[] = {
    {"held back while little is", one, "d/p1_a d/p1_b ^", ",,p1 d/p1_a d/p1_b,"},
    {"... also in two folders of its home", folder, "d/x/p1_a d/y/p1_b ^",
        ",,p1 d/x/p1_a d/y/p1_b,"},
    {"its files in the order of the bands", one, "d/p1_b d/p1_a ^", ",,p1 d/p1_a d/p1_b,"},
    {"a second file for a band", one, "d/p1_a d/p1_b d/p1_b .", ",,,p1: two files for,"},
    {"a file alone", single, "d/p1_a ^ .", ",p1 d/p1_a,,"},
    {"two of them", single, "d/p1_a e/p1_a ^ .", ",,,p1: two files for,"},
    {"... after one was returned", single, "d/p1_a ^ e/p1_a .", ",p1 d/p1_a,,p1: duplicate key,"},
    {"incomplete until the end", one, "d/p1_a ^ .", ",,p1: incomplete: 1,"},
    {"halves in two homes", one, "d/p1_a e/p1_b ^ .", ",,,p1: one line find,"},
    {"the same half in two homes", one, "d/p1_a e/p1_a ^ .", ",,,p1: two files for,"},
    {"a second copy", one, "d/p1_a d/p1_b e/p1_a e/p1_b ^ .", ",,,,,p1: two files for,"},
    {"... after one was returned", one, "d/p1_a d/p1_b ^ e/p1_a e/p1_b .",
        ",,p1 d/p1_a d/p1_b,,,p1: duplicate key,"},
    {"half a copy before it", one, "d/p1_a e/p1_a e/p1_b ^ .", ",,,,p1: two files for,"},
    {"... behind it", one, "d/p1_a d/p1_b ^ e/p1_b .", ",,p1 d/p1_a d/p1_b,,p1: duplicate key,"},
    {"two lines: anywhere", two, "d/p1_a e/p1_b ^ .", ",,p1 d/p1_a e/p1_b,,"},
    {"two lines: a second file for one", two, "d/p1_a e/p1_b f/p1_b ^ .", ",,,,p1: two files for,"},
    {"an open number of files: the end", times, "d/p1_7 d/p1_5 ^ .", ",,,p1 d/p1_5 d/p1_7,"},
    {"an archive in any order", one, "+d/p1_a +d/p1_b +e/p2_a +d/p1_b ^ .",
        ",,,,p1 d/p1_a d/p1_b,p2: incomplete: 1,"},
    {"a tree and an archive are different homes", one, "d/p1_a +d/p1_b ^ .",
        ",,,p1: one line find,"},
    {"homes above the root of an archive", folder, "+d/p1_a +p1_b ^ .", ",,,p1: one line find,"},
};

struct telling {
	struct groups *groups;
	char text[1000];
};

static void
tell(struct telling *t, const char *words, const char *more)
{
	size_t len = strlen(t->text);
	snprintf(t->text + len, sizeof t->text - len, "%s%s", words, more);
}

/* All that is returned now. */
static void
tell_groups(struct telling *t)
{
	const struct assembled *g;
	while ((g = groups_next(t->groups)) != NULL) {
		tell(t, g->key, "");
		for (size_t i = 0; !g->bad && i < g->count; i++) {
			struct buf path = {0};
			path_add(&path, g->files[i].dir->path, g->files[i].name);
			path.data[path.len - strlen(".tif")] = '\0';
			tell(t, " ", path.data + strlen("/r/"));
			buf_free(&path);
		}
		if (g->bad) {
			char reason[14]; /* its start */
			snprintf(reason, sizeof reason, "%s", g->bad);
			tell(t, ": ", reason);
		}
	}
	tell(t, ",", "");
}

static void
give_file(struct groups *g, const char *path, bool archive)
{
	struct buf dir_path = {0};
	const char *name = path_name(path);
	buf_add(&dir_path, "/r", 3);
	if (name > path) {
		dir_path.len--;
		buf_add(&dir_path, "/", 1);
		buf_add(&dir_path, path, (size_t)(name - path) - 1);
		buf_add(&dir_path, "", 1);
	}
	struct directory dir = {.path = dir_path.data,
	    .real = dir_path.data,
	    .path_as_given = dir_path.data,
	    .archive = archive ? 2 : 0};
	struct archive_file file = {.archive = "x.tar"};
	struct found f = {.dir = &dir, .name = name, .file = archive ? &file : NULL};
	if (groups_match(g, &f))
		groups_add(g, &f);
	buf_free(&dir_path);
}

static void
give(struct telling *t, const char *step)
{
	if (*step == '^')
		groups_release(t->groups);
	else if (*step == '.')
		groups_end(t->groups);
	else {
		char name[64];
		snprintf(name, sizeof name, "%s.tif", step + (*step == '+'));
		give_file(t->groups, name, *step == '+');
	}
	tell_groups(t);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		struct rules rules = {0};
		struct error why;
		struct telling t = {.text = ""};
		char *steps = xstrdup(stories[i].steps);
		rules_parse(&rules, "rule", stories[i].rule, strlen(stories[i].rule), &why);
		t.groups = groups_new(
		    (const struct rule *const *)rules.rule, rules.count, UINT64_MAX);
		for (char *step = strtok(steps, " "); step; step = strtok(NULL, " "))
			give(&t, step);
		ok(strcmp(t.text, stories[i].wanted) == 0, "%s: %s: %s", stories[i].what,
		    stories[i].steps, t.text);
		groups_free(t.groups);
		rules_free(&rules);
		free(steps);
	}
	return tap_done();
}
