#include "cmd/datasets.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/path.h"
#include "process/diag.h"
#include "scan/doubt.h"
#include "scan/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 16 << 20 /* bytes of a rule file */ };

static _Noreturn void
datasets_no_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- rules ---- */

void
datasets_read_rules(void *datasets, const char *option, const char *path)
{
	(void)option;
	struct datasets *d = datasets;
	struct buf text = {0};
	struct error why;
	/* Unlike a bad file, a bad rule ends the run: the lines of one name are parts of one patch,
	 * and without one of them every patch would be found without that part. */
	if (file_read_all(path, RULES_MAX, &text, &why) != 0 ||
	    rules_parse(&d->rules, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	buf_free(&text);
	/* Rules that came through a pipe are gone: the user knows where from. */
	const char *letter = d->options.len > 0 ? " -f" : "-f";
	if (buf_add(&d->options, letter, strlen(letter)) != 0 ||
	    shell_quote(&d->options, strcmp(path, "-") == 0 ? "RULES" : path) != 0)
		datasets_no_memory();
}

/* A name that is near, or what several begin with, is wrong usage that names it. */
static void
datasets_suggest(const struct datasets *d, const char *dataset)
{
	struct nearest near;
	/* A dataset may be asked for by what its rules begin with, up to a dash: those parts are
	 * tried as well as whole names. The next one is written over `part`, hence the copy of the
	 * best. */
	char part[64], best[sizeof part] = "";
	nearest_start(&near, dataset);
	for (size_t i = 0; i < d->rules.count; i++) {
		const char *name = d->rules.rule[i]->name, *dash = name;
		while ((dash = strchr(dash, '-')) != NULL && (size_t)(dash - name) < sizeof part) {
			snprintf(part, sizeof part, "%.*s", (int)(dash++ - name), name);
			nearest_try(&near, part);
			if (near.best == part)
				near.best = strcpy(best, part);
		}
		nearest_try(&near, name);
	}
	if (near.best)
		diag_die(STATUS_USAGE,
		    "unknown dataset '%s': did you mean %s? (rsenc-scan -l lists all)", dataset,
		    near.best);
}

_Noreturn void
datasets_unknown(const struct datasets *d, const char *dataset)
{
	struct buf names = {0};
	/* All names are a long line: only where no single one is likely to be meant. */
	datasets_suggest(d, dataset);
	for (size_t i = 0; i < d->rules.count; i++) {
		const char *name = d->rules.rule[i]->name;
		if (buf_add(&names, i ? ", " : " ", i ? 2 : 1) != 0 ||
		    buf_add(&names, name, strlen(name)) != 0)
			datasets_no_memory();
	}
	if (buf_add(&names, "", 1) != 0)
		datasets_no_memory();
	diag_die(STATUS_USAGE,
	    "unknown dataset '%s'; known are%s (or what these begin with, up to a '-')", dataset,
	    names.data);
}

void
datasets_ready(struct datasets *d)
{
	struct error why;
	/* After the -f that were given: the first line that takes a file counts, and a user's own
	 * come first. */
	if (rules_add_builtin(&d->rules, &why) != 0)
		diag_die(STATUS_BAD, "built-in rules: %s", why.text);
	d->selected = calloc(d->rules.count, sizeof *d->selected);
	d->listed = calloc(d->rules.count, sizeof *d->listed);
	if (!d->selected || !d->listed)
		datasets_no_memory();
}

/* Lines of a file of rules are numbered from 1; built-in ones have no number. */
static bool
datasets_is_own(const struct rule *r)
{
	return r->line[0]->line_number > 0;
}

void
datasets_select(struct datasets *d, const char *dataset)
{
	/* Whoever calls his rule "copernicus-bench" does not know of our "copernicus-bench-...",
	 * which would take what his leaves. */
	bool own = false;
	for (size_t i = 0; dataset && i < d->rules.count; i++)
		own |= datasets_is_own(d->rules.rule[i]) &&
		       strcmp(d->rules.rule[i]->name, dataset) == 0;
	/* May be called again: rsenc-scan selects anew to see whether the operands changed
	 * places. */
	d->selected_count = 0;
	d->arguments.len = 0;
	if ((d->options.len > 0 && buf_add(&d->arguments, d->options.data, d->options.len) != 0) ||
	    shell_quote(&d->arguments, dataset ? dataset : "DATASET") != 0)
		datasets_no_memory();
	for (size_t i = 0; i < d->rules.count; i++) {
		const struct rule *r = d->rules.rule[i];
		if (!dataset || (rule_selected(r, dataset) && (!own || datasets_is_own(r))))
			d->selected[d->selected_count++] = r;
	}
}

static void
datasets_warn_of_line(void *context, struct error *doubt)
{
	const struct rule_line *l = context;
	diag_warn("%s: line %lu: %s", l->name, l->line_number, doubt->text);
}

void
datasets_warn(const struct datasets *d)
{
	for (size_t i = 0; i < d->selected_count; i++) {
		for (size_t k = 0; k < d->selected[i]->line_count; k++) {
			struct rule_line *l = d->selected[i]->line[k];
			/* Built-in lines are as they are meant, and nobody who scans could change
			 * them. */
			if (l->line_number > 0)
				doubt_line(l, datasets_warn_of_line, l);
		}
	}
}

/* ---- what they found ---- */

bool
datasets_compare(const struct datasets *d, bool check, bool verbose)
{
	bool differs = false;
	for (size_t i = 0; i < d->selected_count; i++) {
		const struct rule *r = d->selected[i];
		uint64_t found = d->listed[i];
		/* Without a published number there is nothing to compare with: that is told, and is
		 * no error. */
		if (r->count == 0 && (check || verbose))
			diag_warn("%s: found %" PRIu64 " patches; how many to expect is not known",
			    r->name, found);
		else if (verbose || (check && found != r->count))
			diag_warn("%s: found %" PRIu64 " patches, expected %" PRIu64, r->name,
			    found, r->count);
		if (check && r->count > 0 && found != r->count)
			differs = true;
	}
	return differs;
}

size_t
datasets_lines(const struct datasets *d)
{
	size_t lines = 0;
	for (size_t i = 0; i < d->selected_count; i++)
		lines += d->selected[i]->line_count;
	return lines;
}

/* "tree: seg: 5 files (by line: 3, 2)" */
static void
datasets_say_found_by(const struct rule *r, const char *where, const uint64_t *files)
{
	struct buf text = {0};
	uint64_t total = 0;
	for (size_t k = 0; k < r->line_count; k++) {
		char number[40];
		int len = snprintf(
		    number, sizeof number, "%s%" PRIu64, k > 0 ? ", " : " (by line: ", files[k]);
		if (r->line_count > 1 && buf_add(&text, number, (size_t)len) != 0)
			datasets_no_memory();
		total += files[k];
	}
	if (buf_add(&text, ")", r->line_count > 1 ? 2 : 0) != 0 || buf_add(&text, "", 1) != 0)
		datasets_no_memory();
	diag_warn("%s: %s: %" PRIu64 " files%s", where, r->name, total, text.data);
	buf_free(&text);
}

void
datasets_say_found(const struct datasets *d, const char *where, const uint64_t *files)
{
	for (size_t i = 0; i < d->selected_count; i++) {
		datasets_say_found_by(d->selected[i], where, files);
		files += d->selected[i]->line_count;
	}
}

void
datasets_warn_absent(const struct datasets *d, const uint64_t *files)
{
	for (size_t i = 0; i < d->selected_count; i++) {
		for (size_t k = 0; k < d->selected[i]->line_count; k++) {
			const struct rule_line *l = d->selected[i]->line[k];
			/* A slip in the pattern of an optional line would lose every mask of a
			 * dataset, with status 0. Where no patch was found at all that is told
			 * already. */
			if (*files++ == 0 && l->optional && l->line_number > 0 && d->listed[i] > 0)
				diag_warn("%s: line %lu: no file was like '%s': no patch has this "
				          "part",
				    l->name, l->line_number, l->pattern_text);
		}
	}
}

void
datasets_say_files(const struct assemble_counts *counts)
{
	diag_warn("TIFF files: %" PRIu64 "; matched by no rule: %" PRIu64
	          "; of a band that is not in the rule's list: %" PRIu64,
	    counts->files, counts->unmatched, counts->other_band);
	if (counts->companions > 0)
		diag_warn("passed over: %" PRIu64 " files '._*', which macOS puts beside others",
		    counts->companions);
}

static void
datasets_say_line(const struct rule_line *l)
{
	/* In the words of who looks at a directory: a pattern is held against as many last
	 * components as it has, and not against the whole path. */
	if (l->pattern.slashes == 0)
		diag_warn("%s: looked for files whose name, less .tif or .tiff, is '%s'", l->name,
		    l->pattern_text);
	else
		diag_warn("%s: looked for files whose last %u path components, less .tif or .tiff, "
		          "are '%s'",
		    l->name, l->pattern.slashes + 1, l->pattern_text);
}

/* Whether another rule takes the example: roots are easily swapped. Says so, of two rules at
 * most. */
static bool
datasets_say_alike(const struct datasets *d, const char *dataset, const char *example)
{
	const char *alike[2] = {NULL, NULL};
	size_t count = 0;
	for (size_t i = 0; i < d->rules.count && count < 2; i++) {
		int takes = explain_takes(d->rules.rule[i], example);
		if (takes < 0)
			datasets_no_memory();
		if (takes > 0)
			alike[count++] = d->rules.rule[i]->name;
	}
	if (count > 0)
		diag_warn("%s: these files look like %s%s%s", dataset, alike[0],
		    count > 1 ? " or " : "", count > 1 ? alike[1] : "");
	return count > 0;
}

void
datasets_say_nothing(const struct datasets *d, const char *dataset, const char *where,
    const char *example, const struct assemble_counts *counts)
{
	diag_warn("%s: no patch found in %s%s%s", dataset, where,
	    example ? "; the first TIFF file there is " : ", nor any TIFF file",
	    example ? example : "");
	/* Three mends, the simplest first: another dataset, as roots are easily swapped; the
	 * pattern; a look at one file. Where the first fits, the others are left out. */
	bool alike = example && datasets_say_alike(d, dataset, example);
	for (size_t i = 0; i < d->selected_count && !alike; i++) {
		for (size_t k = 0; k < d->selected[i]->line_count; k++)
			datasets_say_line(d->selected[i]->line[k]);
	}
	if (example && !alike)
		diag_warn("%s: 'rsenc-scan -n %s FILE' says what does not fit", dataset,
		    d->arguments.data);
	/* Files were taken, but for bands that the rule does not list: the counts show it. */
	if (counts->other_band > 0)
		datasets_say_files(counts);
}

void
datasets_free(struct datasets *d)
{
	rules_free(&d->rules);
	buf_free(&d->options);
	buf_free(&d->arguments);
	free(d->selected);
	free(d->listed);
}
