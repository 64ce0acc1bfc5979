#include "scan/complaint.h"

#include "base/error.h"
#include "tensor/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
why_add(struct buf *why, const char *words)
{
	return buf_add(why, words, strlen(words));
}

/* The end of every reason. Returns 1, or -1 when there is no memory. */
static int
why_end(struct buf *why)
{
	return buf_add(why, "; not listed", sizeof "; not listed") == 0 ? 1 : -1;
}

/* ---- two files for one name ---- */

/* "two files for VH: /d/x_VH.tif and /d/x_VH.tiff". `name` is NULL where there is but one file. */
static int
why_twice(struct buf *why, const char *name, const struct assembled_file *a,
    const struct assembled_file *b)
{
	if (a->order > b->order) {
		const struct assembled_file *swap = a;
		a = b;
		b = swap;
	}
	if (why_add(why, "two files") != 0)
		return -1;
	if (name && (why_add(why, " for ") != 0 || why_add(why, name) != 0))
		return -1;
	why_add(why, ": ");
	assembled_path(a, why);
	why_add(why, " and ");
	assembled_path(b, why);
	return why_end(why);
}

static bool
same_tensors(const struct assembled_file *a, const struct assembled_file *b)
{
	return a->line == b->line && a->band == b->band && strcmp(a->label, b->label) == 0;
}

/* Equal ones stand beside each other: the assembler has sorted them. */
static int
complain_twice(const struct assembled *g, struct buf *why)
{
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		if (!same_tensors(a, b))
			continue;
		struct buf name = {0};
		bool alone = g->rule->files == 1 && !g->rule->spread;
		int status = alone ? 0 : line_names(a->line, a->label, a->band, &name);
		if (status == 0 && !alone)
			status = buf_add(&name, "", 1);
		if (status == 0)
			status = why_twice(why, name.data, a, b);
		buf_free(&name);
		return status;
	}
	return 0;
}

/* ---- what is missing ---- */

/* Begins a reason, or goes on with it. */
static int
why_missing(struct buf *why, bool *begun)
{
	const char *words = *begun ? "; " : "missing ";
	*begun = true;
	return why_add(why, words);
}

/* A line without any file: "missing lc (no file like '(.*)_lc')". */
static int
missing_line(const struct rule_line *line, struct buf *why)
{
	if (why_add(why, line->label) != 0 ||
	    (line->capture > 0 && line->label[0] != '\0' && why_add(why, ":") != 0) ||
	    why_add(why, line->list) != 0 || why_add(why, " (no file like '") != 0)
		return -1;
	return why_add(why, line->pattern_text) != 0 ? -1 : why_add(why, "')");
}

/* The bands that a run of files of one line and label, `count` from `f` on, does not have:
 * "missing B05,B12 (2 of 12 bands)". */
static int
missing_bands(const struct assembled_file *f, size_t count, struct buf *why, bool *begun)
{
	const struct rule_line *line = f->line;
	/* Of HySpecNet's 224 bands all but a few may be absent: the numbers say more than the list. */
	size_t missing = line->bands.count - count, next = 0;
	bool first = true;
	char numbers[80];
	if (missing == 0)
		return 0;
	if (why_missing(why, begun) != 0)
		return -1;
	for (size_t band = 0; band < line->bands.count; band++) {
		if (next < count && f[next].band == band) {
			next++;
			continue;
		}
		if ((!first && why_add(why, ",") != 0) ||
		    line_names(line, f->label, band, why) != 0)
			return -1;
		first = false;
	}
	snprintf(numbers, sizeof numbers, " (%zu of %zu bands)", missing, line->bands.count);
	return why_add(why, numbers);
}

static int
complain_missing(const struct assembled *g, struct buf *why)
{
	size_t at = 0;
	bool begun = false;
	for (size_t i = 0; i < g->rule->line_count; i++) {
		const struct rule_line *line = g->rule->line[i];
		if ((at == g->count || g->files[at].line != line) && !line->optional) {
			if (why_missing(why, &begun) != 0 || missing_line(line, why) != 0)
				return -1;
		}
		while (at < g->count && g->files[at].line == line) {
			size_t run = 1;
			while (at + run < g->count && g->files[at + run].line == line &&
			       strcmp(g->files[at + run].label, g->files[at].label) == 0)
				run++;
			if (line->capture > 0 &&
			    missing_bands(&g->files[at], run, why, &begun) != 0)
				return -1;
			at += run;
		}
	}
	return begun ? why_end(why) : 0;
}

/* ---- names that are made of captures, or that two lines may give ---- */

struct tensor {
	char *name;
	const struct assembled_file *file;
};

static int
compare_tensors(const void *va, const void *vb)
{
	const struct tensor *a = va, *b = vb;
	int order = strcmp(a->name, b->name);
	if (order != 0)
		return order;
	return (a->file->order > b->file->order) - (a->file->order < b->file->order);
}

struct tensors {
	struct tensor *tensor;
	size_t count, capacity;
};

/* Names are taken from file names here, of which nobody has checked anything. They are parsed as a group
 * line's would be, for rsenc-groups(5) is what they must fit into. */

/* The names that a file gives. What stands for a capture cannot add to a list. Returns as complaint,
 * with the reason in *cause. */
static int
tensors_add(struct tensors *t, const struct assembled_file *f, struct error *cause)
{
	struct buf text = {0};
	struct names names;
	size_t wanted = f->line->capture ? 1 : f->line->bands.count;
	if (line_names(f->line, f->label, f->band, &text) != 0) {
		buf_free(&text);
		return -1;
	}
	/* The first '=' ends NAMES in a group line. */
	if (text.len > 0 && memchr(text.data, '=', text.len)) {
		buf_free(&text);
		error_set(cause, "a tensor name cannot hold '='");
		return 1;
	}
	int bad = names_parse(text.data, text.len, &names, cause);
	buf_free(&text);
	if (bad != 0)
		return 1;
	/* A capture with a comma in it would make more names than the rule says. */
	if (names.count != wanted) {
		error_set(cause, "what a tensor name is made of holds ',' or braces");
		names_free(&names);
		return 1;
	}
	if (t->count + names.count > t->capacity) {
		size_t capacity = 2 * t->capacity + names.count;
		struct tensor *grown = realloc(t->tensor, capacity * sizeof *grown);
		if (!grown) {
			names_free(&names);
			return -1;
		}
		t->tensor = grown;
		t->capacity = capacity;
	}
	int status = 0;
	for (size_t i = 0; status == 0 && i < names.count; i++) {
		char *name = strdup(names.name[i]);
		if (name)
			t->tensor[t->count++] = (struct tensor){name, f};
		else
			status = -1;
	}
	names_free(&names);
	return status;
}

static int
complain_name(const struct assembled_file *f, const struct error *cause, struct buf *why)
{
	assembled_path(f, why);
	why_add(why, ": ");
	why_add(why, cause->text);
	return why_end(why);
}

static int
complain_names(const struct assembled *g, struct buf *why)
{
	struct tensors t = {0};
	struct error cause;
	int status = 0;
	for (size_t i = 0; status == 0 && i < g->count; i++) {
		status = tensors_add(&t, &g->files[i], &cause);
		if (status == 0 && t.count > NAMES_MAX)
			status = error_set(&cause, "more than %d tensor names", NAMES_MAX) != 0;
		if (status > 0)
			status = complain_name(&g->files[i], &cause, why);
	}
	if (status == 0 && t.count > 0)
		qsort(t.tensor, t.count, sizeof *t.tensor, compare_tensors);
	for (size_t i = 1; status == 0 && i < t.count; i++) {
		if (strcmp(t.tensor[i - 1].name, t.tensor[i].name) == 0)
			status = why_twice(
			    why, t.tensor[i].name, t.tensor[i - 1].file, t.tensor[i].file);
	}
	while (t.count > 0)
		free(t.tensor[--t.count].name);
	free(t.tensor);
	return status;
}

int
complaint(const struct assembled *g, struct buf *why)
{
	int status = complain_twice(g, why);
	if (status == 0)
		status = complain_missing(g, why);
	if (status == 0 && g->rule->clash)
		status = complain_names(g, why);
	return status;
}
