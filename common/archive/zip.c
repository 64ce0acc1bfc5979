#include "archive/zip.h"

#include "archive/zip_entry.h"
#include "base/alloc.h"
#include "base/path.h"
#include "base/source.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sections of APPNOTE stand in brackets. */
enum {
	END = 22,             /* bytes of the end record [4.3.16] */
	COMMENT_MAX = 0xffff, /* after it */
	END64 = 56,           /* of the ZIP64 end record [4.3.14], without its extensible part */
	LOCATOR = 20          /* of its locator [4.3.15], just before the end record */
};

struct zip {
	int fd;
	const char *path;
	uint64_t size;
	uint64_t at, end;     /* of the directory */
	uint64_t count;       /* of its entries */
	bool zip64;           /* the count is exact; else modulo 65,536 */
	uint64_t shift;       /* of all offsets: bytes before the archive */
	struct source source; /* of the directory */
	struct buf name, extra, link;
	struct buf local; /* header of the current member, with its name */
	struct error unsupported;
	struct range_files files; /* for symbolic links, whose targets are data */
};

static bool
zip_read_at(const struct zip *z, void *to, size_t size, uint64_t at)
{
	return at <= z->size && pread(z->fd, to, size, (off_t)at) == (ssize_t)size;
}

/* ---- refusals ---- */

static const char unpack[] = "unpack the archive with '7z x %s -o%s' and use that directory";
static const char repair[] = "download the archive again, or repair it with 'zip -FF %s --out %s'";

/* Refuses with a command that makes a readable archive or directory, whose path has another
 * ending. */
static int
zip_refuse(const struct zip *z, const char *what, const char *command, struct error *why)
{
	struct buf from = {0}, to = {0}, name = {0};
	size_t len = strlen(z->path);
	const char *ending = command == repair ? "-fixed.zip" : "";
	char text[3 * PATH_MAX];
	buf_add(&name, z->path, len > 4 && strcmp(z->path + len - 4, ".zip") == 0 ? len - 4 : len);
	buf_add(&name, ending, strlen(ending) + 1);
	shell_quote(&from, z->path);
	shell_quote(&to, name.data);
	snprintf(text, sizeof text, command, from.data, to.data);
	buf_free(&from);
	buf_free(&to);
	buf_free(&name);
	return error_set(why, "%s: %s", what, text);
}

static int
zip_damaged(const struct zip *z, struct error *why)
{
	return zip_refuse(z, "the directory of the zip archive is damaged", repair, why);
}

/* ---- the end records ---- */

/* Reads the end record, which a comment may follow. Returns its offset, or UINT64_MAX. */
static uint64_t
zip_find_end(const struct zip *z, unsigned char *end)
{
	size_t window = z->size < END + COMMENT_MAX ? (size_t)z->size : END + COMMENT_MAX;
	uint64_t found = UINT64_MAX;
	unsigned char *tail = xmalloc(window);
	if (zip_read_at(z, tail, window, z->size - window)) {
		/* The last one whose comment ends the file: the comment itself may look like
		 * one. */
		for (size_t i = 0; i + END <= window; i++) {
			if (memcmp(tail + i, "PK\5\6", 4) == 0 &&
			    i + END + zip_number(tail + i + 20, 2) == window) {
				memcpy(end, tail + i, END);
				found = z->size - window + i;
			}
		}
	}
	free(tail);
	return found;
}

/* Reads the ZIP64 end record, which lies before a locator, which lies before the end record.
 * Returns its offset, or UINT64_MAX. */
static uint64_t
zip_find_end64(const struct zip *z, uint64_t end, unsigned char *end64)
{
	unsigned char locator[LOCATOR];
	uint64_t at = end - LOCATOR - END64;
	if (end < LOCATOR + END64 || !zip_read_at(z, locator, LOCATOR, end - LOCATOR) ||
	    memcmp(locator, "PK\6\7", 4) != 0 || !zip_read_at(z, end64, END64, at) ||
	    memcmp(end64, "PK\6\6", 4) != 0)
		return UINT64_MAX;
	return at;
}

/* Sets where the directory is. */
static int
zip_find_directory(struct zip *z, struct error *why)
{
	unsigned char e[END], e64[END64];
	uint64_t end = zip_find_end(z, e), at, size;
	if (end == UINT64_MAX)
		return zip_refuse(
		    z, "truncated zip archive, or more bytes after its end", repair, why);
	/* Both records have the same fields, of 2 and 4 bytes or of 4 and 8. */
	uint64_t end64 = zip_find_end64(z, end, e64);
	z->zip64 = end64 != UINT64_MAX;
	size_t small = z->zip64 ? 4 : 2, large = z->zip64 ? 8 : 4, wide = z->zip64 ? 8 : 2;
	const unsigned char *p = z->zip64 ? e64 + 16 : e + 4;
	uint64_t disk = zip_number(p, small), start = zip_number(p + small, small);
	uint64_t here = zip_number(p + 2 * small, wide);
	p += 2 * small + wide;
	z->count = zip_number(p, wide);
	size = zip_number(p + wide, large);
	at = zip_number(p + wide + large, large);
	end = z->zip64 ? end64 : end;
	if (disk != 0 || start != 0 || here != z->count)
		return zip_refuse(z, "a part of a split zip archive", unpack, why);
	if (size > end || at > end - size)
		return zip_damaged(z, why);
	/* The directory ends where the end records begin. */
	z->at = end - size;
	z->end = end;
	z->shift = z->at - at;
	return 0;
}

/* ---- entries ---- */

int
zip_rewind(struct zip *z, struct error *why)
{
	source_free(&z->source);
	if (lseek(z->fd, (off_t)z->at, SEEK_SET) < 0)
		return error_errno(why, "cannot be read");
	source_start(&z->source, z->fd);
	return 0;
}

static bool
zip_take(struct zip *z, struct buf *to, size_t size)
{
	to->len = 0;
	buf_reserve(to, size + 1);
	if (source_take(&z->source, to->data, size) != (ssize_t)size)
		return false;
	to->len = size;
	to->data[size] = '\0';
	return true;
}

/* Reads the next entry, with its name. Returns 1, 0 at the end, -1 if it is damaged. */
static int
zip_take_entry(struct zip *z, struct zip_entry *e)
{
	unsigned char b[ZIP_ENTRY];
	uint64_t left = z->end - z->at - z->source.offset;
	if (left == 0)
		return 0;
	if (left < ZIP_ENTRY || source_take(&z->source, b, ZIP_ENTRY) != ZIP_ENTRY ||
	    memcmp(b, "PK\1\2", 4) != 0)
		return -1;
	size_t name = (size_t)zip_number(b + 28, 2), extra = (size_t)zip_number(b + 30, 2);
	size_t comment = (size_t)zip_number(b + 32, 2);
	if (name + extra + comment > left - ZIP_ENTRY || !zip_take(z, &z->name, name) ||
	    !zip_take(z, &z->extra, extra) || source_skip(&z->source, comment) != (int64_t)comment)
		return -1;
	if (!zip_entry_parse(b, &z->extra, e))
		return -1;
	/* All that lies before the directory; range_read checks again where the data ends. */
	uint64_t room = z->at - z->shift;
	if (e->at > room || ZIP_LOCAL > room - e->at || e->stored > room - e->at - ZIP_LOCAL)
		return -1;
	e->at += z->shift;
	return 1;
}

/* ---- the first pass ---- */

struct extent {
	uint64_t at, end;
};

static int
extent_compare(const void *va, const void *vb)
{
	const struct extent *a = va, *b = vb;
	return (a->at > b->at) - (a->at < b->at);
}

/* Whether no two members overlap: a few kilobytes could otherwise unpack to petabytes. */
static bool
zip_check_extents(struct extent *extents, size_t count)
{
	if (count > 0)
		qsort(extents, count, sizeof *extents, extent_compare);
	for (size_t i = 1; i < count; i++) {
		if (extents[i].at < extents[i - 1].end)
			return false;
	}
	return true;
}

static int
zip_check(struct zip *z, struct error *why)
{
	struct buf extents = {0};
	struct zip_entry e;
	uint64_t count = 0;
	int more;
	if (zip_rewind(z, why) != 0)
		return -1;
	for (; (more = zip_take_entry(z, &e)) > 0; count++) {
		struct extent x = {e.at, e.at + ZIP_LOCAL + z->name.len + e.stored};
		buf_add(&extents, &x, sizeof x);
	}
	bool complete = more == 0 && (z->zip64 ? count == z->count : (uint16_t)count == z->count);
	bool apart = zip_check_extents((struct extent *)(void *)extents.data, (size_t)count);
	buf_free(&extents);
	if (!complete)
		return zip_damaged(z, why);
	if (!apart)
		return zip_refuse(z, "members of the zip archive overlap", repair, why);
	return zip_rewind(z, why);
}

bool
zip_is(int fd, const char *path)
{
	/* A member, an archive without members, the first part of a split one. */
	static const char signatures[] = "PK\3\4PK\5\6PK\7\10";
	char first[4];
	size_t len = strlen(path);
	bool begins = false;
	if (pread(fd, first, 4, 0) == 4) {
		for (size_t i = 0; i < sizeof signatures - 1; i += 4)
			begins |= memcmp(first, signatures + i, 4) == 0;
	}
	return begins || (len > 4 && strcmp(path + len - 4, ".zip") == 0);
}

struct zip *
zip_open(int fd, const char *path, uint64_t size, struct error *why)
{
	struct zip *z = xcalloc(1, sizeof *z);
	z->fd = fd;
	z->path = path;
	z->size = size;
	if (zip_find_directory(z, why) == 0 && zip_check(z, why) == 0)
		return z;
	zip_free(z);
	return NULL;
}

void
zip_free(struct zip *z)
{
	if (!z)
		return;
	source_free(&z->source);
	buf_free(&z->name);
	buf_free(&z->extra);
	buf_free(&z->link);
	buf_free(&z->local);
	range_files_close(&z->files);
	free(z);
}

/* ---- members ---- */

/* Whether the header before a member's data has the name that the directory has. Neither has a
 * checksum: a wrong bit would make another key of it. */
static bool
zip_check_name(struct zip *z, uint64_t at)
{
	size_t size = ZIP_LOCAL + z->name.len;
	z->local.len = 0;
	buf_reserve(&z->local, size);
	const char *h = z->local.data;
	return zip_read_at(z, z->local.data, size, at) && memcmp(h, "PK\3\4", 4) == 0 &&
	       zip_number(h + 26, 2) == z->name.len &&
	       memcmp(h + ZIP_LOCAL, z->name.data, z->name.len) == 0;
}

int
zip_next(struct zip *z, struct member *m, struct error *why)
{
	struct zip_entry e;
	int more = zip_take_entry(z, &e);
	if (more <= 0)
		return more < 0 ? zip_refuse(z, "the zip archive changed", repair, why) : 0;
	if (!zip_check_name(z, e.at)) {
		zip_refuse(z,
		    "damaged: the member has another name in the directory of the archive", repair,
		    why);
		return error_prefix(why, "%.1000s", z->name.data);
	}
	zip_entry_name(&e, &z->extra, &z->name);
	*m = (struct member){
	    .kind = zip_entry_kind(&e, &z->name), .name = z->name.data, .link = ""};
	m->range = (struct range){.at = e.at,
	    .size = e.size,
	    .check = e.check,
	    .zipped = true,
	    .stored = e.stored,
	    .method = e.method};
	const char *unsupported = zip_entry_unsupported(&e);
	if (unsupported) {
		zip_refuse(z, unsupported, unpack, &z->unsupported);
		m->refused = z->unsupported.text;
	} else if (strlen(z->name.data) < z->name.len) {
		m->bad = "the name contains a NUL byte";
	} else if (m->kind == MEMBER_SYMLINK) {
		if (range_read(&z->files, z->path, &m->range, PATH_MAX, &z->link, why) != 0)
			return error_prefix(why, "%s", z->name.data);
		buf_add(&z->link, "", 1);
		m->link = z->link.data;
	}
	return 1;
}
