/*
 * Rule files and their patterns. The input is a rule file, then, after a NUL, paths, one a line.
 * Each pattern matches each path as regexec alone does, with the same captures.
 */

#include "fuzz.h"
#include "scan/rules.h"

enum { PATH_LEN_MAX = 300 };

static void
check_match(const struct rule *r, const char *path)
{
	struct pattern_match own = {{0}, {0}}, regex = {{0}, {0}};
	char key[64];
	size_t len = strlen(path);
	bool matches = pattern_match(&r->pattern, path, len, &own);
	must(matches == pattern_match_regex(&r->pattern, path, len, &regex), "both ways match");
	if (!matches)
		return;
	for (unsigned n = 1; n <= r->pattern.captures && n <= PATTERN_CAPTURES; n++)
		must(own.len[n] == regex.len[n] &&
		         (own.len[n] == 0 || own.start[n] == regex.start[n]),
		    "both ways capture the same");
	rule_key(r, &own, key, sizeof key);
	if (r->capture > 0)
		must(
		    rule_band(r, own.start[r->capture], own.len[r->capture]) < (long)r->bands.count,
		    "a band is one of the rule's");
}

static void
check_rule(const struct rule *r, const char *paths)
{
	must(r->bands.count > 0 && r->capture <= r->pattern.captures, "a rule has bands");
	for (size_t i = 0; i < r->bands.count; i++)
		must(rule_band(r, r->bands.name[i], strlen(r->bands.name[i])) == (long)i,
		    "a band is found where it is");
	must(rule_selected(r, r->name), "a rule is selected by its name");
	while (*paths) {
		char path[PATH_LEN_MAX + 1] = "";
		size_t len = strcspn(paths, "\n");
		memcpy(path, paths, len < PATH_LEN_MAX ? len : PATH_LEN_MAX);
		check_match(r, path);
		paths += len + (paths[len] == '\n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules rules = {0};
	struct error why;
	const char *text = (const char *)data;
	size_t len = strnlen(text, size);
	char *paths = len < size ? strndup(text + len + 1, size - len - 1) : strdup("");
	must(paths != NULL, "there is memory");
	rules_parse(&rules, text, len, &why);
	for (size_t i = 0; i < rules.count; i++)
		check_rule(rules.rule[i], paths);
	rules_free(&rules);
	free(paths);
	return 0;
}
