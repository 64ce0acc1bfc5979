#include "scan/rules.h"

#include "base/number.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 5, NAME_LEN_MAX = 100 };

#define S2_L2A "B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B11,B12"

static const char *const builtin[] = {
    "bigearthnet-s1\t(S1[ABC]_IW_GRDH_[^/]+)_(V[HV])\t\\1\t\\2:VH,VV\t549488",
    "bigearthnet-s2\t(S2[ABC]_MSIL2A_[^/]+)_(B[0-9A]{2})\t\\1\t\\2:" S2_L2A "\t549488",
    "bigearthnet-maps\t(S2[ABC]_MSIL2A_[^/]+_reference_map)\t\\1\tData\t549488",
    "hyspecnet-11k\t(ENMAP[^/]+-Y[0-9]+_X[0-9]+)-SPECTRAL_IMAGE\t\\1\tB{1..224}\t11483",
    "uc-merced\t([a-z]+[0-9]{2})\t\\1\tRed,Green,Blue\t2100",
    "eurosat-ms\t([A-Za-z]+_[0-9]+)\t\\1\t"
    "B01,B02,B03,B04,B05,B06,B07,B08,B09,B10,B11,B12,B08A\t27000",
    "ssl4eo-s12-s1\t(s1)/([0-9]+)/([^/]+)/(V[HV])\t\\1_\\2_\\3\t\\4:VH,VV\t1004316",
    "ssl4eo-s12-l1c\t(s2c)/([0-9]+)/([^/]+)/(B[0-9]+A?)\t\\1_\\2_\\3\t"
    "\\4:B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B10,B11,B12\t1004316",
    "ssl4eo-s12-l2a\t(s2a)/([0-9]+)/([^/]+)/(B[0-9]+A?)\t\\1_\\2_\\3\t"
    "\\4:B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B11,B12\t1004316",
    "major-tom-s1\t([^/]+)/(S1[ABC]_IW_GRDH_[^/]+_rtc)/(v[hv])\t\\1_\\2\t\\3:vh,vv\t1469955",
    "major-tom-s2\t([^/]+)/(S2[ABC]_MSIL2A_[^/]+)/(B[0-9A]{2})\t\\1_\\2\t\\3:" S2_L2A "\t2245886",
    "hydro\t(patch_[0-9]+)\t\\1\t" S2_L2A "\t0",
    "spectral-earth-enmap\t([0-9]+)/([0-9]+)\t\\1_\\2.tif\tB{1..202}\t538974",
    NULL,
};

static void
rule_free(struct rule *r)
{
	if (!r)
		return;
	pattern_free(&r->pattern);
	names_free(&r->bands);
	free(r->sorted);
	free(r->line);
	free(r->fields);
	free(r);
}

/* Cuts r->fields at its tabs. */
static int
rule_split(struct rule *r, const char **count, struct error *why)
{
	const char *field[FIELDS];
	size_t n = 0;
	for (char *p = r->fields; p;) {
		char *tab = strchr(p, '\t');
		if (n < FIELDS)
			field[n] = p;
		n++;
		if (tab)
			*tab++ = '\0';
		p = tab;
	}
	if (n != FIELDS)
		return error_set(why,
		    "%zu field%s, not %d: DATASET, PATTERN, KEY, TENSORS and COUNT, one tab "
		    "between each",
		    n, n == 1 ? "" : "s", FIELDS);
	r->name = field[0];
	r->pattern_text = field[1];
	r->key = field[2];
	r->tensors = field[3];
	*count = field[4];
	return 0;
}

/* The name becomes part of an option (--NAME-root) and of messages. */
static int
rule_check_name(const char *name, struct error *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_.";
	size_t len = strlen(name);
	if (len == 0 || len > NAME_LEN_MAX || name[0] == '-' || strspn(name, allowed) != len)
		return error_set(why,
		    "DATASET: must be 1 to %d letters, digits, '-', '_' or '.', and not start with "
		    "'-'",
		    NAME_LEN_MAX);
	return 0;
}

static int
rule_check_capture(const struct rule *r, unsigned n, const char *where, struct error *why)
{
	if (n > r->pattern.captures)
		return error_set(why, "%s: \\%u, but the pattern has %u group%s in parentheses",
		    where, n, r->pattern.captures, r->pattern.captures == 1 ? "" : "s");
	return 0;
}

static int
rule_check_key(const struct rule *r, struct error *why)
{
	if (r->key[0] == '\0')
		return error_set(why, "KEY: is empty");
	if (strlen(r->key) > KEY_MAX)
		return error_set(why, "KEY: longer than %d bytes", KEY_MAX);
	for (const char *p = r->key; *p; p++) {
		if (*p != '\\')
			continue;
		p++;
		if (*p >= '1' && *p <= '9') {
			if (rule_check_capture(r, (unsigned)(*p - '0'), "KEY", why) != 0)
				return -1;
		} else if (*p != '\\') {
			return error_set(
			    why, "KEY: after a backslash comes 1 to 9, or another backslash");
		}
	}
	return 0;
}

static int
rule_compare_bands(const void *a, const void *b)
{
	return strcmp(((const struct rule_band *)a)->name, ((const struct rule_band *)b)->name);
}

static int
rule_read_bands(struct rule *r, struct error *why)
{
	const char *list = r->tensors;
	struct error cause;
	if (list[0] == '\\') {
		if (list[1] < '1' || list[1] > '9' || list[2] != ':')
			return error_set(
			    why, "TENSORS: must be LIST, or \\N:LIST with N from 1 to 9");
		r->capture = (unsigned)(list[1] - '0');
		if (rule_check_capture(r, r->capture, "TENSORS", why) != 0)
			return -1;
		r->levels = r->pattern.slashes_after[r->capture];
		list += 3;
	}
	/* It ends NAMES in a group line. */
	if (strchr(list, '='))
		return error_set(why, "TENSORS: a tensor name cannot hold '='");
	if (names_parse(list, strlen(list), &r->bands, &cause) != 0)
		return error_set(why, "TENSORS: %s", cause.text);
	r->sorted = calloc(r->bands.count, sizeof *r->sorted);
	if (!r->sorted)
		return error_set(why, "out of memory");
	for (size_t i = 0; i < r->bands.count; i++)
		r->sorted[i] = (struct rule_band){r->bands.name[i], i};
	qsort(r->sorted, r->bands.count, sizeof *r->sorted, rule_compare_bands);
	return 0;
}

static int
rule_parse(struct rule *r, struct error *why)
{
	const char *count = "";
	struct error cause;
	if (rule_split(r, &count, why) != 0 || rule_check_name(r->name, why) != 0)
		return -1;
	const char *pattern = r->pattern_text;
	if (pattern_compile(pattern, strlen(pattern), &r->pattern, &cause) != 0)
		return error_set(why, "PATTERN: %s", cause.text);
	if (rule_check_key(r, why) != 0 || rule_read_bands(r, why) != 0)
		return -1;
	const char *bad = number_parse(count, 0, UINT64_MAX, &r->count);
	if (bad)
		return error_set(why, "COUNT: '%.40s' %s (0 if it is not known)", count, bad);
	return 0;
}

static const struct rule *
rules_find(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (strcmp(rules->rule[i]->name, name) == 0)
			return rules->rule[i];
	}
	return NULL;
}

/* Parses one line and appends its rule, unless there is one of that name: then `taken` is set. */
static int
rules_add(struct rules *rules, const char *line, size_t len, bool *taken, struct error *why)
{
	*taken = false;
	if (memchr(line, '\0', len))
		return error_set(why, "holds a NUL byte: this is not text");
	if (len > 0 && line[len - 1] == '\r')
		return error_set(why, "ends in a carriage return: save it with Unix line ends");
	struct rule *r = calloc(1, sizeof *r);
	struct rule **grown = realloc(rules->rule, (rules->count + 1) * sizeof(struct rule *));
	if (grown)
		rules->rule = grown;
	if (r) {
		r->line = strndup(line, len);
		r->fields = strndup(line, len);
	}
	int status = -1;
	if (!r || !grown || !r->line || !r->fields)
		error_set(why, "out of memory");
	else
		status = rule_parse(r, why);
	if (status == 0 && rules_find(rules, r->name)) {
		*taken = true;
		status = error_set(why, "the rule '%s' is there already", r->name);
	}
	if (status == 0)
		rules->rule[rules->count++] = r;
	else
		rule_free(r);
	return status;
}

int
rules_parse(struct rules *rules, const char *text, size_t len, struct error *why)
{
	const char *end = len > 0 ? text + len : text;
	unsigned long number = 1;
	for (const char *p = text; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((newline ? newline : end) - p);
		struct error cause;
		bool taken;
		if (!group_is_blank(p, line) && rules_add(rules, p, line, &taken, &cause) != 0)
			return error_set(why, "line %lu: %s", number, cause.text);
		p += line + 1;
	}
	return 0;
}

int
rules_add_builtin(struct rules *rules, struct error *why)
{
	for (size_t i = 0; builtin[i]; i++) {
		bool taken;
		if (rules_add(rules, builtin[i], strlen(builtin[i]), &taken, why) != 0 && !taken)
			return -1;
	}
	return 0;
}

bool
rule_selected(const struct rule *r, const char *dataset)
{
	size_t len = strlen(dataset);
	return strncmp(r->name, dataset, len) == 0 && (r->name[len] == '\0' || r->name[len] == '-');
}

long
rule_band(const struct rule *r, const char *name, size_t len)
{
	size_t low = 0, high = r->bands.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct rule_band *band = &r->sorted[middle];
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
rule_key(const struct rule *r, const struct pattern_match *m, char *key, size_t size)
{
	size_t len = 0;
	for (const char *p = r->key; *p; p++) {
		const char *piece = p;
		size_t piece_len = 1;
		if (*p == '\\' && p[1] != '\\') {
			unsigned n = (unsigned)(p[1] - '0');
			piece = m->start[n];
			piece_len = m->len[n];
		}
		p += *p == '\\';
		if (len < size)
			memcpy(key + len, piece, piece_len < size - len ? piece_len : size - len);
		len += piece_len;
	}
	return len;
}

void
rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_free(rules->rule[i]);
	free(rules->rule);
	*rules = (struct rules){0};
}
