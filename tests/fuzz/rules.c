/*
 * Rule files and their patterns. The input is a rule file, then, after a NUL, paths, one a line.
 * Each pattern is matched against each path, in bounded time. Then the paths are put together to groups,
 * as a walk and as an archive: each line of those can be read again.
 */

#include "fuzz.h"
#include "scan/groups.h"
#include "scan/rules.h"
#include "stream/group.h"

enum { PATH_LEN_MAX = 300 };

static void
check_match(const struct rule_line *r, const char *path)
{
	struct regex_match m = {.len = {0}};
	struct buf key = {0};
	size_t len = strlen(path);
	if (!regex_match(&r->pattern, path, len, &m)) {
		must(m.text <= strlen(r->pattern_text) && m.name <= len,
		    "it stops within both texts");
		return;
	}
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++)
		must(m.start[n] >= path && m.start[n] + m.len[n] <= path + len,
		    "a group is in the name");
	line_expand(r->key, &m, &key);
	line_expand(r->labelled ? r->label : "", &m, &key);
	buf_free(&key);
	if (r->capture > 0)
		must(line_band(r, m.start[r->capture], m.len[r->capture]) < (long)r->bands.count,
		    "a band is one of the rule's");
}

static void
check_rule(const struct rule_line *r, const char *paths)
{
	must(r->bands.count > 0 && r->capture <= r->pattern.captures, "a rule has bands");
	for (size_t i = 0; i < r->bands.count; i++)
		must(line_band(r, r->bands.name[i], strlen(r->bands.name[i])) == (long)i,
		    "a band is found where it is");
	must(rule_selected(r->rule, r->name), "a rule is selected by its name");
	while (*paths) {
		char path[PATH_LEN_MAX + 1] = "";
		size_t len = strcspn(paths, "\n");
		memcpy(path, paths, len < PATH_LEN_MAX ? len : PATH_LEN_MAX);
		check_match(r, path);
		paths += len + (paths[len] == '\n');
	}
}

static void
check_group(const struct assembled *g)
{
	struct buf line = {0};
	struct group group;
	struct error why;
	if (g->bad) {
		must(g->count > 0 && g->bad[0] != '\0', "there is a reason");
		return;
	}
	assembled_line(g, &line);
	/* But for names that captures or two lines make, which rsenc-pack refuses, and for a key
	 * that begins as a compressed file does. */
	int bad = group_parse(line.data, line.len, &group, &why);
	must(group_is_blank(line.data, line.len) || bad == 0 || strstr(why.text, "tensor name") ||
	         strstr(why.text, "not group lines"),
	    "a group line can be read");
	must(bad != 0 || group.file_count == g->count, "with as many files");
	group_free(&group);
	buf_free(&line);
}

static uint64_t
check_groups(struct groups *g)
{
	const struct assembled *a;
	uint64_t files = 0;
	while ((a = groups_next(g)) != NULL) {
		check_group(a);
		files += a->count;
	}
	return files;
}

/* Each path is a file, all but its name a directory of its own. Every file that is taken comes back
 * with one group. */
static void
group_all(const struct rules *rules, const char *paths, size_t archive)
{
	struct groups *g = groups_new(
	    (const struct rule *const *)rules->rule, rules->count, UINT64_MAX);
	uint64_t taken = 0, files = 0;
	while (*paths) {
		char text[PATH_LEN_MAX + 6] = "/";
		size_t len = strcspn(paths, "\n");
		memcpy(text + 1, paths, len < PATH_LEN_MAX ? len : PATH_LEN_MAX);
		char *slash = strrchr(text, '/'), name[PATH_LEN_MAX + 6];
		snprintf(name, sizeof name, "%s.tif", slash + 1);
		*slash = '\0';
		struct directory dir = {
		    .path = text, .real = text, .path_as_given = text, .archive = archive};
		struct found found = {.dir = &dir, .name = name};
		bool takes = groups_match(g, &found);
		if (takes)
			groups_add(g, &found);
		taken += takes;
		files += check_groups(g);
		paths += len + (paths[len] == '\n');
	}
	groups_release(g);
	files += check_groups(g);
	groups_end(g);
	files += check_groups(g);
	must(files == taken, "files come back");
	groups_free(g);
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
	rules_parse(&rules, "rules", text, len, &why);
	for (size_t i = 0; i < rules.count; i++) {
		for (size_t k = 0; k < rules.rule[i]->line_count; k++)
			check_rule(rules.rule[i]->line[k], paths);
	}
	group_all(&rules, paths, 0);
	group_all(&rules, paths, 1);
	rules_free(&rules);
	free(paths);
	return 0;
}
