#include "scan/rules.h"

#include "base/alloc.h"
#include "base/number.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_FIELDS = 5 };

/* What a shell made of \1 when it removed the backslash. */
static int
line_lost(const char *where, const char *text, struct error *why)
{
	return error_set(why,
	    "%s: '%.60s': a shell has removed a backslash: put the rule in a file or between "
	    "'...', and write \\\\1 for printf",
	    where, text);
}

/* ---- templates ---- */

void
line_expand(const char *template, const struct regex_match *m, struct buf *out)
{
	static const char rank_begin = LABEL_RANK, rank_end = LABEL_RANK_END;
	for (const char *p = template; *p; p++) {
		/* Templates are checked. */
		if (*p != '\\' || *++p == '\\') {
			buf_add(out, p, 1);
			continue;
		}
		bool rank = *p == '#';
		p += rank;
		buf_add(out, &rank_begin, rank);
		buf_add(out, m->start[*p - '0'], m->len[*p - '0']);
		buf_add(out, &rank_end, rank);
	}
}

/* What a template makes of captures and ranks that are all digits (\1 is "1"), with a NUL. */
static void
line_sample(const char *template, struct buf *out)
{
	for (const char *p = template; *p; p++) {
		if (*p == '\\')
			p += 1 + (p[1] == '#');
		buf_add(out, p, 1);
	}
	buf_add(out, "", 1);
}

/* Checks a template. */
static int
line_check_template(const struct rule_line *l, const char *template, const char *where,
    bool ranks_allowed, struct error *why)
{
	unsigned count = l->pattern.captures;
	for (const char *p = template; *p; p++) {
		/* A group whose backslash is doubled is a mistake. */
		if (*p != '\\' || (*++p == '\\' && (p[1] < '1' || p[1] > '9')))
			continue;
		p += ranks_allowed && *p == '#';
		if (*p < '1' || *p > '9')
			return error_set(why,
			    "%s: '\\' must be followed by 1 to 9, the number of a group", where);
		if (count > 9 && p[1] >= '0' && p[1] <= '9')
			return error_set(why,
			    "%s: \\%.2s: only \\1 to \\9 exist: write (?:...) for other groups",
			    where, p);
		if ((unsigned)(*p - '0') > count)
			return error_set(why,
			    "%s: \\%c, but PATTERN has %u group%s: put the part of PATTERN that "
			    "\\%c stands for between ( and )",
			    where, *p, count, count == 1 ? "" : "s", *p);
	}
	return 0;
}

/* ---- the fields ---- */

/* Blanks and quotes around a field, and r'...' of Python. */
static int
line_check_ends(const char *where, const char *text, struct error *why)
{
	size_t len = strlen(text), begin = text[0] == 'r';
	if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
		return error_set(why, "%s: '%.60s': remove the blanks around it", where, text);
	if (len >= 2 + begin && text[len - 1] == text[begin] && strchr("'\"", text[begin]))
		return error_set(
		    why, "%s: remove the quotes, which would be part of the name", where);
	return 0;
}

/* Cuts l->fields at its tabs. */
static int
line_split(struct rule_line *l, char *field[LINE_FIELDS], struct error *why)
{
	static const char *const name[] = {"DATASET", "PATTERN", "KEY", "TENSORS", "COUNT"};
	char *rest = l->fields;
	size_t n = 0;
	int bad = 0;
	for (char *one; bad == 0 && (one = strsep(&rest, "\t")) != NULL; n++) {
		if (n < LINE_FIELDS)
			bad = line_check_ends(name[n], field[n] = one, why);
	}
	if (bad != 0 || n == LINE_FIELDS)
		return bad;
	return error_set(why,
	    "%zu field%s, not %d: separate DATASET, PATTERN, KEY, TENSORS and COUNT by one tab "
	    "each (printf, not echo, writes one for \\t)",
	    n, n == 1 ? "" : "s", LINE_FIELDS);
}

/* The name becomes part of messages and is an operand of commands. */
static int
line_read_name(struct rule_line *l, const char *name, struct error *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_.";
	size_t len = strlen(name);
	l->name = name;
	if (len > 0 && len <= LINE_NAME_MAX && name[0] != '-' && strspn(name, allowed) == len)
		return 0;
	return error_set(why,
	    "DATASET: must be 1 to %d letters, digits, '-', '_' or '.', and not start with '-'",
	    LINE_NAME_MAX);
}

static int
line_read_pattern(struct rule_line *l, const char *text, struct error *why)
{
	static const char endings[] = "TIFtif()|?:[]{},12$";
	size_t len = strlen(text);
	const char *dot = strrchr(text, '.'), *end = dot ? dot + strspn(dot, ".](?:") : "";
	l->pattern_text = text;
	if (regex_compile(&l->pattern, text, why) != 0)
		return error_prefix(why, "PATTERN");
	if (text[0] == '/' || text[len - 1] == '/')
		return error_set(why,
		    "PATTERN: remove the '/' at the %s: the end of a path is matched, with the "
		    "name of the file",
		    text[0] == '/' ? "beginning" : "end");
	if (strpbrk(end, "Tt") && strpbrk(end, "Ii") && strpbrk(end, "Ff") &&
	    strspn(end, endings) == strlen(end))
		return error_set(
		    why, "PATTERN: remove the ending .tif: names are matched without it");
	return 0;
}

/* Whether a shell seems to have removed the backslashes of a key: it has the number of a group, and
 * nothing else, or the line has no backslash at all. */
static bool
line_lost_key(const struct rule_line *l, const char *key)
{
	bool number = false;
	for (const char *p = key; *p; p++) {
		size_t digits = strspn(p, "0123456789");
		number |= digits == 1 && *p != '0' && (unsigned)(*p - '0') <= l->pattern.captures;
		p += digits > 0 ? digits - 1 : 0;
	}
	return number && (strspn(key, "123456789_-") == strlen(key) || !strchr(l->text, '\\'));
}

static int
line_read_key(struct rule_line *l, const char *key, struct error *why)
{
	size_t len = strlen(key);
	l->key = key;
	if (len == 0)
		return error_set(why, "KEY: is empty");
	if (!strchr(key, '\\') && strpbrk(key, "${%"))
		return error_set(why,
		    "KEY: '%.60s' is the same for all files: write \\1 to \\9 for the groups of "
		    "PATTERN",
		    key);
	if (line_lost_key(l, key))
		return line_lost("KEY", key, why);
	return line_check_template(l, key, "KEY", false, why);
}

static int
line_check_list(const char *list, struct error *why)
{
	if (strchr(list, '='))
		return error_set(why, "TENSORS: a tensor name cannot contain '='");
	if (strpbrk(list, "'\""))
		return error_set(why, "TENSORS: remove the quotes, which would be part of a name");
	if (strchr(list, '?'))
		return error_set(why,
		    "TENSORS: '?' can stand at the end only, and makes the whole part optional");
	for (const char *p = strchr(list, ' '); p; p = strchr(p + 1, ' ')) {
		if (p == list || p[-1] == ',' || strchr(",:", p[1]))
			return error_set(
			    why, "TENSORS: '%.60s': remove the blanks beside names", list);
	}
	return 0;
}

/* The backslash of the first "\N:", or NULL. */
static char *
line_find_capture(char *tensors)
{
	for (char *p = tensors; (p = strchr(p, '\\')) != NULL && p[1] != '\0'; p += 2) {
		if (p[1] >= '1' && p[1] <= '9' && p[2] == ':')
			return p;
	}
	return NULL;
}

/* [PREFIX]\N:LIST: `capture` is its backslash. */
static int
line_split_bands(struct rule_line *l, char *capture, struct error *why)
{
	*capture = '\0';
	l->list = capture + 3;
	l->capture = (unsigned)(capture[1] - '0');
	if (strpbrk(l->label, ",{}"))
		return error_set(why,
		    "TENSORS: '%.60s': a prefix without ',' and braces stands before \\%u:, the "
		    "list after",
		    l->label, l->capture);
	if (strchr(l->list, '\\'))
		return error_set(
		    why, "TENSORS: '%.60s': groups stand before the ':', not in the list", l->list);
	return 0;
}

/* Expands LIST, or a template without one. */
static int
line_read_bands(struct rule_line *l, struct error *why)
{
	struct buf sample = {0};
	line_sample(l->label, &sample);
	const char *list = l->capture || !l->label[0] ? l->list : sample.data;
	size_t len = strlen(list);
	/* Of an open list, the first name is known. */
	l->open_list = l->capture == 0 && names_is_open(list, len);
	int status = l->open_list ? names_parse_open(list, len, 1, &l->bands, why)
	                          : names_parse(list, len, &l->bands, why);
	buf_free(&sample);
	return status == 0 ? 0 : error_prefix(why, "TENSORS");
}

static int
line_read_tensors(struct rule_line *l, char *text, struct error *why)
{
	char *end = text + strlen(text);
	l->optional = end > text && end[-1] == '?';
	end -= l->optional;
	*end = '\0';
	if (l->pattern.captures > 0 && *text >= '1' && *text <= '9' && text[1] == ':')
		return line_lost("TENSORS", text, why);
	char *capture = line_find_capture(text);
	bool template = strchr(text, '\\');
	l->label = template ? text : end;
	l->list = template ? end : text;
	if (line_check_template(l, text, "TENSORS", true, why) != 0 ||
	    (capture && line_split_bands(l, capture, why) != 0) ||
	    line_check_list(l->label, why) != 0 || line_check_list(l->list, why) != 0)
		return -1;
	l->labelled = strchr(l->label, '\\');
	return line_read_bands(l, why);
}

/* Joins the names of the tensors, sorted. Of names with captures, the template takes their
 * place. */
static void
line_sign(struct rule_line *l)
{
	struct buf text = {0};
	for (size_t i = 0; i < l->bands.count; i++) {
		if (l->labelled || l->capture)
			buf_add(&text, l->label, strlen(l->label));
		buf_addf(&text, "%s,", l->bands.sorted[i].name);
	}
	buf_add(&text, "", 1);
	l->signature = text.data;
}

static int
line_read(struct rule_line *l, struct error *why)
{
	char *field[LINE_FIELDS];
	if (strstr(l->text, "\xc2\xa0"))
		return error_set(why, "contains a no-break space (U+00A0): write a blank or none");
	for (const char *p = l->text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c >= 0x20 || c == '\t') && c != 0x7f)
			continue;
		if (c > 7)
			return error_set(why, "contains the control character 0x%02x", c);
		/* printf and some shells make one of \1. */
		return error_set(why,
		    "contains the byte 0x%02x: a shell has replaced \\%o: put the rule in "
		    "a file or between '...', and write \\\\%o for printf",
		    c, c, c);
	}
	if (line_split(l, field, why) != 0 || line_read_name(l, field[0], why) != 0 ||
	    line_read_pattern(l, field[1], why) != 0 || line_read_key(l, field[2], why) != 0 ||
	    line_read_tensors(l, field[3], why) != 0)
		return -1;
	line_sign(l);
	const char *bad = number_parse(field[4], 0, UINT64_MAX, &l->count);
	return bad ? error_set(why, "COUNT: '%.40s' %s (0 if unknown)", field[4], bad) : 0;
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
	for (size_t i = 0; i < l->bands.count; i++) {
		if (strncmp(l->bands.name[i], name, len) == 0 && l->bands.name[i][len] == '\0')
			return (long)i;
	}
	return -1;
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
	regex_free(&l->pattern);
	names_free(&l->bands);
	free(l->signature);
	free(l->text);
	free(l->fields);
	free(l);
}
