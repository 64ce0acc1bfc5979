#include "scan/check.h"

#include "base/alloc.h"
#include "base/error.h"
#include "tensor/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
why_add(struct buf *why, const char *words)
{
	buf_add(why, words, strlen(words));
}

/* The end of every reason. */
static void
why_end(struct buf *why)
{
	buf_add(why, ": skipped", sizeof ": skipped");
}

/* ---- two files for one tensor ---- */

/* "two files for VH: /d/x_VH.tif and /d/x_VH.tiff: skipped" */
static void
why_twice(struct buf *why, const char *name, const struct assembled_file *a,
    const struct assembled_file *b)
{
	bool swap = a->order > b->order;
	why_add(why, "two files for ");
	why_add(why, name);
	why_add(why, ": ");
	assembled_path(swap ? b : a, why);
	why_add(why, " and ");
	assembled_path(swap ? a : b, why);
	why_end(why);
}

/* Two files give the same tensors if they are the same for their line, or if their lines are
 * alternatives. */
static bool
same_tensors(const struct assembled_file *a, const struct assembled_file *b)
{
	if (a->line != b->line)
		return a->line->part == b->line->part && !a->line->labelled;
	return a->band == b->band && strcmp(a->label, b->label) == 0;
}

/* Returns whether two files give one tensor: they are sorted, so that those of one line are
 * neighbours. */
static bool
check_twice(const struct assembled *g, struct buf *why)
{
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		/* Other lines may stand between alternatives. */
		for (size_t k = 0; a->line != b->line && k < i; k++)
			a = same_tensors(&g->files[k], b) ? &g->files[k] : a;
		if (!same_tensors(a, b))
			continue;
		struct buf name = {0};
		line_names(a->line, a->label, a->band, &name);
		buf_add(&name, "", 1);
		why_twice(why, name.data, a, b);
		buf_free(&name);
		return true;
	}
	return false;
}

/* ---- what is missing ---- */

static void
why_missing(struct buf *why)
{
	why_add(why, why->len > 0 ? "; " : "incomplete: ");
}

/* Whether a file of the group is of this line or of an alternative to it. */
static bool
check_has_part(const struct assembled *g, const struct rule_line *line)
{
	for (size_t i = 0; i < g->count; i++) {
		if (g->files[i].line->part == line->part)
			return true;
	}
	return false;
}

/* A part without any file: "lc missing (no file matches '(.*)_lc')". */
static void
missing_part(const struct rule_line *line, struct buf *why)
{
	why_missing(why);
	why_add(why, line->label);
	why_add(why, line->capture > 0 && line->label[0] != '\0' ? ":" : "");
	why_add(why, line->list);
	why_add(why, " missing (no file matches");
	for (size_t i = line->number; i < line->rule->line_count; i++) {
		const struct rule_line *other = line->rule->line[i];
		if (other->part != line->part)
			continue;
		why_add(why, i > line->number ? "' or '" : " '");
		why_add(why, other->pattern_text);
	}
	why_add(why, "')");
}

/* The bands that a run of files of one line and label, `count` from `f` on, does not have:
 * "2 of 12 bands missing (B05,B12)". */
static void
missing_bands(const struct assembled_file *f, size_t count, struct buf *why)
{
	const struct rule_line *line = f->line;
	size_t missing = line->bands.count - count, next = 0;
	const char *separator = "";
	char numbers[80];
	if (missing == 0)
		return;
	why_missing(why);
	snprintf(numbers, sizeof numbers, "%zu of %zu bands missing (", missing, line->bands.count);
	why_add(why, numbers);
	for (size_t band = 0; band < line->bands.count; band++) {
		if (next < count && f[next].band == band) {
			next++;
			continue;
		}
		why_add(why, separator);
		line_names(line, f->label, band, why);
		separator = ",";
	}
	why_add(why, ")");
}

/* Returns whether something is missing. */
static bool
check_missing(const struct assembled *g, struct buf *why)
{
	for (size_t i = 0; i < g->rule->line_count; i++) {
		const struct rule_line *line = g->rule->line[i];
		if (line->part == i && !line->optional && !check_has_part(g, line))
			missing_part(line, why);
	}
	for (size_t at = 0, run; at < g->count; at += run) {
		const struct assembled_file *f = &g->files[at];
		for (run = 1; at + run < g->count; run++) {
			if (f[run].line != f->line || strcmp(f[run].label, f->label) != 0)
				break;
		}
		if (f->line->capture > 0)
			missing_bands(f, run, why);
	}
	if (why->len == 0)
		return false;
	why_end(why);
	return true;
}

/* ---- names that are made of captures, or that two lines may give ---- */

struct tensor {
	char *name;
	const struct assembled_file *file;
};

struct tensors {
	struct tensor *tensor;
	size_t count, capacity;
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

/* The names that a file gives. They are made of names of files, of which nobody has checked
 * anything, and are parsed as those of a group line. Returns 0, or -1 with the reason. */
static int
tensors_add(struct tensors *t, const struct assembled_file *f, struct error *why)
{
	struct buf text = {0};
	struct names names;
	size_t wanted = f->line->capture ? 1 : f->line->bands.count;
	line_names(f->line, f->label, f->band, &text);
	/* The first '=' ends NAMES in a group line. */
	bool equals = text.len > 0 && memchr(text.data, '=', text.len);
	bool open = f->line->open_list;
	int bad = equals ? error_set(why, "a tensor name cannot contain '='")
	          : open ? names_parse_open(text.data, text.len, 1, &names, why)
	                 : names_parse(text.data, text.len, &names, why);
	buf_free(&text);
	if (bad != 0)
		return -1;
	/* A capture with a comma in it would make more names than the rule says. */
	if (names.count != wanted || t->count + names.count > NAMES_MAX) {
		names_free(&names);
		return names.count != wanted
		           ? error_set(why, "a tensor name cannot contain ',' or braces")
		           : error_set(why, "more than %d tensor names", NAMES_MAX);
	}
	if (t->count + names.count > t->capacity) {
		t->capacity = 2 * t->capacity + names.count;
		t->tensor = xreallocarray(t->tensor, t->capacity, sizeof *t->tensor);
	}
	for (size_t i = 0; i < names.count; i++)
		t->tensor[t->count++] = (struct tensor){xstrdup(names.name[i]), f};
	names_free(&names);
	return 0;
}

/* Returns whether a name is wrong or duplicate. */
static bool
check_names(const struct assembled *g, struct buf *why)
{
	struct tensors t = {0};
	struct error cause;
	bool bad = false;
	for (size_t i = 0; !bad && i < g->count; i++) {
		bad = tensors_add(&t, &g->files[i], &cause) != 0;
		if (!bad)
			continue;
		assembled_path(&g->files[i], why);
		why_add(why, ": ");
		why_add(why, cause.text);
		why_end(why);
	}
	if (t.count > 0)
		qsort(t.tensor, t.count, sizeof *t.tensor, compare_tensors);
	for (size_t i = 1; !bad && i < t.count; i++) {
		const struct tensor *a = &t.tensor[i - 1], *b = &t.tensor[i];
		bad = strcmp(a->name, b->name) == 0;
		if (bad)
			why_twice(why, b->name, a->file, b->file);
	}
	while (t.count > 0)
		free(t.tensor[--t.count].name);
	free(t.tensor);
	return bad;
}

enum group_fault
check_group(const struct assembled *g, struct buf *why)
{
	if (check_twice(g, why))
		return GROUP_WRONG;
	if (check_missing(g, why))
		return GROUP_INCOMPLETE;
	return g->rule->clash && check_names(g, why) ? GROUP_WRONG : GROUP_COMPLETE;
}
