#include "scan/explain.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/match.h"
#include "stream/group.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { EXPLAIN_LINES = 20 /* of rules: of more, only those that come closest are explained */ };

/* A path as the matcher wants it. */
struct explain_file {
	struct directory dir;
	const char *name;
	char *link; /* its real path, if it is a link */
};

static void
explain_file_set(struct explain_file *f, const char *path)
{
	struct stat st;
	char *parent = path_parent(path);
	*f = (struct explain_file){.dir = {.path = parent}, .name = path_name(path)};
	f->dir.real = realpath(parent, NULL);
	f->dir.path_as_given = path_absolute(parent);
	if (!f->dir.path_as_given)
		f->dir.path_as_given = f->dir.real ? f->dir.real : xstrdup(parent);
	else if (f->dir.real && strcmp(f->dir.path_as_given, f->dir.real) == 0) {
		free(f->dir.path_as_given);
		f->dir.path_as_given = f->dir.real;
	}
	if (!f->dir.real)
		f->dir.real = f->dir.path_as_given;
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		f->link = realpath(path, NULL);
}

static void
explain_file_free(struct explain_file *f)
{
	free(f->dir.path);
	if (f->dir.path_as_given != f->dir.real)
		free(f->dir.path_as_given);
	free(f->dir.real);
	free(f->link);
}

/* ---- a line that matches it ---- */

/* Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH. */
static void
explain_part(
    const struct match *m, const char *key, size_t key_len, const char *path, struct buf *out)
{
	char text[LINE_NAME_MAX + 32];
	const struct rule_line *l = m->line;
	size_t label_len = l->labelled ? line_expand(l->label, &m->captures, NULL, 0) : 0;
	char *label = xcalloc(label_len + 1, 1);
	line_expand(l->label, &m->captures, label, label_len);
	/* The rank of a text depends on the other files of its patch. */
	for (char *p = label, *end; (p = strchr(p, LABEL_RANK)) != NULL; p++) {
		end = strchr(p, LABEL_RANK_END);
		*p = '#';
		memmove(p + 1, end + 1, strlen(end + 1) + 1);
	}
	snprintf(text, sizeof text, "%s:%zu\t", l->name, l->number + 1);
	buf_add(out, text, strlen(text));
	group_escape_key(out, key, key_len);
	buf_add(out, "\t", 1);
	line_names(l, l->labelled ? label : l->label, m->band, out);
	buf_add(out, "=", 1);
	group_escape(out, path, strlen(path));
	free(label);
}

/* Returns as explain_path: a match may give a key that cannot be stored. */
static int
explain_match(const struct match *m, const char *path, struct buf *out)
{
	char key[KEY_MAX];
	const struct rule_line *l = m->line;
	struct error why;
	size_t len = line_expand(l->key, &m->captures, key, sizeof key);
	if (len > 0 && len <= sizeof key) {
		explain_part(m, key, len, path, out);
		return 1;
	}
	if (len == 0)
		error_set(&why, "%s:%zu: matches, but its key is empty", l->name, l->number + 1);
	else
		error_set(&why, "%s:%zu: matches, but its key has %zu bytes (at most %d)", l->name,
		    l->number + 1, len, KEY_MAX);
	buf_add(out, why.text, strlen(why.text));
	return 0;
}

/* ---- why a line does not ---- */

/* A reason, and how close the line comes: the share of its pattern that matches, in thousandths. */
struct explain_reason {
	struct error text;
	unsigned closeness;
};

/* Of a pattern that stops matching at `rest`, where the name continues with `name`. */
static void
explain_stop(const char *pattern, const char *rest, const char *tail, const char *name,
    struct explain_reason *r)
{
	int matched = (int)(rest - pattern), part = (int)(name - tail);
	bool case_differs = *rest && *rest != *name &&
	                    tolower((unsigned char)*rest) == tolower((unsigned char)*name);
	r->closeness = case_differs ? 999 : (unsigned)(998 * matched / (int)strlen(pattern));
	if (case_differs)
		error_set(&r->text,
		    "'%s' does not match '%s': only upper and lower case differ at '%s'", pattern,
		    tail, name);
	else if (part == 0)
		error_set(&r->text, "'%s' does not match the beginning of '%s'", pattern, tail);
	else if (*rest == '\0')
		error_set(&r->text, "'%s' matches '%.*s', but the name continues with '%s'",
		    pattern, part, tail, name);
	else if (*name == '\0')
		error_set(&r->text, "'%.*s' matches '%s', but the name ends before '%s'", matched,
		    pattern, tail, rest);
	else
		error_set(&r->text, "'%.*s' matches '%.*s', but '%s' does not match '%s'", matched,
		    pattern, part, tail, rest, name);
}

static void
explain_line(const struct rule_line *l, const struct explain_file *f, struct explain_reason *r)
{
	char s[PATH_MAX + 256];
	struct regex_match m;
	unsigned slashes = l->pattern.slashes;
	int written = snprintf(s, sizeof s, "%s/%.*s", f->dir.real[1] ? f->dir.real : "",
	    (int)match_stem(f->name), f->name);
	size_t len = written < 0 || (size_t)written >= sizeof s ? 0 : (size_t)written;
	const char *tail = match_tail(s, len, slashes);
	r->closeness = 0;
	if (!tail) {
		error_set(&r->text, "'%s' requires a path of %u folder%s", l->pattern_text, slashes,
		    slashes == 1 ? "" : "s");
	} else if (regex_match(&l->pattern, tail, strlen(tail), &m)) {
		r->closeness = 1000;
		error_set(&r->text, "matches, but the band '%.*s' is not in its list '%s'",
		    (int)m.len[l->capture], m.start[l->capture], l->list);
	} else {
		explain_stop(l->pattern_text, l->pattern_text + m.text, tail, tail + m.name, r);
	}
	error_prefix(&r->text, "%s:%zu", l->name, l->number + 1);
}

/* Adds the reasons of lines, all of them or, of many, those of the closest. */
static void
explain_lines(
    const struct rule *const *rules, size_t count, const struct explain_file *f, struct buf *out)
{
	size_t lines = 0;
	unsigned closest = 0;
	struct explain_reason r;
	for (size_t i = 0; i < count; i++)
		lines += rules[i]->line_count;
	/* Each line is looked at twice rather than all reasons kept: it is one file at a time. */
	for (size_t i = 0; lines > EXPLAIN_LINES && i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++) {
			explain_line(rules[i]->line[k], f, &r);
			closest = r.closeness > closest ? r.closeness : closest;
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++) {
			explain_line(rules[i]->line[k], f, &r);
			if (r.closeness < closest)
				continue;
			buf_add(out, "\n", out->len > 0);
			buf_add(out, r.text.text, strlen(r.text.text));
		}
	}
}

/* Why no rule looks at a file of that name; NULL if they do. */
static const char *
explain_name(const char *name)
{
	if (match_stem(name) == 0)
		return "its name does not end in .tif or .tiff";
	if (match_is_companion(name))
		return "its name begins with '._': macOS writes such files beside others";
	if (match_is_windows_path(name))
		return "its name contains '\\': extract the archive again with 'unzip'";
	return NULL;
}

/* Finds the line that matches a path; m->line is NULL if there is none. */
static void
explain_find(const struct rule *const *rules, size_t count, const struct explain_file *f,
    struct matcher **matcher, struct match *m)
{
	*matcher = matcher_new(rules, count);
	*m = (struct match){0};
	if (!explain_name(f->name))
		matcher_file(*matcher, &f->dir, f->name, f->link, m);
}

bool
explain_takes(const struct rule *rule, const char *path)
{
	struct explain_file f;
	struct match m;
	struct matcher *matcher;
	explain_file_set(&f, path);
	explain_find(&rule, 1, &f, &matcher, &m);
	matcher_free(matcher);
	explain_file_free(&f);
	return m.line != NULL;
}

int
explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out)
{
	struct explain_file f;
	struct match m;
	struct matcher *matcher;
	int status = 0;
	explain_file_set(&f, path);
	const char *why = explain_name(f.name);
	explain_find(rules, count, &f, &matcher, &m);
	if (m.line)
		status = explain_match(&m, path, out);
	else if (why)
		buf_add(out, why, strlen(why));
	else
		explain_lines(rules, count, &f, out);
	matcher_free(matcher);
	explain_file_free(&f);
	return status;
}

/* ---- what is hardly meant ---- */

bool
explain_doubt(const struct rule_line *l, struct error *doubt)
{
	static const char *const endings[] = {".tif", ".tiff", "[.]tif", "[.]tiff", "tif|tiff",
	    "tiff|tif", ".tif{1,2}", ".tif[f]", ".tiff?"};
	const char *text = l->pattern_text;
	size_t len = strlen(text);
	while (len > 0 && strchr("$)", text[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (n > len || strncasecmp(text + len - n, endings[i], n) != 0)
			continue;
		error_set(doubt,
		    "PATTERN: remove the ending .tif: it is removed from names before they are "
		    "matched (x.tif.tif would match)");
		return true;
	}
	return false;
}
