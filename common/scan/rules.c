#include "scan/rules.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

/* Two parts that must both have files cannot give the same name: no patch would ever be complete.
 * Of two that are optional, and of names with captures, rsenc-pack sees it in each patch. */
static int
rule_check_names(const struct rule *r, struct error *why)
{
	struct buf text = {0};
	struct names names = {0};
	int status = 0;
	for (size_t i = 0; i < r->line_count; i++) {
		const struct rule_line *l = r->line[i];
		if (l->part == i && !l->labelled && !l->optional)
			buf_add(&text, l->signature, strlen(l->signature));
	}
	if (text.len > 0)
		status = names_parse(text.data, text.len - 1, &names, why);
	names_free(&names);
	buf_free(&text);
	if (status == 0)
		return 0;
	if (r->line_count > 1)
		error_append(why, " (only lines with the same tensors are alternatives)");
	return error_prefix(why, "rule '%s'", r->name);
}

/* A line is an alternative to the first one that has the same tensors, or a part of its own. */
static void
rule_add_part(struct rule *r, struct rule_line *l)
{
	l->part = 0;
	while (strcmp(r->line[l->part]->signature, l->signature) != 0)
		l->part++;
	const struct rule_line *first = r->line[l->part];
	if (first == l)
		r->files += l->capture ? l->bands.count : 1;
	/* That a patch has files of one alternative only is not known before the end. */
	r->open |= l->labelled || first != l;
	for (size_t i = l->part; i < r->line_count; i++) {
		if (r->line[i]->part == l->part)
			r->line[i]->optional = l->optional |= first->optional;
	}
}

/* Appends a line, which is the rule's from now on. */
static int
rule_add_line(struct rule *r, struct rule_line *l, struct error *why)
{
	for (size_t i = 0; i < r->line_count; i++) {
		if (strcmp(r->line[i]->text, l->text) == 0)
			return error_set(why, "duplicate line of the rule '%s'", r->name);
	}
	/* A COUNT of 0 is unknown, and goes with any. */
	if (l->count > 0 && r->count > 0 && l->count != r->count)
		return error_set(
		    why, "COUNT: an earlier line of '%s' has a different number", r->name);
	r->line = xreallocarray(r->line, r->line_count + 1, sizeof *r->line);
	l->number = r->line_count;
	l->rule = r;
	r->line[r->line_count++] = l;
	r->count = l->count > 0 ? l->count : r->count;
	rule_add_part(r, l);
	return 0;
}

/* Parses one line and appends it. */
static int
rules_add(
    struct rules *rules, const char *text, size_t len, unsigned long number, struct error *why)
{
	struct rule_line *l = line_parse(text, len, why);
	if (!l)
		return -1;
	l->line_number = number;
	/* Rules of a stranger must not take minutes or gigabytes to read. */
	rules->weight += number > 0 ? LINE_WEIGHT + l->bands.count + l->pattern.size : 0;
	if (rules->weight > RULES_WEIGHT_MAX) {
		line_free(l);
		return error_set(why, "more than 5000 lines, or their equal in lists and repeats");
	}
	/* One by one, for there are few. */
	size_t i = 0;
	while (i < rules->count && strcmp(rules->rule[i]->name, l->name) != 0)
		i++;
	struct rule *r = i < rules->count ? rules->rule[i] : NULL;
	/* A user's rule takes the place of the built-in one. */
	if (r && number == 0 && r->line[0]->line_number > 0) {
		line_free(l);
		return 0;
	}
	if (!r) {
		r = xcalloc(1, sizeof *r);
		r->name = l->name;
		rules->rule = xreallocarray(rules->rule, rules->count + 1, sizeof *rules->rule);
		rules->rule[rules->count++] = r;
	}
	if (rule_add_line(r, l, why) == 0)
		return 0;
	/* The first line of a rule is always added, so that the rule has a name. */
	line_free(l);
	return -1;
}

/* UTF-16, as Windows saves "Unicode", and UTF-32, with a mark or not: ASCII has NULs in both. */
static int
rules_check_encoding(const char *path, const char *text, size_t len, struct error *why)
{
	if (len < 4 || ((unsigned char)text[0] < 0xfe && text[0] != '\0' && text[1] != '\0'))
		return 0;
	int bits = (text[0] | text[1]) == 0 || (text[2] | text[3]) == 0 ? 32 : 16;
	char *file = shell_quoted(path);
	error_set(why, "%s: is UTF-%d: run 'iconv -f UTF-%d -t UTF-8 %s >utf8.rules'", path, bits,
	    bits, file);
	free(file);
	return -1;
}

int
rules_parse(struct rules *rules, const char *path, const char *text, size_t len, struct error *why)
{
	const char *end = len > 0 ? text + len : text;
	unsigned long number = 1;
	size_t weight = rules->weight;
	if (rules_check_encoding(path, text, len, why) != 0)
		return -1;
	/* Editors add a byte order mark and carriage returns, which would become part of names. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (const char *p = text; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((newline ? newline : end) - p);
		size_t used = line - (line > 0 && p[line - 1] == '\r');
		if (!group_is_blank(p, used) && rules_add(rules, p, used, number, why) != 0)
			return error_prefix(why, "%s: line %lu", path, number);
		p += line + 1;
	}
	if (rules->weight == weight)
		return error_set(why, "%s: contains no rule", path);
	for (size_t i = 0; i < rules->count; i++) {
		if (rule_check_names(rules->rule[i], why) != 0)
			return error_prefix(why, "%s", path);
	}
	return 0;
}

int
rules_add_builtin(struct rules *rules, struct error *why)
{
	int status = 0;
	for (const char *const *line = builtin_rules; status == 0 && *line; line++)
		status = rules_add(rules, *line, strlen(*line), 0, why);
	return status;
}

bool
rule_selected(const struct rule *r, const char *dataset)
{
	size_t len = strlen(dataset);
	return strncmp(r->name, dataset, len) == 0 && (r->name[len] == '\0' || r->name[len] == '-');
}

void
rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		for (size_t k = 0; k < rules->rule[i]->line_count; k++)
			line_free(rules->rule[i]->line[k]);
		free(rules->rule[i]->line);
		free(rules->rule[i]);
	}
	free(rules->rule);
	*rules = (struct rules){0};
}
