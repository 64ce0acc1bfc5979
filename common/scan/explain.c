#include "scan/explain.h"

#include "base/error.h"
#include "scan/match.h"
#include "scan/progress.h"
#include "stream/group.h"

#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXPLAIN_LINES = 20 /* of rules: if there are more, only those that come closest */ };

/* A path as the matcher wants it. */
struct explain_file {
	struct directory dir;
	char *copy; /* of the path, cut before the name */
	const char *name;
	char *link; /* its real path, if it is a link */
};

static void
explain_file_free(struct explain_file *f)
{
	if (f->dir.met != f->dir.real)
		free(f->dir.met);
	free(f->dir.real);
	free(f->copy);
	free(f->link);
}

/* "/" + the path without "./" and double slashes. */
static char *
explain_absolute(const char *path)
{
	char *out = malloc(strlen(path) + 2), *to = out;
	if (!out)
		return NULL;
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");
		if (len > 0 && !(len == 1 && p[0] == '.')) {
			*to++ = '/';
			memcpy(to, p, len);
			to += len;
		}
		p += len + (p[len] == '/');
	}
	if (to == out)
		*to++ = '/';
	*to = '\0';
	return out;
}

static int
explain_file_set(struct explain_file *f, const char *path)
{
	struct stat st;
	*f = (struct explain_file){.copy = strdup(path)};
	if (!f->copy)
		return -1;
	char *slash = strrchr(f->copy, '/');
	f->name = slash ? slash + 1 : f->copy;
	f->dir.path = slash ? f->copy : "";
	if (slash)
		*slash = '\0';
	const char *written = slash ? slash == f->copy ? "/" : f->copy : ".";
	f->dir.met = explain_absolute(slash ? f->copy : "");
	f->dir.real = realpath(written, NULL);
	if (lstat(path, &st) != 0) {
		/* Not there: its name says it all. */
		free(f->dir.real);
		f->dir.real = NULL;
	} else if (S_ISLNK(st.st_mode)) {
		f->link = realpath(path, NULL);
	}
	if (!f->dir.real)
		f->dir.real = f->dir.met;
	return f->dir.met ? 0 : -1;
}

/* ---- a line that takes it ---- */

/* Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH. */
static int
explain_part(
    const struct match *m, const char *key, size_t key_len, const char *path, struct buf *out)
{
	char text[LINE_NAME_MAX + 32];
	const struct rule_line *l = m->line;
	struct buf label = {0};
	snprintf(text, sizeof text, "%s:%zu\t", l->name, l->number + 1);
	size_t label_len = l->labelled ? line_expand(l->label, &m->captures, NULL, 0) : 0;
	int status = buf_reserve(&label, label_len + 1);
	if (status == 0) {
		line_expand(l->label, &m->captures, label.data, label_len);
		label.data[label_len] = '\0';
	}
	if (status != 0 || buf_add(out, text, strlen(text)) != 0 ||
	    group_escape_key(out, key, key_len) != 0 || buf_add(out, "\t", 1) != 0 ||
	    line_names(l, l->labelled ? label.data : l->label, m->band, out) != 0 ||
	    buf_add(out, "=", 1) != 0 || group_escape(out, path, strlen(path)) != 0)
		status = -1;
	buf_free(&label);
	return status;
}

/* Returns as explain_path: a match may give a key that cannot be stored, and the file is left out. */
static int
explain_match(const struct match *m, const char *path, struct buf *out)
{
	char key[KEY_MAX];
	const struct rule_line *l = m->line;
	struct error why;
	size_t len = line_expand(l->key, &m->captures, key, sizeof key);
	if (len > 0 && len <= sizeof key)
		return explain_part(m, key, len, path, out) == 0 ? 1 : -1;
	if (len == 0)
		error_set(
		    &why, "%s:%zu: matches, but makes an empty key of it", l->name, l->number + 1);
	else
		error_set(&why, "%s:%zu: matches, but makes a key of %zu bytes of it, more than %d",
		    l->name, l->number + 1, len, KEY_MAX);
	return buf_add(out, why.text, strlen(why.text));
}

/* ---- why a line does not ---- */

/* A reason, and how close the line comes: the share of its pattern that fits, in thousandths. */
struct explain_reason {
	struct error text;
	unsigned closeness;
};

/* "Train" for "train" is easily overlooked, so it is told as such. */
static bool
explain_matches_any_case(const char *pattern, const char *s)
{
	char text[PATTERN_LEN_MAX + 5];
	regex_t regex;
	snprintf(text, sizeof text, "^(%s)$", pattern);
	if (regcomp(&regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return false;
	bool matches = regexec(&regex, s, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

static void
explain_line(const struct rule_line *l, const struct explain_file *f, struct explain_reason *r)
{
	char s[PATH_MAX + 256];
	struct pattern_match m;
	unsigned slashes = l->pattern.slashes;
	int written = snprintf(s, sizeof s, "%s/%.*s", f->dir.real[1] ? f->dir.real : "",
	    (int)match_stem(f->name), f->name);
	size_t len = written < 0 || (size_t)written >= sizeof s ? 0 : (size_t)written;
	const char *tail = match_tail(s, len, slashes);
	/* A band that is not listed comes closest, then what differs in case only, then what fits most. */
	r->closeness = 0;
	if (!tail) {
		error_set(&r->text,
		    "%s:%zu: its pattern is for a file at least %u folder%s deep: '%s'", l->name,
		    l->number + 1, slashes, slashes == 1 ? "" : "s", l->pattern_text);
		return;
	}
	size_t tail_len = strlen(tail), pattern_len = strlen(l->pattern_text);
	if (pattern_match(&l->pattern, tail, tail_len, &m)) {
		r->closeness = 1000;
		error_set(&r->text, "%s:%zu: matches, but the band '%.*s' is not in its list '%s'",
		    l->name, l->number + 1, (int)m.len[l->capture], m.start[l->capture], l->list);
		return;
	}
	if (explain_matches_any_case(l->pattern_text, tail)) {
		r->closeness = 999;
		error_set(&r->text, "%s:%zu: only upper and lower case differ: '%s' from '%s'",
		    l->name, l->number + 1, l->pattern_text, tail);
		return;
	}
	size_t fits, subject;
	progress_of(l->pattern_text, pattern_len, tail, &fits, &subject);
	r->closeness = (unsigned)(998 * fits / pattern_len);
	if (fits == pattern_len)
		error_set(&r->text, "%s:%zu: '%s' fits '%.*s', but then comes '%s'", l->name,
		    l->number + 1, l->pattern_text, (int)subject, tail, tail + subject);
	else if (fits > 0 && tail[subject] == '\0')
		error_set(&r->text, "%s:%zu: '%.*s' fits '%s', but the name ends before '%s'",
		    l->name, l->number + 1, (int)fits, l->pattern_text, tail,
		    l->pattern_text + fits);
	else if (fits > 0)
		error_set(&r->text, "%s:%zu: '%.*s' fits '%.*s', but '%s' does not fit '%s'",
		    l->name, l->number + 1, (int)fits, l->pattern_text, (int)subject, tail,
		    l->pattern_text + fits, tail + subject);
	else
		error_set(&r->text, "%s:%zu: '%s' does not begin like '%s'", l->name, l->number + 1,
		    tail, l->pattern_text);
}

/* Adds the reasons of lines, all of them or, of many, those of the closest. */
static int
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
			if ((out->len > 0 && buf_add(out, "\n", 1) != 0) ||
			    buf_add(out, r.text.text, strlen(r.text.text)) != 0)
				return -1;
		}
	}
	return 0;
}

static int
explain_none(
    const struct rule *const *rules, size_t count, const struct explain_file *f, struct buf *out)
{
	static const char other[] = "its name does not end in .tif or .tiff";
	static const char companion[] = "its name begins with '._': what macOS keeps beside a file";
	if (match_stem(f->name) == 0)
		return buf_add(out, other, sizeof other - 1);
	if (match_is_companion(f->name))
		return buf_add(out, companion, sizeof companion - 1);
	return explain_lines(rules, count, f, out);
}

int
explain_takes(const struct rule *rule, const char *path)
{
	struct explain_file f;
	struct match m = {0};
	struct matcher *matcher = matcher_new(&rule, 1);
	int status = explain_file_set(&f, path);
	if (status == 0 && matcher && match_stem(f.name) > 0 && !match_is_companion(f.name))
		status = matcher_file(matcher, &f.dir, f.name, f.link, &m);
	if (!matcher || status != 0)
		status = -1;
	else
		status = m.line != NULL;
	matcher_free(matcher);
	explain_file_free(&f);
	return status;
}

int
explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out)
{
	struct explain_file f;
	struct match m = {0};
	struct matcher *matcher = matcher_new(rules, count);
	int status = explain_file_set(&f, path);
	if (status == 0 && matcher && match_stem(f.name) > 0 && !match_is_companion(f.name))
		status = matcher_file(matcher, &f.dir, f.name, f.link, &m);
	if (!matcher || status != 0)
		status = -1;
	else if (m.line)
		status = explain_match(&m, path, out);
	else
		status = explain_none(rules, count, &f, out);
	matcher_free(matcher);
	explain_file_free(&f);
	return status;
}
