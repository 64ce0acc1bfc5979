#include "scan/check.h"

#include "base/path.h"

#include <string.h>

/* ---- what is missing ---- */

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
	buf_addf(why, why->len > 0 ? "; " : "incomplete: ");
	buf_addf(why, "%s%s%s missing (no file matches '%s'", line->label,
	    line->capture > 0 && line->label[0] != '\0' ? ":" : "", line->list, line->pattern_text);
	for (size_t i = line->number + 1; i < line->rule->line_count; i++) {
		const struct rule_line *other = line->rule->line[i];
		if (other->part == line->part)
			buf_addf(why, " or '%s'", other->pattern_text);
	}
	buf_addf(why, line->number > 0 ? ", or an earlier line matches first)" : ")");
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
	buf_addf(why, why->len > 0 ? "; " : "incomplete: ");
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

/* ---- what is wrong ---- */

/* How many characters of a text end a name, or the names, in a group line. */
static size_t
count_marks(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += (unsigned char)*text < 0x20 || strchr(",={}\x7f", *text);
	return count;
}

/* Names are made of captures, which may be any text. What they make wrong in other ways, such as a
 * name that two lines give, rsenc-pack finds, which checks all names. */
static bool
check_labels(const struct assembled *g, struct buf *why)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct assembled_file *f = &g->files[i];
		const struct rule_line *l = f->line;
		bool empty = !l->capture && f->label[0] == '\0' && l->list[0] == '\0';
		if (!l->labelled || (!empty && count_marks(f->label) == count_marks(l->label)))
			continue;
		path_add(why, f->dir->path, f->name);
		buf_addf(why, ": a tensor name cannot %s",
		    empty ? "be empty" : "contain ',', '=', braces or control characters");
		return true;
	}
	return false;
}

/* ": /d/x_VH.tif and /d/x_VH.tiff". */
static void
why_two(struct buf *why, const struct assembled_file *a, const struct assembled_file *b)
{
	bool same = strcmp(a->name, b->name) == 0 && strcmp(a->dir->path, b->dir->path) == 0;
	buf_addf(why, ": ");
	path_add(why, a->dir->path, a->name);
	buf_addf(why, !same           ? " and "
	              : a->in_archive ? ", in two archives"
	                              : ", in a directory that is given twice");
	if (!same)
		path_add(why, b->dir->path, b->name);
}

/* Returns whether two files give one tensor: they are sorted, so that those of one line are
 * neighbours. */
static bool
check_twice(const struct assembled *g, struct buf *why)
{
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		if (a->line != b->line || a->band != b->band || strcmp(a->label, b->label) != 0)
			continue;
		buf_addf(why, "two files for ");
		line_names(a->line, a->label, a->band, why);
		why_two(why, a, b);
		return true;
	}
	return false;
}

/* Returns whether a file cannot be read for it is a link in a stream. */
static bool
check_links(const struct assembled *g, struct buf *why)
{
	size_t i = 0;
	while (i < g->count && !(g->files[i].in_archive && g->files[i].in_archive->link))
		i++;
	if (i == g->count)
		return false;
	path_add(why, g->files[i].dir->path, g->files[i].name);
	buf_addf(why, ": a link, which cannot be followed in a stream: decompress the archive and "
	              "scan it with rsenc-scan, or unpack it");
	return true;
}

/* Of alternatives a patch has files of one. */
static bool
check_alternatives(const struct assembled *g, struct buf *why)
{
	/* Files are sorted by their lines. */
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *f = &g->files[i], *of = g->files;
		while (f->line != f[-1].line && of->line->part != f->line->part)
			of++;
		if (f->line == f[-1].line || of == f)
			continue;
		buf_addf(why, "two files for %s%s", f->line->label, f->line->list);
		why_two(why, of, f);
		return true;
	}
	return false;
}

/* ---- homes ---- */

/* A home is the start of a directory's path: each slash of the pattern is a level above the
 * directory of the files. */
struct home {
	const char *path;
	size_t len, depth;
	unsigned above; /* levels above the root of an archive, which is called "" */
};

static struct home
home_of(const struct rule_line *line, const struct assembled_dir *dir)
{
	struct home h = {dir->given, strlen(dir->given), 0, line->pattern.slashes};
	for (; h.above > 0 && h.len > 0; h.above--) {
		while (h.len > 0 && h.path[--h.len] != '/')
			;
	}
	for (size_t i = 0; i < h.len; i++)
		h.depth += h.path[i] == '/';
	return h;
}

static bool
check_same_home(
    const struct rule_line *line, const struct assembled_dir *a, const struct assembled_dir *b)
{
	if (a == b)
		return true;
	struct home h = home_of(line, a), k = home_of(line, b);
	return h.len == k.len && h.above == k.above && memcmp(h.path, k.path, h.len) == 0;
}

/* Two files of one line in different homes, with the pattern that joins these if there is one. */
static void
why_apart(struct buf *why, const struct assembled_file *a, const struct assembled_file *b)
{
	struct home h = home_of(a->line, a->dir), k = home_of(a->line, b->dir);
	buf_addf(why, "one line finds files below two directories, %s and %s: skipped",
	    a->dir->path, b->dir->path);
	if (h.len == 0 || k.len == 0 || h.depth != k.depth)
		return;
	for (size_t i = 0; i < h.len && h.path[i] == k.path[i]; i++)
		h.depth -= h.path[i] == '/';
	buf_addf(why, "; to join them, begin the pattern with the folder: '");
	/* The slash before the first folder that differs is common to both. */
	for (size_t i = 0; i <= h.depth; i++)
		buf_addf(why, "[^/]+/");
	buf_addf(why, "%s'", a->line->pattern_text + (a->line->pattern_text[0] == '^'));
}

/* Returns whether some line has found files below two homes. */
static bool
check_homes(const struct assembled *g, struct buf *why)
{
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		if (a->line != b->line || check_same_home(a->line, a->dir, b->dir))
			continue;
		bool sorted = strcmp(a->dir->path, b->dir->path) < 0;
		why_apart(why, sorted ? a : b, sorted ? b : a);
		return true;
	}
	return false;
}

bool
check_group(const struct assembled *g, struct buf *why)
{
	bool wrong = check_twice(g, why) || check_links(g, why);
	if (!wrong && check_homes(g, why))
		return false;
	wrong = wrong || (g->rule->open && (check_labels(g, why) || check_alternatives(g, why)));
	bool missing = !wrong && check_missing(g, why);
	if (wrong || missing)
		buf_addf(why, ": skipped");
	return missing;
}
