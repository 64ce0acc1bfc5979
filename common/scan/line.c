#include "scan/line.h"

#include "base/number.h"
#include "scan/advice.h"
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
	for (char *p = l->fields; p;) {
		char *tab = strchr(p, '\t');
		if (n < LINE_FIELDS)
			field[n] = p;
		n++;
		if (tab)
			*tab++ = '\0';
		p = tab;
	}
	if (n != LINE_FIELDS)
		return error_set(why,
		    "%zu field%s, not %d: DATASET, PATTERN, KEY, TENSORS and COUNT, one tab "
		    "between each",
		    n, n == 1 ? "" : "s", LINE_FIELDS);
	l->name = field[0];
	l->pattern_text = field[1];
	l->key = field[2];
	*tensors = field[3];
	*count = field[4];
	return 0;
}

/* The name becomes part of an option (--NAME-root) and of messages. */
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
line_check_capture(const struct rule_line *l, unsigned n, const char *where, struct error *why)
{
	if (n > l->pattern.captures)
		return error_set(why,
		    "%s: \\%u, but the pattern has %u group%s in parentheses: put what it stands "
		    "for between ( and )",
		    where, n, l->pattern.captures, l->pattern.captures == 1 ? "" : "s");
	return 0;
}

/* Checks a template. A bit is set in *captures, which may be NULL, for each one that it holds. */
static int
line_check_template(const struct rule_line *l, const char *template, const char *where,
    unsigned *captures, struct error *why)
{
	for (const char *p = template; *p; p++) {
		if (*p != '\\')
			continue;
		p++;
		if (*p >= '1' && *p <= '9') {
			if (line_check_capture(l, (unsigned)(*p - '0'), where, why) != 0)
				return -1;
			if (captures)
				*captures |= 1u << (*p - '0');
		} else if (*p != '\\') {
			return error_set(why,
			    "%s: after a backslash comes 1 to 9, the number of a group, or another "
			    "backslash",
			    where);
		}
	}
	return 0;
}

static int
line_check_key(const struct rule_line *l, struct error *why)
{
	if (l->key[0] == '\0')
		return error_set(why, "KEY: is empty");
	if (strlen(l->key) > KEY_MAX)
		return error_set(why, "KEY: longer than %d bytes", KEY_MAX);
	return line_check_template(l, l->key, "KEY", NULL, why);
}

static int
line_compare_bands(const void *a, const void *b)
{
	return strcmp(
	    ((const struct rule_line_band *)a)->name, ((const struct rule_line_band *)b)->name);
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

/* Names as they will be, with a digit for each capture: to be checked, and counted. */
static int
line_sample_names(const char *template, struct names *names, struct error *why)
{
	static const char digits[] = "0123456789";
	struct pattern_match m = {{0}, {0}};
	for (unsigned n = 1; n <= PATTERN_CAPTURES; n++) {
		m.start[n] = digits + n;
		m.len[n] = 1;
	}
	size_t len = line_expand(template, &m, NULL, 0);
	char *sample = malloc(len + 1);
	if (!sample)
		return error_set(why, "out of memory");
	line_expand(template, &m, sample, len);
	int status = names_parse(sample, len, names, why);
	free(sample);
	return status;
}

/* What stands before "\N:LIST". */
static int
line_read_prefix(struct rule_line *l, struct error *why)
{
	if (strpbrk(l->label, ",{}"))
		return error_set(why,
		    "TENSORS: '%.60s' is before the capture that names the band: one prefix, "
		    "without ',' and braces; the list stands after the ':'",
		    l->label);
	return line_check_template(l, l->label, "TENSORS", &l->label_captures, why);
}

static int
line_read_tensors(struct rule_line *l, const char *text, struct error *why)
{
	size_t len = strlen(text);
	struct error cause;
	l->optional = len > 0 && text[len - 1] == '?';
	l->tensors = strndup(text, len - l->optional);
	if (!l->tensors)
		return error_set(why, "out of memory");
	/* It ends NAMES in a group line. */
	if (strchr(l->tensors, '='))
		return error_set(why, "TENSORS: a tensor name cannot hold '='");
	char *capture = line_find_capture(l->tensors);
	l->label = l->list = "";
	int status;
	if (capture) {
		*capture = '\0';
		l->label = l->tensors;
		l->list = capture + 3;
		l->capture = (unsigned)(capture[1] - '0');
		if (line_check_capture(l, l->capture, "TENSORS", why) != 0 ||
		    line_read_prefix(l, why) != 0)
			return -1;
		if (strchr(l->list, '\\'))
			return error_set(why,
			    "TENSORS: '%.60s': captures stand before the ':', not in the list",
			    l->list);
		l->levels = l->pattern.slashes_after[l->capture];
		status = names_parse(l->list, strlen(l->list), &l->bands, &cause);
	} else if (strchr(l->tensors, '\\')) {
		l->label = l->tensors;
		if (line_check_template(l, l->label, "TENSORS", &l->label_captures, why) != 0)
			return -1;
		status = line_sample_names(l->label, &l->bands, &cause);
	} else {
		l->list = l->tensors;
		status = names_parse(l->list, strlen(l->list), &l->bands, &cause);
	}
	if (status != 0)
		return error_set(why, "TENSORS: %s", cause.text);
	l->labelled = l->label_captures != 0;
	/* Without captures it is always the same text, which is no longer than the template. */
	struct pattern_match none;
	for (unsigned n = 0; n <= PATTERN_CAPTURES; n++) {
		none.start[n] = "";
		none.len[n] = 0;
	}
	if (!l->labelled && l->label == l->tensors)
		l->tensors[line_expand(l->label, &none, l->tensors, strlen(l->label))] = '\0';
	l->sorted = calloc(l->bands.count, sizeof *l->sorted);
	if (!l->sorted)
		return error_set(why, "out of memory");
	for (size_t i = 0; i < l->bands.count; i++)
		l->sorted[i] = (struct rule_line_band){l->bands.name[i], i};
	qsort(l->sorted, l->bands.count, sizeof *l->sorted, line_compare_bands);
	return 0;
}

static int
line_read(struct rule_line *l, struct error *why)
{
	const char *tensors = "", *count = "";
	struct error cause;
	if (line_split(l, &tensors, &count, why) != 0 || line_check_name(l->name, why) != 0)
		return -1;
	const char *pattern = l->pattern_text;
	size_t len = strlen(pattern);
	/* Before regcomp, whose reasons do not help those who know another language. */
	if (advice_error(pattern, len, why) != 0)
		return -1;
	if (pattern_compile(pattern, len, &l->pattern, &cause) != 0)
		return error_set(why, "PATTERN: %s", cause.text);
	if (line_check_key(l, why) != 0 || line_read_tensors(l, tensors, why) != 0)
		return -1;
	const char *bad = number_parse(count, 0, UINT64_MAX, &l->count);
	if (bad)
		return error_set(why, "COUNT: '%.40s' %s (0 if it is not known)", count, bad);
	return 0;
}

struct rule_line *
line_parse(const char *text, size_t len, struct error *why)
{
	if (memchr(text, '\0', len)) {
		error_set(why, "holds a NUL byte: this is not text");
		return NULL;
	}
	if (len > 0 && text[len - 1] == '\r') {
		error_set(why, "ends in a carriage return: save it with Unix line ends");
		return NULL;
	}
	struct rule_line *l = calloc(1, sizeof *l);
	if (l) {
		l->text = strndup(text, len);
		l->fields = strndup(text, len);
	}
	if (!l || !l->text || !l->fields)
		error_set(why, "out of memory");
	else if (line_read(l, why) == 0)
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

size_t
line_expand(const char *template, const struct pattern_match *m, char *out, size_t size)
{
	size_t len = 0;
	for (const char *p = template; *p; p++) {
		const char *piece = p;
		size_t piece_len = 1;
		/* Templates were checked: behind a backslash is a digit or another backslash. */
		if (*p == '\\' && p[1] != '\\') {
			unsigned n = (unsigned)(p[1] - '0');
			piece = m->start[n];
			piece_len = m->len[n];
		}
		p += *p == '\\';
		/* memmove, for line_read_tensors expands a template in place. */
		if (out && len < size)
			memmove(out + len, piece, piece_len < size - len ? piece_len : size - len);
		len += piece_len;
	}
	return len;
}

int
line_names(const struct rule_line *l, const char *label, size_t band, struct buf *out)
{
	const char *name = l->capture ? l->bands.name[band] : l->list;
	if (buf_add(out, label, strlen(label)) != 0)
		return -1;
	return buf_add(out, name, strlen(name));
}

void
line_free(struct rule_line *l)
{
	if (!l)
		return;
	pattern_free(&l->pattern);
	names_free(&l->bands);
	free(l->sorted);
	free(l->tensors);
	free(l->text);
	free(l->fields);
	free(l);
}
