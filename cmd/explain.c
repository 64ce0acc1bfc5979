#include "cmd/explain.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "process/diag.h"
#include "process/lines.h"
#include "scan/match.h"
#include "stream/group.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULES_MAX = 20 /* of more, nobody reads how far each line matches */ };

/* ---- a line that matches ---- */

/* Appends the label of a match. The rank of a text depends on the other files of its patch. */
static void
add_label(const struct match *m, struct buf *out)
{
	struct buf label = {0};
	line_expand(m->line->label, &m->captures, &label);
	buf_add(&label, "", 1);
	for (const char *p = label.data; *p; p++) {
		buf_add(out, *p == LABEL_RANK ? "#" : p, 1);
		p = *p == LABEL_RANK ? strchr(p, LABEL_RANK_END) : p;
	}
	buf_free(&label);
}

/* Prints RULE:LINE <TAB> KEY <TAB> NAMES=PATH. False: the key cannot be stored. */
static bool
print_match(const struct match *m, const char *path)
{
	const struct rule_line *l = m->line;
	struct buf key = {0}, out = {0};
	line_expand(l->key, &m->captures, &key);
	bool valid = key.len > 0 && key.len <= KEY_MAX;
	if (valid) {
		buf_addf(&out, "%s:%zu\t", l->name, l->number + 1);
		group_escape_key(&out, key.data, key.len);
		buf_addf(&out, "\t");
		add_label(m, &out);
		line_names(l, "", m->band, &out);
		buf_addf(&out, "=");
		group_escape(&out, path, strlen(path));
		buf_addf(&out, "\n");
		fwrite(out.data, 1, out.len, stdout);
	} else {
		diag_bad("%s: no match: %s:%zu: matches, but the key has %zu bytes (1 to %d)", path,
		    l->name, l->number + 1, key.len, KEY_MAX);
	}
	buf_free(&key);
	buf_free(&out);
	return valid;
}

/* ---- lines that do not ---- */

/* Of a pattern that stops matching at `rest`, where the name continues with `name`. */
static void
add_stop(const char *pattern, const char *rest, const char *tail, const char *name, struct buf *out)
{
	int matched = (int)(rest - pattern), part = (int)(name - tail);
	if (*rest && *rest != *name &&
	    tolower((unsigned char)*rest) == tolower((unsigned char)*name))
		buf_addf(out, "'%s' does not match '%s': only upper and lower case differ at '%s'",
		    pattern, tail, name);
	else if (part == 0)
		buf_addf(out, "'%s' does not match the beginning of '%s'", pattern, tail);
	else if (*rest == '\0')
		buf_addf(out, "'%s' matches '%.*s', but the name continues with '%s'", pattern,
		    part, tail, name);
	else if (*name == '\0')
		buf_addf(out, "'%.*s' matches '%s', but the name ends before '%s'%s", matched,
		    pattern, tail, rest,
		    rest[strspn(rest, "(?:[\\")] == '.' ? " (matched without .tif)" : "");
	else
		buf_addf(out, "'%.*s' matches '%.*s', but '%s' does not match '%s'", matched,
		    pattern, part, tail, rest, name);
}

/* Reports why a line does not match. `subject` is that of match_set_path. */
static void
report_line(const struct rule_line *l, const char *path, const struct buf *subject)
{
	struct buf why = {0};
	struct regex_match m;
	unsigned slashes = l->pattern.slashes;
	const char *tail = match_tail(subject, slashes);
	if (!tail)
		buf_addf(&why, "'%s' requires a path of %u folder%s", l->pattern_text, slashes,
		    slashes == 1 ? "" : "s");
	else if (regex_match(&l->pattern, tail, strlen(tail), &m))
		buf_addf(&why, "matches, but the band '%.*s' is not in its list '%s'",
		    (int)m.len[l->capture], m.start[l->capture], l->list);
	else
		add_stop(l->pattern_text, l->pattern_text + m.text, tail, tail + m.name, &why);
	diag_bad("%s: no match: %s:%zu: %s", path, l->name, l->number + 1, why.data);
	buf_free(&why);
}

static void
report_lines(const struct datasets *sets, const char *path, const struct directory *dir)
{
	struct buf subject = {0};
	if (sets->selected_count > RULES_MAX)
		diag_bad("%s: no match: not a file of any dataset: name a DATASET to see how far "
		         "its lines match",
		    path);
	match_set_path(&subject, dir->real, path_name(path));
	for (size_t i = 0; sets->selected_count <= RULES_MAX && i < sets->selected_count; i++) {
		for (size_t k = 0; k < sets->selected[i]->line_count; k++)
			report_line(sets->selected[i]->line[k], path, &subject);
	}
	buf_free(&subject);
}

/* Whether rules look at a file of that name; reports why not. */
static bool
check_name(const struct datasets *sets, const char *path)
{
	struct stat st;
	const char *name = path_name(path), *why = NULL;
	if (strncmp(name, "._", 2) == 0)
		why = "its name begins with '._': macOS writes such files beside others";
	else if (match_is_windows_path(name))
		why = "its name contains '\\': extract the archive again with 'unzip'";
	else if (match_stem(name) == 0)
		why = "its name does not end in .tif or .tiff";
	char *word = shell_quoted(path);
	bool dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (dir)
		diag_bad("%s: is a directory: run 'find %s -type f | rsenc-scan --explain %s'",
		    path, word, sets->arguments.data);
	else if (why)
		diag_bad("%s: no match: %s", path, why);
	free(word);
	return !dir && !why;
}

/* ---- files ---- */

/* Adds a file that a line matches to the groups. */
static void
explain_file(const struct datasets *sets, const char *path, struct groups *groups)
{
	if (!check_name(sets, path))
		return;
	char *parent = path_parent(path), *given = path_absolute(parent);
	char *real = realpath(parent, NULL), *link = NULL;
	if (readlink(path, &(char){0}, 1) >= 0)
		link = realpath(path, NULL);
	given = given ? given : xstrdup(real ? real : parent);
	real = real ? real : xstrdup(given);
	struct directory dir = {.path = parent, .real = real, .path_as_given = given};
	struct found f = {.dir = &dir, .name = path_name(path), .real = link};
	const struct match *m = groups_match(groups, &f);
	if (!m)
		report_lines(sets, path, &dir);
	else if (print_match(m, path))
		groups_add(groups, &f);
	free(parent);
	free(given);
	free(real);
	free(link);
}

/* Reports files that are not of one patch together, though each of them matches. */
static void
report_groups(struct groups *groups)
{
	const struct assembled *g;
	groups_end(groups);
	while ((g = groups_next(groups)) != NULL) {
		if (g->bad && !g->incomplete && !g->one_file_bad)
			diag_warn("%s: %s", g->key, g->bad);
	}
	groups_free(groups);
}

void
explain_files(const struct datasets *sets, char **files)
{
	struct groups *groups = groups_new(sets->selected, sets->selected_count, UINT64_MAX);
	static struct lines in;
	const char *line;
	size_t len;
	if (!files[0])
		require_stdin_not_tty("paths of files", "find DIR");
	lines_start(&in, files, NULL);
	while (lines_next(&in, &line, &len)) {
		char *path = xstrndup(line, len);
		explain_file(sets, path, groups);
		free(path);
	}
	fflush(stdout);
	if (in.failed)
		exit(STATUS_BAD);
	report_groups(groups);
}
