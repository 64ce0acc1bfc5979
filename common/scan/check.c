#include "scan/check.h"

#include "base/alloc.h"
#include "base/error.h"
#include "tensor/names.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is missing ---- */

static void
why_missing(struct buf *why)
{
	buf_addf(why, why->len > 0 ? "; " : "incomplete: ");
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
	buf_addf(why, "%s%s%s missing (no file matches '%s'", line->label,
	    line->capture > 0 && line->label[0] != '\0' ? ":" : "", line->list, line->pattern_text);
	for (size_t i = line->number + 1; i < line->rule->line_count; i++) {
		const struct rule_line *other = line->rule->line[i];
		if (other->part == line->part)
			buf_addf(why, " or '%s'", other->pattern_text);
	}
	buf_addf(why, ")");
}

/* The bands that a run of files of one line and label, `count` from `f` on, does not have:
 * "2 of 12 bands missing (B05,B12)". */
static void
missing_bands(const struct assembled_file *f, size_t count, struct buf *why)
{
	const struct rule_line *line = f->line;
	size_t bands = line->bands.count, next = 0;
	if (count == bands)
		return;
	why_missing(why);
	buf_addf(why, "%zu of %zu bands missing ", bands - count, bands);
	for (size_t band = 0, missing = 0; band < bands; band++) {
		if (next < count && f[next].band == band) {
			next++;
			continue;
		}
		buf_addf(why, missing++ == 0 ? "(" : ",");
		line_names(line, f->label, band, why);
	}
	buf_addf(why, ")");
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
	return why->len > 0;
}

/* ---- names that are wrong, or that two files give ---- */

struct tensor {
	const char *name;
	const struct assembled_file *file;
};

static int
compare_tensors(const void *va, const void *vb)
{
	const struct tensor *a = va, *b = vb;
	int order = strcmp(a->name, b->name);
	return order != 0 ? order : a->file->order < b->file->order ? -1 : 1;
}

/* The names that a file gives. They are made of names of files, of which nobody has checked
 * anything, and are parsed as those of a group line. Returns 0, or -1 with the reason. */
static int
read_names(const struct assembled_file *f, struct names *names, struct error *why)
{
	struct buf text = {0};
	size_t count = f->line->capture ? 1 : f->line->bands.count;
	*names = (struct names){0};
	line_names(f->line, f->label, f->band, &text);
	/* The first '=' ends NAMES in a group line. */
	bool equals = text.len > 0 && memchr(text.data, '=', text.len);
	bool open = f->line->open_list && names_is_open(text.data, text.len);
	int bad = equals ? error_set(why, "a tensor name cannot contain '='")
	          : open ? names_parse_open(text.data, text.len, 1, names, why)
	                 : names_parse(text.data, text.len, names, why);
	buf_free(&text);
	/* A capture with a comma in it would make more names than the rule says. */
	if (bad == 0 && names->count != count)
		return error_set(why, "a tensor name cannot contain ',' or braces");
	return bad;
}

/* "WHAT: /d/x_VH.tif and /d/x_VH.tiff" */
static void
why_two(struct buf *why, const char *what, const struct assembled_file *a,
    const struct assembled_file *b)
{
	buf_addf(why, "%s: ", what);
	assembled_path(a, why);
	buf_addf(why, " and ");
	assembled_path(b, why);
}

static bool
check_twice(struct tensor *t, size_t count, struct buf *why)
{
	qsort(t, count, sizeof *t, compare_tensors);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(t[i - 1].name, t[i].name) != 0)
			continue;
		buf_addf(why, "two files for ");
		why_two(why, t[i].name, t[i - 1].file, t[i].file);
		return true;
	}
	return false;
}

/* Returns whether a name is wrong or duplicate. */
static bool
check_names(const struct assembled *g, struct buf *why)
{
	struct names *names = xcalloc(g->count, sizeof *names);
	struct tensor *t = NULL;
	struct error cause;
	size_t count = 0;
	bool bad = false;
	for (size_t i = 0; !bad && i < g->count; i++) {
		const struct assembled_file *f = &g->files[i];
		bad = read_names(f, &names[i], &cause) != 0;
		t = xreallocarray(t, count + names[i].count, sizeof *t);
		for (size_t k = 0; !bad && k < names[i].count; k++)
			t[count++] = (struct tensor){names[i].name[k], f};
		if (!bad && count > NAMES_MAX)
			bad = error_set(&cause, "more than %d tensor names", NAMES_MAX);
		if (bad) {
			assembled_path(f, why);
			buf_addf(why, ": %s", cause.text);
		}
	}
	bad = bad || check_twice(t, count, why);
	for (size_t i = 0; i < g->count; i++)
		names_free(&names[i]);
	free(names);
	free(t);
	return bad;
}

/* Of alternatives a patch has files of one, also where no tensor is in both. */
static bool
check_alternatives(const struct assembled *g, struct buf *why)
{
	bool bad = false;
	/* The first file of each part. */
	const struct assembled_file **first = xcalloc(g->rule->line_count, sizeof *first);
	for (size_t i = 0; !bad && i < g->count; i++) {
		const struct assembled_file *f = &g->files[i], **of = &first[f->line->part];
		*of = *of ? *of : f;
		bad = (*of)->line != f->line;
		if (bad)
			why_two(why, "files of two alternatives", *of, f);
	}
	free(first);
	return bad;
}

/* Whether two files of one line, which are neighbours, have the same tensors. */
static bool
check_neighbours(const struct assembled *g)
{
	bool same = false;
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		same |= a->line == b->line && a->band == b->band && strcmp(a->label, b->label) == 0;
	}
	return same;
}

bool
check_group(const struct assembled *g, struct buf *why)
{
	bool wrong = (g->rule->clash || check_neighbours(g)) &&
	             (check_names(g, why) || check_alternatives(g, why));
	bool missing = !wrong && check_missing(g, why);
	if (wrong || missing)
		buf_addf(why, ": skipped");
	return missing;
}
