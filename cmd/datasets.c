#include "cmd/datasets.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "process/options.h"
#include "base/path.h"
#include "process/diag.h"
#include "stream/detect_format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RULES_MAX = 16 << 20 /* bytes of a rule file */ };

/* ---- rules ---- */

void
datasets_read_rules(void *datasets, const char *option, const char *path)
{
	struct datasets *d = datasets;
	struct buf text = {0};
	struct error why;
	/* Unlike a bad file, a bad rule ends the run: the lines of one name are parts of one patch,
	 * and without one of them every patch would be found without that part. */
	if (file_read_all(path, RULES_MAX, &text, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	enum format f = detect_format(text.data, text.len);
	if (f != FORMAT_UNKNOWN && f != FORMAT_TEXT && f != FORMAT_GROUPS)
		diag_die(
		    STATUS_BAD, "%s: %s: not a file of rules (%s)", option, path, format_name(f));
	if (rules_parse(&d->rules, path, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
	buf_free(&text);
	/* Rules that came through a pipe are gone: the user knows where from. */
	buf_addf(&d->options, "%s-f", d->options.len > 0 ? " " : "");
	shell_quote(&d->options, strcmp(path, "-") == 0 ? "RULES" : path);
}

_Noreturn void
datasets_unknown(struct datasets *d, const char *dataset, const char *next)
{
	const char *near = NULL, *meant = NULL;
	char name[LINE_NAME_MAX + 1] = "", best[LINE_NAME_MAX + 1] = "";
	/* A dataset may be asked for by the beginning of its rules' names, up to a dash, too. */
	for (size_t i = 0; i < d->rules.count; i++) {
		strcpy(name, d->rules.rule[i]->name);
		if (next && rule_selected(d->rules.rule[i], next))
			meant = next;
		for (char *dash = name + strlen(name); dash; dash = strrchr(name, '-')) {
			*dash = '\0';
			near = suggest(dataset, near, name);
			if (near == name)
				near = strcpy(best, name);
		}
	}
	/* A directory may be called as its dataset is. */
	if (access(dataset, F_OK) == 0 && (!next || meant || (*next && !near))) {
		datasets_select(d, meant ? meant : near);
		shell_quote(&d->arguments, dataset);
		diag_die(STATUS_USAGE,
		    "%s: a path, but the first operand is the dataset: run 'rsenc-scan %s'",
		    dataset, d->arguments.data);
	}
	diag_die(STATUS_USAGE, "unknown dataset '%s'%s%s%s: run 'rsenc-scan -l' to list all",
	    dataset, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

void
datasets_ready(struct datasets *d)
{
	struct error why;
	/* After the -f that were given: the first line that matches a file counts, and a user's own
	 * come first. */
	if (rules_add_builtin(&d->rules, &why) != 0)
		diag_die(STATUS_BAD, "built-in rules: %s", why.text);
	d->selected = xcalloc(d->rules.count, sizeof *d->selected);
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
	/* The author of a rule "copernicus-bench" does not know of the built-in
	 * "copernicus-bench-...", which would match what his rule does not. */
	bool own = false;
	for (size_t i = 0; dataset && i < d->rules.count; i++)
		own |= datasets_is_own(d->rules.rule[i]) &&
		       strcmp(d->rules.rule[i]->name, dataset) == 0;
	d->selected_count = 0;
	d->arguments.len = 0;
	buf_addf(&d->arguments, "%s", d->options.len > 0 ? d->options.data : "");
	shell_quote(&d->arguments, dataset ? dataset : "DATASET");
	for (size_t i = 0; i < d->rules.count; i++) {
		const struct rule *r = d->rules.rule[i];
		if (!dataset || (rule_selected(r, dataset) && (!own || datasets_is_own(r))))
			d->selected[d->selected_count++] = r;
	}
}

/* ---- what they found ---- */

bool
datasets_report_bad(struct datasets *d, const struct assembled *g)
{
	if (d->ignore_incomplete && g->incomplete) {
		d->incomplete++;
		return false;
	}
	char *path = assembled_bad_path(g);
	diag_bad("%s: %s: %s", g->key, path, g->bad);
	free(path);
	return true;
}

/* With -c, another number is an error, and none to compare with. */
static void
datasets_compare(const struct datasets *d, bool verbose)
{
	for (size_t i = 0; i < d->selected_count; i++) {
		const struct rule *r = d->selected[i];
		uint64_t found = r->listed;
		char expected[24] = "number unknown";
		if (r->count > 0)
			snprintf(expected, sizeof expected, "%" PRIu64, r->count);
		bool bad = d->check && found != r->count;
		if (verbose || bad)
			(bad ? diag_bad : diag_warn)("%s: found %" PRIu64 " patch%s, expected %s%s",
			    r->name, found, found == 1 ? "" : "es", expected,
			    d->check && r->count == 0 ? ": -c cannot check this rule" : "");
	}
}

/* Warns of lines of the user's own rules whose part may be absent, and was absent everywhere: their
 * pattern may be wrong. */
static void
datasets_warn_absent(const struct datasets *d)
{
	for (size_t i = 0; i < d->selected_count; i++) {
		for (size_t k = 0; k < d->selected[i]->line_count; k++) {
			const struct rule_line *l = d->selected[i]->line[k];
			/* An error in the pattern of an optional line would lose every mask of a
			 * dataset, with status 0. */
			if (l->files == 0 && l->optional && l->line_number > 0 &&
			    l->rule->listed > 0)
				diag_warn(
				    "%s: line %lu: no file matches '%s'%s: no patch has this part",
				    l->name, l->line_number, l->pattern_text,
				    l->number > 0 ? ", or an earlier line matches first" : "");
		}
	}
}

void
datasets_report_end(const struct datasets *d, const struct groups_counts *counts, bool verbose)
{
	datasets_warn_absent(d);
	datasets_compare(d, verbose);
	if (d->incomplete > 0)
		diag_warn("skipped %" PRIu64 " incomplete patch%s", d->incomplete,
		    d->incomplete == 1 ? "" : "es");
	if (counts->windows > 0)
		diag_bad("skipped %" PRIu64
		         " TIFF file%s with '\\' in the name, from an archive made "
		         "on Windows: extract it again with 'unzip'",
		    counts->windows, counts->windows == 1 ? "" : "s");
	if (verbose)
		diag_warn("TIFF files: %" PRIu64 "; matched by a rule: %" PRIu64, counts->files,
		    counts->matched);
}

void
datasets_say_nothing(
    const struct datasets *d, const char *dataset, const char *where, const char *example)
{
	if (d->incomplete > 0) {
		diag_bad("%s: no complete patch in %s", dataset, where);
		return;
	}
	if (!example) {
		diag_bad("%s: no patch found in %s: contains no TIFF file (for PNG or JPEG "
		         "images see rsenc(7))",
		    dataset, where);
		return;
	}
	char *word = shell_quoted(example);
	diag_bad("%s: no patch found in %s: run 'rsenc-scan --explain %s %s' to see why its first "
	         "TIFF file does not match",
	    dataset, where, d->arguments.data, word);
	free(word);
}
