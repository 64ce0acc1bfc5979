/*
 * Tar archives: skipping and reading give the same members, data lies within the archive, one member
 * after the other, and names become paths that lead nowhere else.
 */

#include "archive.h"
#include "base/inflate.h"
#include "base/range.h"
#include "fuzz.h"
#include "archive/member.h"
#include "archive/tar.h"

static void
check_path(const char *path, size_t len)
{
	must(strlen(path) == len && path[0] != '/', "a path is text and not absolute");
	must(len == 0 || path[len - 1] != '/', "a path does not end in a slash");
	for (const char *p = path; *p;) {
		size_t part = strcspn(p, "/");
		must(part > 0 && strncmp(p, ".", part) != 0 && !(part == 2 && !memcmp(p, "..", 2)),
		    "a path has no empty, '.' or '..' component");
		p += part + (p[part] == '/');
	}
}

static void
check_member(const uint8_t *data, size_t size, const struct member *m)
{
	const struct range *r = &m->range;
	struct buf path = {0}, again = {0};
	struct error why;
	must(r->at >= TAR_BLOCK && r->at % TAR_BLOCK == 0 && r->at <= size, "it lies in it");
	must(m->kind != MEMBER_FILE ||
	         r->check == crc32_of(data + r->at - TAR_BLOCK, RANGE_CHECKED) || m->bad,
	    "the header lies just before the data");
	must(m->kind == MEMBER_FILE || m->kind == MEMBER_OTHER || r->size == 0,
	    "links have no data");
	if (member_path(m->name, &path, &why) == 0) {
		must(path.len > 0, "a path is not empty");
		check_path(path.data, path.len);
		must(
		    member_path(path.data, &again, &why) == 0 && strcmp(path.data, again.data) == 0,
		    "the path of a path is the same");
	}
	buf_free(&path);
	buf_free(&again);
}

/* Members, reading the data of those for which it is the turn; a number that tells what was found. */
static uint64_t
members(const uint8_t *data, size_t size, bool sized, unsigned every, size_t *count, bool *whole)
{
	struct source source = archive_source(data, size, sized);
	struct tar *t = tar_new(&source);
	struct member m;
	struct error why = {.text = ""};
	uint64_t sum = 0, end = 0;
	int more;
	*count = 0;
	while ((more = tar_next(t, &m, &why)) > 0) {
		must(m.range.at >= end, "members do not overlap");
		check_member(data, size, &m);
		/* Truncated data is found at once, or when it is read or skipped. */
		if (m.range.size > size - m.range.at) {
			must(!sized, "truncated data is found at once");
			continue;
		}
		end = m.range.at + m.range.size;
		sum = sum * 31 + m.range.at * 7 + m.range.size * 3 + (unsigned)m.kind +
		      strlen(m.name) + strlen(m.link) + (m.bad != NULL);
		++*count;
		if (every > 0 && *count % every == 0) {
			uint8_t *copy = malloc((size_t)m.range.size + 1);
			must(copy && tar_read(t, copy, &why) == 0, "data that is there is read");
			must(memcmp(copy, data + m.range.at, (size_t)m.range.size) == 0,
			    "it is what lies there");
			free(copy);
		}
	}
	must(more == 0 || why.text[0] != '\0', "damage has a reason");
	*whole = more == 0;
	tar_free(t);
	source_free(&source);
	return sum + (uint64_t)(more == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[10240];
	size_t passed, known, read;
	bool pipe, whole;
	/* A file, unlike a pipe, is refused at once then, or at its last member. */
	if (size >= sizeof none && memcmp(data + size - sizeof none, none, sizeof none) == 0)
		return 0;
	uint64_t a = members(data, size, false, 0, &passed, &pipe);
	uint64_t b = members(data, size, true, 0, &known, &whole);
	uint64_t c = members(data, size, false, 2, &read, &pipe);
	/* Before a member that zeros cut, of a file; a pipe shows the damage behind it. */
	bool cut = !whole && !pipe && known + 1 == passed;
	must(a == c && passed == read && (cut || (a == b && known == passed)),
	    "passing over and reading give the same members");
	return 0;
}
