/*
 * From the members of an archive to groups whose files are in memory: each file holds the data of a
 * member, a group's line names as many files, keys and paths can be read again, memory stays within
 * what is allowed, and to count gives the same groups as to hold their files.
 */

#include "archive.h"
#include "archive/tar.h"
#include "fuzz.h"
#include "scan/tar_stream.h"
#include "scan/rules.h"
#include "stream/group.h"

static const char rule_text[] = "p\t([a-z]*)_([xy])\t\\1\t\\2:x,y\t0\n"
                                "q\t([^/]*)/(one[0-9]*)\t\\1-\\2\tA\t0\n"
                                "r\tleft/(t[0-9])\t\\1\tL\t0\n"
                                "r\tright/(t[0-9])\t\\1\tR\t0\n";

struct collecting {
	const uint8_t *data;
	size_t size;
	uint64_t groups, bad; /* reported */
};

static void
on_group(void *context, const struct assembled *g)
{
	struct collecting *a = context;
	must(g->count > 0 && g->key_len == strlen(g->key), "a group has files and a key");
	must(!g->bad || g->bad[0] != '\0', "a bad group has a reason");
	a->bad += g->bad != NULL;
	a->groups += !g->bad;
}

static void
on_problem(void *context, const char *path, const char *why)
{
	(void)context;
	must(path != NULL && why[0] != '\0', "a problem has a reason");
}

/* Whether some member has just this data. */
static bool
is_member(const struct collecting *whole, const void *bytes, size_t len)
{
	struct source source = archive_source(whole->data, whole->size, true);
	struct tar *t = tar_new(&source);
	struct member m;
	struct error why;
	bool found = false;
	while (!found && tar_next(t, &m, &why) > 0)
		found = m.kind == MEMBER_FILE && m.range.size == len &&
		        len <= whole->size - m.range.at &&
		        memcmp(whole->data + m.range.at, bytes, len) == 0;
	tar_free(t);
	source_free(&source);
	return found;
}

static void
check_group(const struct collecting *a, const struct stream_group *g, uint64_t most)
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
		const struct archive_file *f = g->files[i];
		must(f->data != NULL, "a file has data");
		must(is_member(a, f->data, (size_t)f->range.size), "it is that of a member");
		must(f->range.size <= most, "no file is larger than is allowed");
		sum += f->range.size;
	}
	must(sum <= 2 * most, "no more is held than is allowed");
}

/* Returns what ended it. */
static int
collect_all(const struct rules *rules, struct collecting *a, uint64_t most)
{
	struct tar_stream_events events = {a, on_group, on_problem};
	struct source source;
	struct stream_group *g, *before = NULL;
	struct error why = {.text = ""};
	int more;
	int fd = archive_file(a->data, a->size);
	source_start(&source, fd);
	struct tar_stream *s = tar_stream_new(
	    &source, (const struct rule *const *)rules->rule, rules->count, &events, most);
	while ((more = tar_stream_next(s, &g, &why)) == 1) {
		must(most > 0, "nothing is handed out where nothing is held");
		/* is_member() reads the same file. */
		off_t at = lseek(fd, 0, SEEK_CUR);
		check_group(a, g, most);
		lseek(fd, at, SEEK_SET);
		/* As workers do: a group is freed while the next one is held. */
		if (before)
			stream_group_free(before);
		before = g;
	}
	if (before)
		stream_group_free(before);
	must(more == 0 || (more == -1 && why.text[0] != '\0'), "damage has a reason");
	tar_stream_free(s);
	source_free(&source);
	return more;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	struct error why;
	struct collecting counted = {data, size, 0, 0}, held = counted, little = counted;
	if (rules.count == 0)
		must(rules_parse(&rules, "rules", rule_text, sizeof rule_text - 1, &why) == 0,
		    "rules");
	int a = collect_all(&rules, &counted, 0);
	int b = collect_all(&rules, &held, 1 << 20);
	collect_all(&rules, &little, 700);
	must(a != 0 || b != 0 || (counted.groups == held.groups && counted.bad == held.bad),
	    "to count gives the same groups");
	return 0;
}
