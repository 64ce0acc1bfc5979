#include "scan/explain.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/match.h"
#include "stream/group.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXPLAIN_LINES = 20 /* of rules: of more, only those that come closest are explained */ };

/* ---- a line that matches it ---- */

/* Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH. */
static void
explain_part(const struct match *m, const char *key, const char *path, struct buf *out)
{
	char text[LINE_NAME_MAX + 32];
	const struct rule_line *l = m->line;
	struct buf label = {0};
	line_expand(l->label, &m->captures, &label);
	buf_add(&label, "", 1);
	/* The rank of a text depends on the other files of its patch. */
	for (char *p = label.data, *end; (p = strchr(p, LABEL_RANK)) != NULL; p++) {
		end = strchr(p, LABEL_RANK_END);
		*p = '#';
		memmove(p + 1, end + 1, strlen(end + 1) + 1);
	}
	snprintf(text, sizeof text, "%s:%zu\t", l->name, l->number + 1);
	buf_add(out, text, strlen(text));
	group_escape_key(out, key, strlen(key));
	buf_add(out, "\t", 1);
	line_names(l, l->labelled ? label.data : l->label, m->band, out);
	buf_add(out, "=", 1);
	group_escape(out, path, strlen(path));
	buf_free(&label);
}

/* Returns as explain_path: a match may give a key that cannot be stored. */
static bool
explain_match(const struct match *m, const char *path, struct buf *out)
{
	const struct rule_line *l = m->line;
	struct buf key = {0};
	struct error why;
	line_expand(l->key, &m->captures, &key);
	size_t len = key.len;
	buf_add(&key, "", 1);
	bool valid = len > 0 && len <= KEY_MAX;
	if (valid)
		explain_part(m, key.data, path, out);
	else
		error_set(&why, "%s:%zu: matches, but the key has %zu bytes (1 to %d)", l->name,
		    l->number + 1, len, KEY_MAX);
	if (!valid)
		buf_add(out, why.text, strlen(why.text));
	buf_free(&key);
	return valid;
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

/* `path` is that of match_set_path. */
static void
explain_line(const struct rule_line *l, const struct buf *path, struct explain_reason *r)
{
	struct regex_match m;
	unsigned slashes = l->pattern.slashes;
	const char *tail = match_tail(path, slashes);
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
explain_lines(const struct rule *const *rules, size_t count, const char *dir, const char *name,
    struct buf *out)
{
	size_t lines = 0;
	unsigned closest = 0;
	struct buf path = {0};
	struct explain_reason r;
	match_set_path(&path, dir, name);
	for (size_t i = 0; i < count; i++)
		lines += rules[i]->line_count;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++) {
			explain_line(rules[i]->line[k], &path, &r);
			if (lines > EXPLAIN_LINES && r.closeness < closest)
				continue;
			if (lines > EXPLAIN_LINES && r.closeness > closest)
				out->len = 0;
			closest = r.closeness;
			buf_add(out, "\n", out->len > 0);
			buf_add(out, r.text.text, strlen(r.text.text));
		}
	}
	buf_free(&path);
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

bool
explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out)
{
	const char *name = path_name(path), *why = explain_name(name);
	if (why) {
		buf_add(out, why, strlen(why));
		return false;
	}
	struct stat st;
	struct match m;
	struct matcher *matcher = matcher_new(rules, count);
	char *parent = path_parent(path), *given = path_absolute(parent);
	char *real = realpath(parent, NULL);
	char *link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
	given = given ? given : xstrdup(real ? real : parent);
	real = real ? real : xstrdup(given);
	struct directory dir = {.path = parent, .real = real, .path_as_given = given};
	matcher_file(matcher, &dir, name, link, &m);
	bool match = m.line && explain_match(&m, path, out);
	if (!m.line)
		explain_lines(rules, count, real, name, out);
	matcher_free(matcher);
	free(parent);
	free(given);
	free(real);
	free(link);
	return match;
}
