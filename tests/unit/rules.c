/* Rules: regular expressions, the table, rule files and their errors, matching. */

#include "base/bytes.h"
#include "base/keyset.h"
#include "scan/rules.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* ---- expressions ---- */

/* What Python's re.fullmatch gives: groups, one behind the other with a '|' before each; NULL: no match.
 * rules.t compares random ones with Python itself. */
static const struct {
	const char *text, *name, *groups;
} matches[] = {
    {"(a|ab)(c|bcd)(d*)", "abcd", "|a|bcd|"},
    {"(.*?)_(.*)", "a_b_c", "|a|b_c"},
    {"(.*)_(.*)", "a_b_c", "|a_b|c"},
    {"(.+?)(_VH)?", "a_VH", "|a|_VH"},
    {"(a?)*", "aa", "|"},
    {"(?:(a)|b)*", "ab", "|a"},
    {"(a*)+", "aa", "|"},
    {"(a??|[ab]*?){,2}?", "aa", "|a"},
    {"((a)|b|){,3}?c", "abc", "|b|a"},
    {"(a|b|)*?x", "abx", "|b"},
    {"(a){0}b", "b", "|"},
    {"(a{,2})(a{2,})", "aaaa", "|aa|aa"},
    {"(a{,})b", "aab", "|aa"},
    {"a{2}{", "aa{", ""},
    {"x{id}", "x{id}", ""},
    {"[]a]+[^]b]", "]ac", ""},
    {"[a-]+[-b]+", "a--b", ""},
    {"[\\w-]+\\.[\\d\\-]+", "a-b.1-2", ""},
    {"\\d\\D\\w\\W\\s\\S", "1a_-\tx", ""},
    {"[[:alpha:]]+[^[:digit:]_]", "abc", ""},
    {"(?P<key>[0-9]+)_(?:x|y)(z)", "12_yz", "|12|z"},
    {"(?P<n>a)(?P<nn>b)[(?P<n>](?P<N>c)", "ab>c", "|a|b|c"},
    {"^(a)$", "a", "|a"},
    {"\\$\\^\\(\\[\\{\\|", "$^([{|", ""},
    {"(.)(.)", "\xc3\xa4\xe4", "|\xc3\xa4|\xe4"},
    {"(\xc3\xa4+)b",
        "\xc3\xa4\xc3\xa4"
        "b",
        "|\xc3\xa4\xc3\xa4"},
    {"(.*)(.)", "\xc3\xa4\xc3\xb6", "|\xc3\xa4|\xc3\xb6"},
    {"(.*)(.)", "a\xb0", "|a|\xb0"},
    {"(a|b)(c)()(d)(e)(f)(g)(h)(i)(j)", "bcdefghij", "|b|c||d|e|f|g|h|i"},
    {"a|", "", ""},
    {"a(|b)c", "ac", "|"},
    {"a", "ab", NULL},
    {"b", "ab", NULL},
    {"a.b", "a\nb", NULL},
    {"a[^b]b", "a\nb", ""},
    {"[^a]", "a", NULL},
    {"A", "a", NULL},
    {"((a?)*){0,20}_a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_b", NULL},
};

static void
test_matches(void)
{
	for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
		struct regex re;
		struct regex_match m;
		struct error why = {.text = ""};
		char groups[100] = "";
		bool found = regex_compile(&re, matches[i].text, &why) == 0 &&
		             regex_match(&re, matches[i].name, strlen(matches[i].name), &m);
		for (unsigned n = 1; found && n <= re.captures && n <= REGEX_CAPTURES; n++) {
			strcat(groups, "|");
			strncat(groups, m.start[n], m.len[n]);
		}
		ok(found == (matches[i].groups != NULL) && !why.text[0] &&
		        (!found || strcmp(groups, matches[i].groups) == 0),
		    "'%s' on '%s': %s'%s'%s", matches[i].text, matches[i].name, found ? "" : "no ",
		    groups, why.text);
		regex_free(&re);
	}
}

static const struct {
	const char *text, *reason;
} refused[] = {
    {"a(?=b)", "column 2: groups must"},
    {"a(?!b)", "column 2: groups must"},
    {"(?<=a)b", "column 1: groups must"},
    {"(?i)a", "column 1: groups must"},
    {"(?P<1>a)", "column 1: groups must"},
    {"(?P<>a)", "column 1: groups must"},
    {"(?P<a", "column 1: groups must"},
    {"(?P<n>a)|(?P<n>b)", "column 10: duplicate group name"},
    {"(?", "column 1: groups must"},
    {"(a)\\1", "column 4: back-references and octal escapes"},
    {"(?P<a>x)(?P=a)", "column 9: groups must"},
    {"a\\0", "column 2: back-references and octal escapes"},
    {"(a)\\101", "column 4: back-references and octal escapes"},
    {"[\\1]", "column 2: back-references and octal escapes"},
    {"$a", "column 1: '^' and '$'"},
    {"\xc3\xa4\\bx", "column 2: not supported: a pattern matches"},
    {"a\\Z", "column 2: not supported"},
    {"\\g", "column 1: unknown escape"},
    {"[\\g]", "column 2: unknown escape"},
    {"a**", "column 3: a repeat must follow"},
    {"a*{2}", "column 3: a repeat must follow"},
    {"a*??", "column 4: a repeat must follow"},
    {"a++", "column 3: a repeat must follow"},
    {"*a", "column 1: a repeat must follow"},
    {"(*a)", "column 2: a repeat must follow"},
    {"a|{2}", "column 3: a repeat must follow"},
    {"^*", "column 2: a repeat must follow"},
    {"a^b", "column 2: '^' and '$' can stand"},
    {"(a$)", "column 3: '^' and '$' can stand"},
    {"a{3,1}", "column 2: the first number"},
    {"a{5000}", "column 7: too long"},
    {"a{99999999999999999999}", "column 23: too long"},
    {"(ab){99999999999999999999,}c", "column 27: too long"},
    {"((a{100}){100}){100}", "column 14: too long"},
    {"((a{,99}){,99}){,99}", "too long"},
    {"(((a|b){1,99})+){1,99}", "too long"},
    {"[b-a]", "column 2: invalid range"},
    {"[a-\\d]", "column 2: invalid range"},
    {"[\\w-.]", "column 2: invalid range"},
    {"[[:no:]]", "column 2: unknown class"},
    {"[:digit:]", "column 1: a class stands"},
    {"[\xc3\xa4]", "column 2: [ ] lists ASCII"},
    {"x[/_]", "column 3: [ ] matches within"},
    {"[a", "column 1: a '[' has no ']'"},
    {"[]", "column 1: a '[' has no ']'"},
    {"(a", "column 1: a '(' has no ')'"},
    {"a)", "column 2: a ')' has no '('"},
    {"a\\", "column 2: unknown escape"},
    {"[a\\", "column 3: unknown escape"},
    {"(a/b|c)", "column 3: alternatives cannot contain '/'"},
    {"a/b|c", "column 2: alternatives cannot contain '/'"},
    {"(a|(b/c))", "column 6: alternatives cannot"},
    {"(a/)*b", "column 3: a '/' cannot be repeated"},
    {"d/*_x", "column 2: a '/' cannot be repeated"},
    {"((((((((((((((((((((((a))))))))))))))))))))))", "column 21: groups are nested"},
};

static void
test_refused(void)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct regex re;
		struct error why = {.text = ""};
		ok(regex_compile(&re, refused[i].text, &why) == -1 &&
		        strstr(why.text, refused[i].reason),
		    "'%s': %s", refused[i].text, why.text);
		regex_free(&re);
	}
}

/* The longest name with expressions on which other engines take years. */
static void
test_bounded(void)
{
	static const char *const texts[] = {"(.*.*.*.*.*.*.*.*.*.*x)", "[^/]+[^/]+[^/]+[^/]+[^/]+x",
	    "a*a*a*a*a*a*a*a*a*b", "((.*)(.*)(.*)(.*)(.*)(.*)(.*)y)", "((a*)*)*b", "(a|a|aa)*b",
	    "(a|.*)*(a|.*)*b", "(((((((a?)*)*)*)*)*)*)*b", "(a?){300}a{300}b",
	    "(?:(?:b?\?){900}a)*c", "((((a{0,5}){0,5}){0,5})*)*b"};
	static char s[REGEX_NAME_MAX + 2];
	memset(s, 'a', sizeof s - 1);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct regex re;
		struct regex_match m;
		ok(regex_compile(&re, texts[i], NULL) == 0 &&
		        !regex_match(&re, s, REGEX_NAME_MAX, &m) &&
		        !regex_match(&re, s, REGEX_NAME_MAX + 1, &m),
		    "'%s' on %d letters ends", texts[i], REGEX_NAME_MAX);
		regex_free(&re);
	}
}

static void
test_reach(void)
{
	static const struct {
		const char *text, *name;
		size_t reached, part;
	} reach[] = {{"(patch_[0-9]+)", "patch_x", 7, 6}, {"(patch_[0-9]+)", "patch_1a", 14, 7},
	    {"(patch_[0-9]+)", "patch_", 7, 6}, {"(.*)_(VH|VV)", "a_b_HH", 6, 4},
	    {"x_[0-9]{8}", "x_2020", 2, 2}, {"(train|val)/x", "test/x", 1, 0}, {"a", "b", 0, 0}};
	for (size_t i = 0; i < sizeof reach / sizeof *reach; i++) {
		struct regex re;
		struct regex_match m;
		regex_compile(&re, reach[i].text, NULL);
		regex_match(&re, reach[i].name, strlen(reach[i].name), &m);
		ok(m.text == reach[i].reached && m.name == reach[i].part,
		    "'%s' on '%s' stops at %zu, %zu", reach[i].text, reach[i].name, m.text, m.name);
		regex_free(&re);
	}
}

static void
test_pattern_counts(void)
{
	struct regex p;
	const char *text = "a[^/](b/c)/(([^/]+)/x)\\/(y)";
	ok(regex_compile(&p, text, NULL) == 0, "%s compiles", text);
	ok(p.slashes == 4 && p.captures == 4, "slashes are counted outside of brackets");
	regex_free(&p);
}

/* ---- rules ---- */

static int
parse(struct rules *rules, const char *text, struct error *why)
{
	*rules = (struct rules){0};
	why->text[0] = '\0';
	return rules_parse(rules, "rules", text, strlen(text), why);
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
	    {"x\t(a\tk\tA\t1\n", "PATTERN: column 1: a '(' has no ')'"},
	    {"x\t/a\tk\tA\t1\n", "PATTERN: remove the '/' at the beginning"},
	    {"x\ta/\tk\tA\t1\n", "PATTERN: remove the '/' at the end"},
	    {"x\tr'(a)'\tk\tA\t1\n", "PATTERN: remove the quotes"},
	    {"x\t\"(a)\"\tk\tA\t1\n", "PATTERN: remove the quotes"},
	    {"x\t(a)\t\"\\1\"\tA\t1\n", "KEY: remove the quotes"},
	    {"x\t(a)\t\\1\t\"A,B\"\t1\n", "TENSORS: remove the quotes"},
	    {"x\t(a)\t\\1\tRed, Green\t1\n", "TENSORS: 'Red, Green': remove the blanks"},
	    {"x\t(a)\t\\1\tRed,Green \t1\n", "TENSORS: 'Red,Green ': remove the blanks"},
	    {"x\t(a) \t\\1\tRed\t1\n", "PATTERN: '(a) ': remove the blanks around it"},
	    {"x\t(a)\t \\1\tRed\t1\n", "KEY: ' \\1': remove the blanks around it"},
	    {"x\t(a)\t\\1\t Red\t1\n", "remove the blanks"},
	    {"x\t(a)\t\\1\t\\1:Red ,Green\t1\n", "remove the blanks"},
	    {"x\t(a)\t\\1\tRed,Green?,Blue\t1\n", "TENSORS: '?' can stand at the end only"},
	    {"x\t(a)\t\\1\tRed??\t1\n", "TENSORS: '?' can stand at the end only"},
	    {"x\t(a)\t\001\tA\t1\n", "contains the byte 0x01: a shell has replaced \\1"},
	    {"x\t(a)\t1\tA\t1\n", "KEY: '1': a shell has removed a backslash"},
	    {"x\t(a)(b)\t1_2\tA\t1\n", "KEY: '1_2': a shell has removed a backslash"},
	    {"x\t(d+)(b)\ts1_2\tA\t1\n", "KEY: 's1_2': a shell has removed a backslash"},
	    {"x\t(a)\ttrain_1.x\tA\t1\n", "KEY: 'train_1.x': a shell has removed a backslash"},
	    {"x\t(a)(b)\t\\1\t2:A,B\t1\n", "TENSORS: '2:A,B': a shell has removed a backslash"},
	    {"x\t(a)\t$1\tA\t1\n", "KEY: '$1' is the same for all files: write \\1"},
	    {"x\t(a)\t{0}\tA\t1\n", "KEY: '{0}' is the same for all files"},
	    {"\xff\xfexyz", "rules: is UTF-16: run 'iconv -f UTF-16 -t UTF-8 rules >utf8.rules'"},
	    {"x\t(a)\t\tA\t1\n", "KEY: is empty"},
	    {"x\t(a)\t\\2\tA\t1\n", "KEY: \\2, but PATTERN has 1 group"},
	    {"x\t(a)\t\\\\1\tA\t1\n", "KEY: '\\' must be followed by"},
	    {"x\t(a)\t\\0\tA\t1\n", "KEY: '\\' must be followed by"},
	    {"x\t(a)\tk\\\tA\t1\n", "KEY: '\\' must be followed by"},
	    {"x\t(a)\t\\1\tA\r\t1\n", "contains the control character 0x0d"},
	    {"x\t(a)\t\\1\t\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\t\\1:\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\t\\2:A\t1\n", "TENSORS: \\2, but PATTERN has 1 group"},
	    {"x\t(a)\t\\1\t\\x:A\t1\n", "TENSORS: '\\' must be followed by"},
	    {"x\t(a)\t\\1\tA,A\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\t\xff\\1:A\t1\n", "rule 'x': tensor names are not UTF-8"},
	    {"x\t(a)\t\\1\tA=B\t1\n", "TENSORS: a tensor name cannot contain '='"},
	    {"x\t(a)\t\\1\tA\tmany\n", "COUNT: 'many' is not a whole number"},
	    {"x\t(a)\t\\1\tA\t\n", "COUNT: "},
	    {"x\t(a)\t\\1\tA\t-1\n", "COUNT: "},
	    {"x\t(a)\t\\1\tA\t99999999999999999999\n", "COUNT: "},
	    {"x\ta\tk\tA\t1\nx\ta\tk\tA\t1\n", "line 2: duplicate line of the rule 'x'"},
	    {"x\ta\tk\tA,B\t1\nx\tb\tk\tA\t1\n", "duplicate tensor name 'A' (only lines with"},
	    {"x\ta\tk\tA,B{1..}\t1\n", "TENSORS: 'B{1..}': a brace must contain"},
	    {"x\t(a)\t\\1\tT{1..2}_B{1..}\t1\n", "TENSORS: "},
	    {"x\t(a)\t\\1\tB{x..}\t1\n", "TENSORS: 'B{x..}': an open list"},
	    {"x\t(a)\t\\1\t\\1:B{1..}\t1\n", "TENSORS: 'B{1..}': a brace must contain"},
	    {"x\t(a)\t\\#1\tA\t1\n", "KEY: '\\' must be followed by"},
	    {"x\t(a)\t\\1\tt\\#2\t1\n", "TENSORS: \\2, but PATTERN has 1 group"},
	    {"x\ta\tk\tA\t1\nx\tb\tk\tB\t2\n", "line 2: COUNT: an earlier line of 'x'"},
	    {"x\t(a)(b)\t\\1\tp,\\2:A\t0\n", "TENSORS: 'p,': a prefix without"},
	    {"x\t(a)(b)\t\\1\t\\2:A,\\1\t0\n", "groups stand before the ':'"},
	    {"x\t(a)(b)\t\\1\t\\3_\\2:A\t0\n", "TENSORS: \\3, but PATTERN has 2"},
	    {"x\t(a)\t\\1\t\\1_a,\\1_a\t0\n", "TENSORS: duplicate tensor name '1_a'"},
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
	ok(rules_parse(&rules, "rules", "x\ta\0b", 5, &why) == -1 && strstr(why.text, "NUL"),
	    "NUL: %s", why.text);
	rules_free(&rules);
	char text[1200] = "x\t";
	memset(text + 2, 'a', 1100);
	strcpy(text + 1102, "\tk\tA\t1\n");
	ok(parse(&rules, text, &why) == -1 && strstr(why.text, "longer than 1024"), "%s", why.text);
	rules_free(&rules);
	ok(rules_parse(&rules, "rules", NULL, 0, &why) == -1 && rules.count == 0, "%s", why.text);
}

/* Keys that are the same for all files, as of a rule for one patch. */
static void
test_constant_keys(void)
{
	static const char *const good[] = {"x\t(a)\tscene_2017\tA\t1\n", "x\ta\ts1\tA\t1\n",
	    "x\tB(1|2)\ts1\t\\1:1,2\t1\n", "x\t(a)\ts_2\tA\t1\n"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct rules rules;
		struct error why;
		ok(parse(&rules, good[i], &why) == 0, "%s%s", good[i], why.text);
		rules_free(&rules);
	}
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
	unsigned selected = 0;
	for (size_t i = 0; i < rules.count; i++)
		selected += rule_selected(rules.rule[i], "bigearthnet");
	ok(selected == 3, "bigearthnet selects three");
	ok(!rule_selected(rules.rule[1], "min") && rule_selected(rules.rule[1], "mine") &&
	        rule_selected(rules.rule[1], "mine-a") && !rule_selected(rules.rule[1], "mine-"),
	    "a prefix ends before a '-'");
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
	struct regex_match m;
	struct buf key = {0};
	ok(parse(&rules, "x\t(a+)(b)?_(c*)\t<\\3\\\\\\1>\\2.tif\tA\t0\n", &why) == 0, "a rule%s",
	    why.text);
	const struct rule_line *r = rules.rule[0]->line[0];
	ok(regex_match(&r->pattern, "aa_cc", 5, &m), "it matches");
	line_expand(r->key, &m, &key);
	buf_add(&key, "", 1);
	ok(strcmp(key.data, "<cc\\aa>.tif") == 0, "key '%s'", key.data);
	buf_free(&key);
	ok(!regex_match(&r->pattern, "aa_ccd", 6, &m) && !regex_match(&r->pattern, "xaa_c", 5, &m),
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
	test_matches();
	test_refused();
	test_bounded();
	test_reach();
	test_pattern_counts();
	test_errors();
	test_constant_keys();
	test_builtin();
	test_key();
	test_keyset();
	return tap_done();
}
