#include "scan/line.h"

#include "base/alloc.h"
#include "base/number.h"
#include "scan/lint.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_FIELDS = 5 };

/* Cuts l->fields at its tabs. */
static int
line_split(struct rule_line *l, const char **tensors, const char **count, struct error *why)
{
	const char *field[LINE_FIELDS];
	size_t n = 0;
	for (char *p = l->fields; p; n++) {
		if (n < LINE_FIELDS)
			field[n] = p;
		p = strchr(p, '\t');
		if (p)
			*p++ = '\0';
	}
	if (n != LINE_FIELDS)
		return error_set(why,
		    "%zu field%s, not %d: separate DATASET, PATTERN, KEY, TENSORS and COUNT by one "
		    "tab each",
		    n, n == 1 ? "" : "s", LINE_FIELDS);
	l->name = field[0];
	l->pattern_text = field[1];
	l->key = field[2];
	*tensors = field[3];
	*count = field[4];
	return 0;
}

/* The name becomes part of messages and is an operand of commands. */
static int
line_check_name(const char *name, struct error *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_.";
	size_t len = strlen(name);
	if (len == 0 || len > LINE_NAME_MAX || name[0] == '-' || strspn(name, allowed) != len)
		return error_set(why,
		    "DATASET: must be 1 to %d letters, digits, '-', '_' or '.', and not start with "
		    "'-'",
		    LINE_NAME_MAX);
	return 0;
}

static int
line_read_pattern(struct rule_line *l, struct error *why)
{
	struct error cause;
	const char *text = l->pattern_text;
	size_t len = strlen(text);
	if (lint_quotes("PATTERN", text, why) != 0)
		return -1;
	if (regex_compile(&l->pattern, text, &cause) != 0)
		return error_set(why, "PATTERN: %s", cause.text);
	if (text[0] == '/' || text[len - 1] == '/')
		return error_set(why,
		    "PATTERN: remove the '/' at the %s: the end of a path is matched, with the "
		    "name "
		    "of the file",
		    text[0] == '/' ? "beginning" : "end");
	return 0;
}

static int
line_check_capture(const struct rule_line *l, unsigned n, const char *where, struct error *why)
{
	if (n > l->pattern.captures)
		return error_set(why,
		    "%s: \\%u, but PATTERN has %u group%s: put what \\%u stands for between ( and "
		    ")",
		    where, n, l->pattern.captures, l->pattern.captures == 1 ? "" : "s", n);
	return 0;
}

/* Checks a template. A bit is set in *captures, if that is not NULL, for each one in it. */
static int
line_check_template(const struct rule_line *l, const char *template, const char *where,
    unsigned *captures, struct error *why)
{
	for (const char *p = template; *p; p++) {
		if (*p != '\\')
			continue;
		p++;
		p += captures && *p == '#' && p[1] != '\\';
		if (*p >= '1' && *p <= '9') {
			if (line_check_capture(l, (unsigned)(*p - '0'), where, why) != 0)
				return -1;
			if (captures)
				*captures |= 1u << (*p - '0');
		} else if (*p != '\\') {
			return error_set(why,
			    "%s: '\\' must be followed by 1 to 9, the number of a group, or by "
			    "'\\'",
			    where);
		}
	}
	return 0;
}

static int
line_check_key(const struct rule_line *l, struct error *why)
{
	bool plain = !strchr(l->key, '\\');
	if (l->key[0] == '\0')
		return error_set(why, "KEY: is empty");
	if (strlen(l->key) > KEY_MAX)
		return error_set(why, "KEY: longer than %d bytes", KEY_MAX);
	if (lint_quotes("KEY", l->key, why) != 0 || lint_key(l->key, l->pattern.captures, why) != 0)
		return -1;
	if (plain && strpbrk(l->key, "${%"))
		return error_set(why,
		    "KEY: '%.60s' is the same for all files: write \\1 to \\9 for the groups of "
		    "PATTERN",
		    l->key);
	return line_check_template(l, l->key, "KEY", NULL, why);
}

/* The backslash of the first "\N:", or NULL. */
static char *
line_find_capture(char *tensors)
{
	for (char *p = tensors; *p; p++) {
		if (*p != '\\')
			continue;
		if (p[1] >= '1' && p[1] <= '9' && p[2] == ':')
			return p;
		if (p[1] != '\0')
			p++;
	}
	return NULL;
}

/* What a template makes of captures that are all digits (\1 is "1"), to check it and to count
 * names. */
static char *
line_sample(const char *template)
{
	static const char digits[] = "0123456789";
	struct regex_match m = {.len = {0}};
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		m.start[n] = digits + n;
		m.len[n] = 1;
	}
	size_t len = line_expand(template, &m, NULL, 0);
	char *sample = xcalloc(len + 1, 1);
	line_expand(template, &m, sample, len);
	/* A rank is a number, too. */
	size_t to = 0;
	for (size_t i = 0; i < len; i++) {
		if (sample[i] != LABEL_RANK && sample[i] != LABEL_RANK_END)
			sample[to++] = sample[i];
	}
	sample[to] = '\0';
	return sample;
}

/* [PREFIX]\N:LIST: `capture` is its backslash. */
static int
line_read_bands(struct rule_line *l, char *capture, struct error *why)
{
	*capture = '\0';
	l->label = l->tensors;
	l->list = capture + 3;
	l->capture = (unsigned)(capture[1] - '0');
	if (line_check_capture(l, l->capture, "TENSORS", why) != 0)
		return -1;
	if (strpbrk(l->label, ",{}"))
		return error_set(why,
		    "TENSORS: '%.60s': a prefix without ',' and braces stands before \\%u:, the "
		    "list "
		    "after",
		    l->label, l->capture);
	if (strchr(l->list, '\\'))
		return error_set(
		    why, "TENSORS: '%.60s': groups stand before the ':', not in the list", l->list);
	return line_check_template(l, l->label, "TENSORS", &l->label_captures, why);
}

/* The names that a prefix makes of the bands are names of tensors, too. */
static int
line_check_prefixed(const struct rule_line *l, const char *prefix, struct error *why)
{
	struct buf text = {0};
	int status = 0;
	for (size_t i = 0; status == 0 && i < l->bands.count; i++) {
		struct names one;
		text.len = 0;
		buf_add(&text, prefix, strlen(prefix));
		buf_add(&text, l->bands.name[i], strlen(l->bands.name[i]));
		status = names_parse(text.data, text.len, &one, why);
		if (status == 0)
			names_free(&one);
	}
	buf_free(&text);
	return status;
}

static int
line_read_tensors(struct rule_line *l, const char *text, struct error *why)
{
	size_t len = strlen(text);
	struct error cause;
	l->optional = len > 0 && text[len - 1] == '?';
	l->tensors = xstrndup(text, len - l->optional);
	l->label = l->list = "";
	if (lint_tensors(text, l->pattern.captures, why) != 0)
		return -1;
	char *capture = line_find_capture(l->tensors), *sample;
	if (capture) {
		if (line_read_bands(l, capture, why) != 0)
			return -1;
	} else if (strchr(l->tensors, '\\')) {
		l->label = l->tensors;
		if (line_check_template(l, l->label, "TENSORS", &l->label_captures, why) != 0)
			return -1;
	} else {
		l->list = l->tensors;
	}
	l->labelled = l->label_captures != 0;
	if (lint_list(l->label, why) != 0 || lint_list(l->list, why) != 0)
		return -1;
	sample = line_sample(l->label);
	bool template = l->label == l->tensors;
	const char *names = template && !capture ? sample : l->list;
	size_t names_len = strlen(names);
	/* Of an open list, the first name is known. */
	l->open_list = !capture && names_is_open(names, names_len);
	int status = l->open_list ? names_parse_open(names, names_len, 1, &l->bands, &cause)
	                          : names_parse(names, names_len, &l->bands, &cause);
	if (status == 0 && capture && l->label[0])
		status = line_check_prefixed(l, sample, &cause);
	/* Without captures it is always the same text, which is not longer than the template. */
	if (!l->labelled && template)
		strcpy(l->tensors, sample);
	free(sample);
	return status == 0 ? 0 : error_set(why, "TENSORS: %s", cause.text);
}

static int
line_compare_bands(const void *a, const void *b)
{
	return strcmp(
	    ((const struct rule_line_band *)a)->name, ((const struct rule_line_band *)b)->name);
}

/* Sorts the bands by name, and joins the names of the tensors. Of names with captures, the template
 * takes their place. */
static void
line_sort_bands(struct rule_line *l)
{
	struct buf text = {0};
	l->sorted = xcalloc(l->bands.count, sizeof *l->sorted);
	for (size_t i = 0; i < l->bands.count; i++)
		l->sorted[i] = (struct rule_line_band){l->bands.name[i], i};
	qsort(l->sorted, l->bands.count, sizeof *l->sorted, line_compare_bands);
	for (size_t i = 0; i < l->bands.count; i++) {
		if (l->labelled || l->capture)
			buf_add(&text, l->label, strlen(l->label));
		buf_add(&text, l->sorted[i].name, strlen(l->sorted[i].name));
		buf_add(&text, ",", 1);
	}
	buf_add(&text, "", 1);
	l->signature = text.data;
}

static int
line_read(struct rule_line *l, struct error *why)
{
	const char *tensors = "", *count = "";
	if (lint_bytes(l->text, why) != 0 || line_split(l, &tensors, &count, why) != 0 ||
	    line_check_name(l->name, why) != 0 || line_read_pattern(l, why) != 0 ||
	    line_check_key(l, why) != 0 || line_read_tensors(l, tensors, why) != 0)
		return -1;
	line_sort_bands(l);
	const char *bad = number_parse(count, 0, UINT64_MAX, &l->count);
	if (bad)
		return error_set(why, "COUNT: '%.40s' %s (0 if unknown)", count, bad);
	return 0;
}

struct rule_line *
line_parse(const char *text, size_t len, struct error *why)
{
	if (memchr(text, '\0', len)) {
		error_set(why, "contains a NUL byte: not text");
		return NULL;
	}
	struct rule_line *l = xcalloc(1, sizeof *l);
	l->text = xstrndup(text, len);
	l->fields = xstrndup(text, len);
	if (line_read(l, why) == 0)
		return l;
	line_free(l);
	return NULL;
}

long
line_band(const struct rule_line *l, const char *name, size_t len)
{
	size_t low = 0, high = l->bands.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct rule_line_band *band = &l->sorted[middle];
		int order = strncmp(name, band->name, len);
		if (order == 0 && band->name[len] == '\0')
			return (long)band->index;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* Appends what fits to `out`, of which `len` bytes are used. Returns the bytes used then. */
static size_t
expand_add(char *out, size_t size, size_t len, const char *bytes, size_t count)
{
	if (out && len < size)
		memcpy(out + len, bytes, count < size - len ? count : size - len);
	return len + count;
}

size_t
line_expand(const char *template, const struct regex_match *m, char *out, size_t size)
{
	static const char rank_begin = LABEL_RANK, rank_end = LABEL_RANK_END;
	size_t len = 0;
	for (const char *p = template; *p; p++) {
		bool rank = *p == '\\' && p[1] == '#';
		const char *group = rank ? p + 2 : p + 1;
		/* Templates are checked: a backslash is followed by a digit, '#' and a digit, or a
		 * backslash. */
		if (*p != '\\' || p[1] == '\\') {
			len = expand_add(out, size, len, p, 1);
			p += *p == '\\';
			continue;
		}
		len = expand_add(out, size, len, &rank_begin, rank);
		len = expand_add(out, size, len, m->start[*group - '0'], m->len[*group - '0']);
		len = expand_add(out, size, len, &rank_end, rank);
		p = group;
	}
	return len;
}

void
line_names(const struct rule_line *l, const char *label, size_t band, struct buf *out)
{
	const char *name = l->capture ? l->bands.name[band] : l->list;
	buf_add(out, label, strlen(label));
	buf_add(out, name, strlen(name));
}

void
line_free(struct rule_line *l)
{
	if (!l)
		return;
	regex_free(&l->pattern);
	names_free(&l->bands);
	free(l->sorted);
	free(l->signature);
	free(l->tensors);
	free(l->text);
	free(l->fields);
	free(l);
}
