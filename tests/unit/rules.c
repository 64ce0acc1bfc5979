/* Rules: the table, rule files and their errors, matching; our own pattern loop against regexec. */

#include "base/hash.h"
#include "base/keyset.h"
#include "scan/rules.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static uint32_t seed = 1;

static unsigned
rnd(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 10) % below;
}

/* ---- patterns ---- */

static void
random_atoms(char *out, int depth, bool simple)
{
	static const char *const atoms[] = {
	    "a", "b", "_", "[ab]", "[^a]", "[^_]", ".", "\\.", "[a-c]", "[]a]", "[^]b]", "/", "B"};
	static const char *const repeats[] = {
	    "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "{0}"};
	unsigned count = 1 + rnd(4);
	for (unsigned i = 0; i < count; i++) {
		if (depth > 0 && rnd(4) == 0) {
			strcat(out, "(");
			random_atoms(out, depth - 1, simple);
			strcat(out, ")");
			if (simple || rnd(3) != 0)
				continue;
		} else {
			strcat(out, atoms[rnd(sizeof atoms / sizeof *atoms)]);
		}
		if (rnd(2) == 0)
			strcat(out, repeats[rnd(sizeof repeats / sizeof *repeats)]);
		if (!simple && rnd(8) == 0)
			strcat(out, "|a");
		if (!simple && rnd(8) == 0)
			strcat(out, rnd(2) ? "(a|b_|ab)" : "([ab]*|_)");
	}
}

static bool
same_match(const struct pattern *p, const char *s)
{
	struct pattern_match a, b;
	bool ours = pattern_match(p, s, strlen(s), &a);
	if (ours != pattern_match_regex(p, s, strlen(s), &b))
		return false;
	for (unsigned n = 1; ours && n <= p->captures && n <= PATTERN_CAPTURES; n++) {
		if (a.len[n] != b.len[n] || (a.len[n] > 0 && a.start[n] != b.start[n]))
			return false;
	}
	return true;
}

static void
test_patterns_agree(bool simple)
{
	unsigned differ = 0, own = 0, alternatives = 0, matched = 0, tried = 0;
	for (int i = 0; i < 6000; i++) {
		char text[400] = "";
		struct pattern p;
		struct pattern_match m;
		strcpy(text, rnd(10) == 0 ? "^" : "");
		random_atoms(text, 2, simple);
		strcat(text, rnd(10) == 0 ? "$" : "");
		if (pattern_compile(text, strlen(text), &p, NULL) != 0)
			continue;
		own += p.simple || p.variant_count > 0;
		alternatives += p.variant_count > 0;
		for (int k = 0; k < 40; k++) {
			char s[12];
			unsigned len = rnd(sizeof s);
			for (unsigned c = 0; c < len; c++)
				s[c] = "ab_c./]B"[rnd(8) < 5 ? rnd(2) : rnd(8)];
			s[len] = '\0';
			tried++;
			matched += pattern_match(&p, s, len, &m);
			if (!same_match(&p, s) && differ++ < 5)
				printf("# '%s' on '%s'\n", text, s);
		}
		pattern_free(&p);
	}
	ok(differ == 0,
	    "%s patterns: as regexec (%u tries, %u match, %u patterns with our own loop)",
	    simple ? "simple" : "any", tried, matched, own);
	ok(matched > 1000 && own > 1000 && (simple || alternatives > 1000),
	    "the test tests something (%u patterns with alternations)", alternatives);
}

static void
test_patterns_bounded(void)
{
	static const char *const simple[] = {"(.*.*.*.*.*.*.*.*.*.*x)",
	    "[^/]+[^/]+[^/]+[^/]+[^/]+x", "a*a*a*a*a*a*a*a*a*b", "((.*)(.*)(.*)(.*)(.*)(.*)(.*)y)",
	    "((a*)*)*b", "(a|a|aa)*b", "(a|.*)*(a|.*)*b"};
	char s[256];
	memset(s, 'a', sizeof s - 1);
	s[sizeof s - 1] = '\0';
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		struct pattern p;
		ok(pattern_compile(simple[i], strlen(simple[i]), &p, NULL) == 0 &&
		        same_match(&p, s),
		    "'%s' on 255 letters ends, and agrees", simple[i]);
		pattern_free(&p);
	}
}

static void
test_pattern_counts(void)
{
	struct pattern p;
	const char *text = "a[/](b/c)/(([^/]+)/x)\\/(y)";
	ok(pattern_compile(text, strlen(text), &p, NULL) == 0, "%s compiles", text);
	ok(p.slashes == 4 && p.captures == 4, "slashes are counted outside of brackets");
	ok(p.slashes_after[1] == 4 && p.slashes_after[2] == 2 && p.slashes_after[3] == 2 &&
	        p.slashes_after[4] == 0,
	    "slashes after the start of each group");
	pattern_free(&p);
}

/* ---- rules ---- */

static int
parse(struct rules *rules, const char *text, struct error *why)
{
	*rules = (struct rules){0};
	why->text[0] = '\0';
	return rules_parse(rules, text, strlen(text), why);
}

static void
test_errors(void)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {"x", "line 1: 1 field, not 5"},
	    {"\n# c\nx\ty\n", "line 3: 2 fields, not 5"},
	    {"x\ta\tk\tA\t1\tmore\n", "6 fields"},
	    {"x y\ta\tk\tA\t1\n", "DATASET"},
	    {"\ta\tk\tA\t1\n", "DATASET"},
	    {"-x\ta\tk\tA\t1\n", "DATASET"},
	    {"x\t\tk\tA\t1\n", "PATTERN: is empty"},
	    {"x\t(a\tk\tA\t1\n", "PATTERN: a '(' has no ')'"},
	    {"x\ta)\tk\tA\t1\n", "PATTERN: a ')' has no '('"},
	    {"x\t[a\tk\tA\t1\n", "PATTERN: a '[' has no ']'"},
	    {"x\t[b-a]\tk\tA\t1\n", "PATTERN: "},
	    {"x\t[[:no:]]\tk\tA\t1\n", "PATTERN: "},
	    {"x\ta\\\tk\tA\t1\n", "PATTERN: ends in a backslash"},
	    {"x\t(a)\\1\tk\tA\t1\n", "PATTERN: \\1: back-references"},
	    {"x\ta{3,1}\tk\tA\t1\n", "PATTERN: "},
	    {"x\t((a{100}){100}){100}\tk\tA\t1\n", "PATTERN: its repeats multiply"},
	    {"x\t((a{,99}){,99}){,99}\tk\tA\t1\n", "PATTERN: its repeats multiply"},
	    {"x\t(((a|b){1,99})+){1,99}\tk\tA\t1\n", "PATTERN: its repeats multiply"},
	    {"x\t(a)\t\tA\t1\n", "KEY: is empty"},
	    {"x\t(a)\t\\2\tA\t1\n", "KEY: \\2, but the pattern has 1 group"},
	    {"x\t(a)\t\\0\tA\t1\n", "KEY: after a backslash"},
	    {"x\t(a)\tk\\\tA\t1\n", "KEY: after a backslash"},
	    {"x\t(a)\t\\1\t\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\t\\1:\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\t\\2:A\t1\n", "TENSORS: \\2, but the pattern has 1 group"},
	    {"x\t(a)\t\\1\t\\x:A\t1\n", "TENSORS: after a backslash"},
	    {"x\t(a)\t\\1\tA,A\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\tA=B\t1\n", "TENSORS: a tensor name cannot hold '='"},
	    {"x\t(a)\t\\1\tA\tmany\n", "COUNT: 'many' is not a whole number"},
	    {"x\t(a)\t\\1\tA\t\n", "COUNT: "},
	    {"x\t(a)\t\\1\tA\t-1\n", "COUNT: "},
	    {"x\t(a)\t\\1\tA\t99999999999999999999\n", "COUNT: "},
	    {"x\t(a)\t\\1\tA\t1\r\n", "carriage return"},
	    {"x\ta\tk\tA\t1\nx\ta\tk\tA\t1\n", "line 2: this line of the rule 'x' is there"},
	    {"x\ta\tk\tA\t1\nx\tb\tk\tA\t1\n", "the tensor 'A' is in two of its lines"},
	    {"x\ta\tk\tA\t1\nx\tb\tk\tB\t2\n", "line 2: COUNT: an earlier line of 'x'"},
	    {"x\t(a)(b)\t\\1\tp,\\2:A\t0\n", "TENSORS: 'p,' is before the capture"},
	    {"x\t(a)(b)\t\\1\t\\2:A,\\1\t0\n", "captures stand before the ':'"},
	    {"x\t(a)(b)\t\\1\t\\3_\\2:A\t0\n", "TENSORS: \\3, but the pattern has 2"},
	    {"x\t(a)\t\\1\t\\1_a,\\1_a\t0\n", "TENSORS: tensor name '1_a' comes twice"},
	    {"x\t(a)\t\\1\t?\t0\n", "TENSORS: no tensor names"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rules rules;
		struct error why;
		int status = parse(&rules, bad[i].text, &why);
		ok(status == -1 && strstr(why.text, bad[i].reason), "rule %zu: %s", i, why.text);
		rules_free(&rules);
	}
	struct rules rules = {0};
	struct error why;
	ok(rules_parse(&rules, "x\ta\0b", 5, &why) == -1 && strstr(why.text, "NUL"), "NUL: %s",
	    why.text);
	rules_free(&rules);
	char text[1200] = "x\t";
	memset(text + 2, 'a', 1100);
	strcpy(text + 1102, "\tk\tA\t1\n");
	ok(parse(&rules, text, &why) == -1 && strstr(why.text, "longer than 1024"), "%s", why.text);
	rules_free(&rules);
	ok(rules_parse(&rules, NULL, 0, &why) == 0 && rules.count == 0,
	    "an empty file has no rules");
}

static size_t
count_builtin(void)
{
	struct rules rules = {0};
	rules_add_builtin(&rules, NULL);
	size_t count = rules.count;
	rules_free(&rules);
	return count;
}

static void
test_builtin(void)
{
	struct rules rules;
	struct error why = {.text = ""};
	ok(parse(&rules, "hydro\t(h)\t\\1\tA\t7\nmine-a\t(h)\t\\1\tA\t7", &why) == 0, "two rules%s",
	    why.text);
	ok(rules_add_builtin(&rules, &why) == 0, "the built-in rules%s", why.text);
	ok(rules.count == count_builtin() + 1, "one of them is replaced");
	ok(rules.rule[0]->count == 7 && strcmp(rules.rule[0]->name, "hydro") == 0, "by ours");
	unsigned selected = 0, own_loop = 0, lines = 0;
	for (size_t i = 0; i < rules.count; i++) {
		selected += rule_selected(rules.rule[i], "bigearthnet");
		for (size_t k = 0; k < rules.rule[i]->line_count; k++) {
			own_loop += rules.rule[i]->line[k]->pattern.simple;
			lines++;
		}
	}
	ok(selected == 3, "bigearthnet selects three");
	ok(!rule_selected(rules.rule[1], "min") && rule_selected(rules.rule[1], "mine") &&
	        rule_selected(rules.rule[1], "mine-a") && !rule_selected(rules.rule[1], "mine-"),
	    "a prefix ends before a '-'");
	ok(own_loop == lines, "no built-in rule needs regexec");
	for (size_t i = 0; i < rules.count; i++) {
		const struct rule_line *r = rules.rule[i]->line[0];
		bool found = true;
		for (size_t b = 0; b < r->bands.count; b++)
			found &= line_band(r, r->bands.name[b], strlen(r->bands.name[b])) ==
			         (long)b;
		ok(found && line_band(r, "B0", 2) < 0 && line_band(r, "B01x", 4) < 0 &&
		        line_band(r, "", 0) < 0,
		    "%s: finds each of %zu bands", r->name, r->bands.count);
	}
	rules_free(&rules);
}

static void
test_key(void)
{
	struct rules rules;
	struct error why = {.text = ""};
	struct pattern_match m;
	char key[9] = "";
	ok(parse(&rules, "x\t(a+)(b)?_(c*)\t<\\3\\\\\\1>\\2.tif\tA\t0\n", &why) == 0, "a rule%s",
	    why.text);
	const struct rule_line *r = rules.rule[0]->line[0];
	ok(pattern_match(&r->pattern, "aa_cc", 5, &m), "it matches");
	ok(line_expand(r->key, &m, key, 8) == 11 && strcmp(key, "<cc\\aa>.") == 0, "key '%s', cut",
	    key);
	ok(!pattern_match(&r->pattern, "aa_ccd", 6, &m) &&
	        !pattern_match(&r->pattern, "xaa_c", 5, &m),
	    "patterns are anchored at both ends");
	rules_free(&rules);
}

static void
test_keyset(void)
{
	static struct keyset s;
	char key[32];
	unsigned twice = 0, lost = 0;
	for (int i = 0; i < 200000; i++)
		twice += keyset_add(&s, hash_bytes(key, (size_t)sprintf(key, "patch_%d", i))) != 1;
	for (int i = 0; i < 200000; i++)
		lost += keyset_add(&s, hash_bytes(key, (size_t)sprintf(key, "patch_%d", i))) != 0;
	ok(twice == 0 && lost == 0, "200,000 keys are new once (%u, %u)", twice, lost);
	ok(!keyset_has(&s, hash_bytes("no", 2)), "another key is not there");
	size_t bytes = 0;
	for (int i = 0; i < KEYSET_PARTS; i++)
		bytes += s.part[i].capacity * sizeof(uint64_t);
	ok(bytes <= 200000 * 14, "in %zu bytes", bytes);
	keyset_free(&s);
}

int
main(void)
{
	test_patterns_agree(true);
	test_patterns_agree(false);
	test_patterns_bounded();
	test_pattern_counts();
	test_errors();
	test_builtin();
	test_key();
	test_keyset();
	return tap_done();
}
