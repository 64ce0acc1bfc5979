#include "scan/explain.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/match.h"
#include "stream/group.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RULES_MAX = 20 /* of more, nobody reads how far each line matches */ };

/* Appends the label of a match. The rank of a text depends on the other files of its patch. */
static void
explain_label(const struct match *m, struct buf *out)
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

/* Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH. False: the key cannot be stored, which is the
 * reason. */
static bool
explain_match(const struct match *m, const char *path, struct buf *out)
{
	const struct rule_line *l = m->line;
	struct buf key = {0};
	line_expand(l->key, &m->captures, &key);
	bool valid = key.len > 0 && key.len <= KEY_MAX;
	buf_addf(out, "%s:%zu", l->name, l->number + 1);
	if (valid) {
		buf_addf(out, "\t");
		group_escape_key(out, key.data, key.len);
		buf_addf(out, "\t");
		if (l->labelled)
			explain_label(m, out);
		line_names(l, l->labelled ? "" : l->label, m->band, out);
		buf_addf(out, "=");
		group_escape(out, path, strlen(path));
	} else {
		buf_addf(out, ": matches, but the key has %zu bytes (1 to %d)", key.len, KEY_MAX);
	}
	buf_free(&key);
	return valid;
}

/* Of a pattern that stops matching at `rest`, where the name continues with `name`. */
static void
explain_stop(
    const char *pattern, const char *rest, const char *tail, const char *name, struct buf *out)
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
		buf_addf(out, "'%.*s' matches '%s', but the name ends before '%s'", matched,
		    pattern, tail, rest);
	else
		buf_addf(out, "'%.*s' matches '%.*s', but '%s' does not match '%s'", matched,
		    pattern, part, tail, rest, name);
}

/* Why a line does not take the file. `path` is that of match_set_path. */
static void
explain_line(const struct rule_line *l, const struct buf *path, struct buf *out)
{
	struct regex_match m;
	unsigned slashes = l->pattern.slashes;
	const char *tail = match_tail(path, slashes);
	buf_addf(out, "%s%s:%zu: ", out->len > 0 ? "\n" : "", l->name, l->number + 1);
	if (!tail)
		buf_addf(out, "'%s' requires a path of %u folder%s", l->pattern_text, slashes,
		    slashes == 1 ? "" : "s");
	else if (regex_match(&l->pattern, tail, strlen(tail), &m))
		buf_addf(out, "matches, but the band '%.*s' is not in its list '%s'",
		    (int)m.len[l->capture], m.start[l->capture], l->list);
	else
		explain_stop(l->pattern_text, l->pattern_text + m.text, tail, tail + m.name, out);
}

static void
explain_lines(const struct rule *const *rules, size_t count, const char *dir, const char *name,
    struct buf *out)
{
	struct buf path = {0};
	if (count > RULES_MAX)
		buf_addf(out,
		    "not a file of any dataset: name a DATASET to see how far its lines match");
	match_set_path(&path, dir, name);
	for (size_t i = 0; count <= RULES_MAX && i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++)
			explain_line(rules[i]->line[k], &path, out);
	}
	buf_free(&path);
}

/* Appends why no rule looks at a file of that name. False: they do. */
static bool
explain_name(const char *name, struct buf *out)
{
	const char *why = strncmp(name, "._", 2) == 0
	                      ? "its name begins with '._': macOS writes such files beside others"
	                  : match_stem(name) == 0 ? "its name does not end in .tif or .tiff"
	                  : match_is_windows_path(name)
	                      ? "its name contains '\\': extract the archive again with 'unzip'"
	                      : "";
	buf_addf(out, "%s", why);
	return *why;
}

bool
explain_path(const struct rule *const *rules, size_t count, const char *path, struct groups *groups,
    struct buf *out)
{
	const char *name = path_name(path);
	if (explain_name(name, out))
		return false;
	struct stat st;
	struct match m;
	struct matcher matcher = {.rules = rules, .count = count};
	char *parent = path_parent(path), *given = path_absolute(parent);
	char *real = realpath(parent, NULL);
	char *link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
	given = given ? given : xstrdup(real ? real : parent);
	real = real ? real : xstrdup(given);
	struct directory dir = {.path = parent, .real = real, .path_as_given = given};
	match_file(&matcher, &dir, name, link, &m);
	bool match = m.line && explain_match(&m, path, out);
	const struct found f = {.dir = &dir, .name = name, .real = link};
	if (match && groups && groups_match(groups, &f))
		groups_add(groups, &f);
	if (!m.line)
		explain_lines(rules, count, real, name, out);
	buf_free(&matcher.path);
	free(parent);
	free(given);
	free(real);
	free(link);
	return match;
}
