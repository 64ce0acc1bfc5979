#include "scan/rules.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "scan/builtin.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

static void
rule_free(struct rule *r)
{
	for (size_t i = 0; i < r->line_count; i++)
		line_free(r->line[i]);
	free(r->line);
	free(r);
}

/* One by one: there are a few dozen rules, and each is looked up once per line. */
static struct rule *
rules_find(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (strcmp(rules->rule[i]->name, name) == 0)
			return rules->rule[i];
	}
	return NULL;
}

static void
rules_append(struct rules *rules, struct rule *r)
{
	rules->rule = xreallocarray(rules->rule, rules->count + 1, sizeof *rules->rule);
	rules->rule[rules->count++] = r;
}

/* ---- duplicate tensor names ---- */

struct rule_name {
	char *text;
	const struct rule_line *line;
};

static int
rule_compare_names(const void *a, const void *b)
{
	return strcmp(((const struct rule_name *)a)->text, ((const struct rule_name *)b)->text);
}

/* Appends the names of a line's tensors. */
static void
rule_list_names(const struct rule_line *l, struct rule_name *names, size_t *count)
{
	for (size_t i = 0; i < l->bands.count; i++) {
		struct buf text = {0};
		const char *prefix = l->capture ? l->label : "", *band = l->bands.name[i];
		buf_add(&text, prefix, strlen(prefix));
		buf_add(&text, band, strlen(band) + 1);
		names[(*count)++] = (struct rule_name){text.data, l};
	}
}

/* Two parts that must both have files cannot give the same name: no patch would ever be complete.
 * Of two that are optional, and of names with captures, it is seen in each group. */
static int
rule_check_names(struct rule *r, struct error *why)
{
	size_t count = 0, total = 0;
	int status = 0;
	for (size_t i = 0; i < r->line_count; i++)
		total += r->line[i]->labelled ? 0 : r->line[i]->bands.count;
	struct rule_name *names = xcalloc(total + 1, sizeof *names);
	for (size_t i = 0; i < r->line_count; i++) {
		if (!r->line[i]->labelled)
			rule_list_names(r->line[i], names, &count);
	}
	qsort(names, count, sizeof *names, rule_compare_names);
	r->clash = r->open;
	for (size_t i = 1; status == 0 && i < count; i++) {
		const struct rule_line *a = names[i - 1].line, *b = names[i].line;
		if (strcmp(names[i - 1].text, names[i].text) != 0 || a->part == b->part)
			continue;
		r->clash = true;
		if (!a->optional && !b->optional)
			status = error_set(why,
			    "rule '%s': tensor '%.100s' is in two lines (only lines with the same "
			    "tensors are alternatives)",
			    r->name, names[i].text);
	}
	while (count > 0)
		free(names[--count].text);
	free(names);
	return status;
}

/* ---- lines to rules ---- */

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
	if (r->line_count == RULE_LINES_MAX)
		return error_set(why, "'%s' has more than %d lines", r->name, RULE_LINES_MAX);
	r->line = xreallocarray(r->line, r->line_count + 1, sizeof *r->line);
	l->number = r->line_count;
	l->rule = r;
	r->line[r->line_count++] = l;
	r->count = l->count > 0 ? l->count : r->count;
	rule_add_part(r, l);
	/* Alone, a line has the files of one directory. Lines of one name are put together wherever
	 * their files lie, and so are the files of a line that may have any number of them. */
	r->spread = r->line_count > 1 || l->labelled;
	r->clash = r->open;
	r->optional |= l->optional;
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
	struct rule *r = rules_find(rules, l->name);
	if (!r) {
		r = xcalloc(1, sizeof *r);
		r->name = l->name;
		rules_append(rules, r);
	}
	if (rule_add_line(r, l, why) == 0)
		return 0;
	/* The first line of a rule is always added, so that the rule has a name. */
	line_free(l);
	return -1;
}

/* UTF-16, as Windows saves "Unicode": with a mark, or with a NUL in each pair of bytes. */
static int
rules_check_encoding(const char *path, const char *text, size_t len, struct error *why)
{
	struct buf file = {0};
	if (len < 2 || (memcmp(text, "\xff\xfe", 2) != 0 && memcmp(text, "\xfe\xff", 2) != 0 &&
	                   (text[0] == '\0') == (text[1] == '\0')))
		return 0;
	shell_quote(&file, path);
	error_set(
	    why, "%s: is UTF-16: run 'iconv -f UTF-16 -t UTF-8 %s >utf8.rules'", path, file.data);
	buf_free(&file);
	return -1;
}

int
rules_parse(struct rules *rules, const char *path, const char *text, size_t len, struct error *why)
{
	const char *end = len > 0 ? text + len : text;
	unsigned long number = 1;
	if (rules_check_encoding(path, text, len, why) != 0)
		return -1;
	/* Editors add a byte order mark and carriage returns, which would become part of names. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (const char *p = text; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((newline ? newline : end) - p);
		size_t used = line - (line > 0 && p[line - 1] == '\r');
		struct error cause;
		if (!group_is_blank(p, used) && rules_add(rules, p, used, number, &cause) != 0)
			return error_set(why, "%s: line %lu: %s", path, number, cause.text);
		p += line + 1;
	}
	for (size_t i = 0; i < rules->count; i++) {
		struct error cause;
		if (rules->rule[i]->line_count > 1 && rule_check_names(rules->rule[i], &cause) != 0)
			return error_set(why, "%s: %s", path, cause.text);
	}
	return 0;
}

int
rules_add_builtin(struct rules *rules, struct error *why)
{
	struct rules builtin = {0};
	for (size_t i = 0; builtin_rules[i]; i++) {
		const char *text = builtin_rules[i];
		if (rules_add(&builtin, text, strlen(text), 0, why) != 0) {
			rules_free(&builtin);
			return -1;
		}
	}
	for (size_t i = 0; i < builtin.count; i++) {
		if (rules_find(rules, builtin.rule[i]->name))
			rule_free(builtin.rule[i]);
		else
			rules_append(rules, builtin.rule[i]);
	}
	free(builtin.rule);
	return 0;
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
	for (size_t i = 0; i < rules->count; i++)
		rule_free(rules->rule[i]);
	free(rules->rule);
	*rules = (struct rules){0};
}
