/*
 * From the members of an archive to groups whose files are in memory: each file holds the data of a
 * member, a group's line names as many files, keys and paths can be read again, and memory stays within
 * what is allowed.
 */

#include "archive.h"
#include "archive/tar.h"
#include "fuzz.h"
#include "scan/rules.h"
#include "scan/scan.h"
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
check_group(struct collecting *a, const struct assembled *g, uint64_t most)
{
	struct group group;
	struct buf line = {0};
	struct error why;
	must(g->count > 0 && g->key_len == strlen(g->key), "a group has files and a key");
	must(!g->bad || g->bad[0] != '\0', "a bad group has a reason");
	a->bad += g->bad != NULL;
	a->groups += !g->bad;
	if (g->bad)
		return;
	uint64_t sum = 0;
	assembled_line(g, &line);
	if (!group_is_blank(line.data, line.len)) {
		must(group_parse(line.data, line.len, &group, &why) == 0, "its line can be read");
		must(group.file_count == g->count, "with as many files");
		group_free(&group);
	}
	for (size_t i = 0; i < g->count; i++) {
		const struct archive_file *f = g->files[i].in_archive;
		must(f->data != NULL, "a file has data");
		must(is_member(a, f->data, (size_t)f->range.size), "it is that of a member");
		sum += f->range.size;
	}
	must(sum <= most, "no more is held than is allowed");
	buf_free(&line);
}

/* Returns whether nothing was damaged. */
static bool
collect_all(const struct rules *rules, struct collecting *a, uint64_t most)
{
	char *name[] = {"standard input", NULL};
	struct source source;
	struct scan_item item;
	enum scan_what what;
	bool sound = true;
	int fd = archive_file(a->data, a->size);
	source_start(&source, fd);
	struct scan *s = scan_new(
	    (const struct rule *const *)rules->rule, rules->count, name, 1, &source, most);
	while ((what = scan_next(s, &item)) != SCAN_END) {
		/* is_member() reads the same file. */
		off_t at = lseek(fd, 0, SEEK_CUR);
		if (what == SCAN_GROUP)
			check_group(a, item.group, most);
		lseek(fd, at, SEEK_SET);
		must((what != SCAN_PROBLEM && what != SCAN_DAMAGE) || item.why[0] != '\0',
		    "a problem has a reason");
		sound &= what != SCAN_DAMAGE;
	}
	scan_free(s);
	source_free(&source);
	return sound;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	struct error why;
	struct collecting much = {data, size, 0, 0}, little = much;
	if (rules.count == 0)
		must(rules_parse(&rules, "rules", rule_text, sizeof rule_text - 1, &why) == 0,
		    "rules");
	bool whole = collect_all(&rules, &little, 700);
	must(collect_all(&rules, &much, 1 << 20) || !whole, "more memory does not hurt");
	return 0;
}
