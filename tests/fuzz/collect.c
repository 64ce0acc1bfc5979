/*
 * From the members of an archive to groups whose files are in memory: each file holds the data of a
 * member, a group's line names as many files, keys and paths can be read again, memory stays within
 * what is allowed, and to count gives the same groups as to hold their files.
 */

#include "archive.h"
#include "fuzz.h"
#include "scan/collect.h"
#include "scan/rules.h"
#include "stream/group.h"

static const char rule_text[] = "p\t([a-z]*)_([xy])\t\\1\t\\2:x,y\t0\n"
                                "q\t([^/]*)/(one[0-9]*)\t\\1-\\2\tA\t0\n"
                                "r\tleft/(t[0-9])\t\\1\tL\t0\n"
                                "r\tright/(t[0-9])\t\\1\tR\t0\n";

struct collecting {
	struct archive archive;
	uint64_t groups, bad; /* told */
	bool links;           /* it has some */
};

static bool
on_group(void *context, const struct assembled *g)
{
	struct collecting *a = context;
	must(g->count > 0 && g->key_len == strlen(g->key), "a group has files and a key");
	a->groups++;
	return a->groups % 5 != 0; /* some are not wanted */
}

static void
on_bad(void *context, const struct assembled *g, const char *why)
{
	struct collecting *a = context;
	must(g->count > 0 && why[0] != '\0', "a bad group has a reason");
	a->bad++;
}

static void
on_problem(void *context, const char *path, const char *why)
{
	(void)context;
	must(path != NULL && why[0] != '\0', "a problem has a reason");
}

/* Whether some member has just this data; also whether the archive has links. */
static bool
is_member(struct collecting *whole, const void *bytes, size_t len)
{
	struct archive a = {whole->archive.data, whole->archive.size, 0};
	struct tar_source source = {&a, archive_read, archive_skip, 0};
	struct tar *t = tar_new(&source);
	struct tar_member m;
	struct error why;
	bool found = false;
	must(t != NULL, "there is memory");
	while (!found && tar_next(t, &m, &why) > 0) {
		whole->links |= m.kind == TAR_HARD || m.kind == TAR_SYMBOLIC;
		found = bytes && m.kind == TAR_FILE && m.size == len && len <= a.size - m.at &&
		        memcmp(a.data + m.at, bytes, len) == 0;
	}
	tar_free(t);
	return found;
}

static void
check_group(struct collecting *a, const struct collected *g, uint64_t most)
{
	struct group group;
	struct error why;
	uint64_t sum = 0;
	if (!group_is_blank(g->line, g->line_len)) {
		must(group_parse(g->line, g->line_len, &group, &why) == 0, "its line can be read");
		must(group.file_count == g->count, "with as many files");
		group_free(&group);
	}
	for (size_t i = 0; i < g->count; i++) {
		must(g->files[i].data != NULL, "a file has data");
		must(is_member(a, g->files[i].data, g->files[i].len), "it is that of a member");
		sum += g->files[i].len;
	}
	must(sum <= most, "no more is held than is allowed");
}

/* Returns what ended it. */
static int
collect_all(const struct rules *rules, struct collecting *a, uint64_t most)
{
	struct collect_events events = {a, on_group, on_bad, on_problem};
	struct tar_source source = {&a->archive, archive_read, archive_skip, 0};
	struct collected *g, *before = NULL;
	struct error why = {.text = ""};
	int more;
	struct collect *c = collect_new(
	    &source, (const struct rule *const *)rules->rule, rules->count, &events, most);
	must(c != NULL, "there is memory");
	while ((more = collect_next(c, &g, &why)) == 1) {
		must(most > 0, "nothing is handed out where nothing is held");
		check_group(a, g, most);
		/* As workers do: the one before is let go while this one is held. */
		if (before)
			collect_let_go(c, before);
		before = g;
	}
	if (before)
		collect_let_go(c, before);
	must(more == 0 || (more == -1 && why.text[0] != '\0'), "damage has a reason");
	collect_free(c);
	return more;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	struct error why;
	struct collecting counted = {{data, size, 0}, 0, 0, false}, held = counted,
	                  little = counted;
	if (rules.count == 0)
		must(rules_parse(&rules, "rules", rule_text, sizeof rule_text - 1, &why) == 0, "rules");
	is_member(&counted, NULL, 0);
	int a = collect_all(&rules, &counted, 0);
	int b = collect_all(&rules, &held, 1 << 20);
	collect_all(&rules, &little, 700);
	/* A link to what was not met, or is no longer held, is counted and yet can't be read. */
	must(counted.links || a != 0 || b != 0 ||
	         (counted.groups == held.groups && counted.bad == held.bad),
	    "to count gives the same groups");
	return 0;
}
