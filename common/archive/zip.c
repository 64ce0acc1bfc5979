#include "archive/zip.h"

#include "archive/path.h"
#include "base/alloc.h"
#include "base/inflate.h"
#include "base/path.h"
#include "base/source.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sections of APPNOTE stand in brackets. */
enum {
	END = 22,             /* bytes of the end record [4.3.16] */
	COMMENT_MAX = 0xffff, /* after it */
	END64 = 56,           /* of the ZIP64 end record [4.3.14], without its extensible part */
	LOCATOR = 20,         /* of its locator [4.3.15], just before the end record */
	ENTRY = 46,           /* of an entry of the directory [4.3.12], before its name */
	EXTRA_ZIP64 = 0x0001, /* [4.5.3] */
	EXTRA_NAME = 0x7075,  /* [4.6.9] */
	ENCRYPTED = 1 << 0,   /* flags [4.4.4] */
	UTF8 = 1 << 11,
	UNIX = 3, /* systems [4.4.2.2] that have file types and plain bytes in names */
	MACOS = 19
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
	struct error unsupported;
	struct range_files files; /* for symbolic links, whose targets are data */
};

/* An entry of the directory. */
struct entry {
	unsigned system, flags;
	uint16_t method;
	uint32_t check, mode, disk;
	uint64_t stored, size, at;
};

/* An unsigned number of up to 8 bytes, the lowest first. */
static uint64_t
get(const void *from, size_t bytes)
{
	const unsigned char *p = from;
	uint64_t n = 0;
	while (bytes-- > 0)
		n = n << 8 | p[bytes];
	return n;
}

static bool
zip_read_at(const struct zip *z, void *to, size_t size, uint64_t at)
{
	return at <= z->size && pread(z->fd, to, size, (off_t)at) == (ssize_t)size;
}

/* ---- refusals, with the command that makes a readable archive ---- */

/* Refuses with a command that has two words for sh: the archive, and its path with another ending. */
static int
zip_refuse(const struct zip *z, const char *what, const char *command, const char *ending,
    struct error *why)
{
	struct buf to = {0}, words[2] = {{0}, {0}};
	size_t len = strlen(z->path);
	bool zip = len > 4 && strcmp(z->path + len - 4, ".zip") == 0;
	char text[3 * PATH_MAX];
	buf_add(&to, z->path, zip ? len - 4 : len);
	buf_add(&to, ending, strlen(ending) + 1);
	shell_quote(&words[0], z->path);
	shell_quote(&words[1], to.data);
	snprintf(text, sizeof text, command, words[0].data, words[1].data);
	buf_free(&to);
	buf_free(&words[0]);
	buf_free(&words[1]);
	return error_set(why, "%s: %s", what, text);
}

static const char unpack[] = "unpack the archive with '7z x %s -o%s' and use that directory";

static int
zip_damaged(const struct zip *z, const char *what, struct error *why)
{
	return zip_refuse(z, what,
	    "download the archive again, or repair it with 'zip -FF %s --out %s'", "-fixed.zip",
	    why);
}

/* Why a member cannot be read whatever its data is, or NULL. */
static const char *
zip_unsupported(const struct entry *e)
{
	static const struct {
		unsigned method; /* [4.4.5] */
		const char *words;
	} methods[] = {{0, NULL}, {8, NULL}, {9, "compressed with Deflate64"},
	    {12, "compressed with bzip2"}, {14, "compressed with LZMA"},
	    {93, "compressed with zstd"}, {95, "compressed with xz"}};
	if (e->flags & ENCRYPTED)
		return "encrypted";
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (methods[i].method == e->method)
			return methods[i].words;
	}
	return "compressed with an unknown method";
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
		/* The last one whose comment ends the file: the comment itself may look like one. */
		for (size_t i = 0; i + END <= window; i++) {
			if (memcmp(tail + i, "PK\5\6", 4) == 0 &&
			    i + END + get(tail + i + 20, 2) == window) {
				memcpy(end, tail + i, END);
				found = z->size - window + i;
			}
		}
	}
	free(tail);
	return found;
}

/* Reads the ZIP64 end record, if a locator just before the end record says where it is. Returns its
 * offset, or UINT64_MAX. */
static uint64_t
zip_find_end64(const struct zip *z, uint64_t end, unsigned char *end64)
{
	unsigned char locator[LOCATOR];
	if (end < LOCATOR + END64 || !zip_read_at(z, locator, LOCATOR, end - LOCATOR) ||
	    memcmp(locator, "PK\6\7", 4) != 0)
		return UINT64_MAX;
	/* With bytes before the archive its own offset is too small: then it lies before the locator. */
	uint64_t places[] = {get(locator + 8, 8), end - LOCATOR - END64};
	for (int i = 0; i < 2; i++) {
		if (zip_read_at(z, end64, END64, places[i]) && memcmp(end64, "PK\6\6", 4) == 0)
			return places[i];
	}
	return UINT64_MAX;
}

/* Sets where the directory is. */
static int
zip_find_directory(struct zip *z, struct error *why)
{
	unsigned char e[END], e64[END64];
	uint64_t end = zip_find_end(z, e), at, size;
	if (end == UINT64_MAX)
		return zip_damaged(z, "truncated zip archive, or more bytes after its end", why);
	uint64_t end64 = zip_find_end64(z, end, e64);
	uint64_t disk = get(e + 4, 2), start = get(e + 6, 2), here = get(e + 8, 2);
	z->zip64 = end64 != UINT64_MAX;
	z->count = get(e + 10, 2);
	size = get(e + 12, 4);
	at = get(e + 16, 4);
	if (z->zip64) {
		end = end64;
		disk = get(e64 + 16, 4);
		start = get(e64 + 20, 4);
		here = get(e64 + 24, 8);
		z->count = get(e64 + 32, 8);
		size = get(e64 + 40, 8);
		at = get(e64 + 48, 8);
	}
	if (disk != 0 || start != 0 || here != z->count)
		return zip_refuse(z, "a part of a split zip archive", unpack, "", why);
	if (size > end || at > end - size)
		return zip_damaged(z, "the directory of the zip archive is damaged", why);
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
	if (lseek(z->fd, (off_t)z->at, SEEK_SET) < 0 || source_start(&z->source, z->fd) != 0)
		return error_errno(why, "cannot be read");
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

/* The data of an extra field, or NULL. */
static const char *
zip_extra(const struct zip *z, unsigned id, size_t *len)
{
	for (size_t at = 0; at + 4 <= z->extra.len; at += 4 + *len) {
		*len = (size_t)get(z->extra.data + at + 2, 2);
		if (*len > z->extra.len - at - 4)
			break;
		if (get(z->extra.data + at, 2) == id)
			return z->extra.data + at + 4;
	}
	return NULL;
}

/* Numbers that do not fit the entry stand in an extra field, in this order. */
static bool
zip_take_zip64(const struct zip *z, struct entry *e)
{
	size_t len = 0;
	const char *p = zip_extra(z, EXTRA_ZIP64, &len);
	uint64_t *numbers[] = {&e->size, &e->stored, &e->at};
	for (int i = 0; i < 3; i++) {
		if (*numbers[i] != UINT32_MAX)
			continue;
		if (!p || len < 8)
			return false;
		*numbers[i] = get(p, 8);
		p += 8;
		len -= 8;
	}
	return true;
}

/* Reads the next entry, with its name. Returns 1, 0 at the end, -1 if it is damaged. */
static int
zip_take_entry(struct zip *z, struct entry *e)
{
	unsigned char b[ENTRY];
	uint64_t left = z->end - z->at - source_offset(&z->source);
	if (left == 0)
		return 0;
	if (left < ENTRY || source_take(&z->source, b, ENTRY) != ENTRY ||
	    memcmp(b, "PK\1\2", 4) != 0)
		return -1;
	size_t name = (size_t)get(b + 28, 2), extra = (size_t)get(b + 30, 2);
	size_t comment = (size_t)get(b + 32, 2);
	if (name + extra + comment > left - ENTRY || !zip_take(z, &z->name, name) ||
	    !zip_take(z, &z->extra, extra) || source_skip(&z->source, comment) != (int64_t)comment)
		return -1;
	*e = (struct entry){.system = b[5],
	    .flags = (unsigned)get(b + 8, 2),
	    .method = (uint16_t)get(b + 10, 2),
	    .check = (uint32_t)get(b + 16, 4),
	    .stored = get(b + 20, 4),
	    .size = get(b + 24, 4),
	    .disk = (uint32_t)get(b + 34, 2),
	    .mode = (uint32_t)get(b + 40, 2),
	    .at = get(b + 42, 4)};
	if (!zip_take_zip64(z, e))
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
	/* Nearly all archives have them in order. */
	bool sorted = true;
	for (size_t i = 1; i < count && sorted; i++)
		sorted = extents[i - 1].at <= extents[i].at;
	if (!sorted)
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
	struct entry e;
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
		return zip_damaged(z, "the directory of the zip archive is damaged", why);
	if (!apart)
		return zip_damaged(z, "members of the zip archive overlap", why);
	return zip_rewind(z, why);
}

bool
zip_is(int fd, const char *path)
{
	char first[2];
	size_t len = strlen(path);
	return (pread(fd, first, 2, 0) == 2 && memcmp(first, "PK", 2) == 0) ||
	       (len > 4 && strcmp(path + len - 4, ".zip") == 0);
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
	range_files_close(&z->files);
	free(z);
}

/* ---- members ---- */

/* The name as unzip would write it. */
static void
zip_decode_name(struct zip *z, const struct entry *e)
{
	size_t len = 0;
	bool unix_bytes = e->system == UNIX || e->system == MACOS;
	const char *extra = zip_extra(z, EXTRA_NAME, &len);
	/* Version 1, and the CRC-32 of the name that it stands for. */
	if (extra && len > 5 && extra[0] == 1 &&
	    get(extra + 1, 4) == crc32_of(z->name.data, z->name.len)) {
		z->name.len = 0;
		buf_add(&z->name, extra + 5, len - 5);
	} else if (!(e->flags & UTF8) && !unix_bytes) {
		path_from_cp437(&z->name);
	}
	buf_add(&z->name, "", 1);
	z->name.len--;
	/* Some programs for Windows separate directories by backslashes, and then only by them. */
	bool convert = !unix_bytes && !strchr(z->name.data, '/');
	for (char *p = z->name.data; convert && (p = strchr(p, '\\')) != NULL;)
		*p = '/';
}

static enum member_kind
zip_kind(const struct zip *z, const struct entry *e)
{
	bool types = e->system == UNIX || e->system == MACOS;
	uint32_t type = types ? e->mode & S_IFMT : 0;
	size_t len = strlen(z->name.data);
	if (len > 0 && z->name.data[len - 1] == '/')
		return MEMBER_OTHER;
	if (strncmp(z->name.data, "__MACOSX/", 9) == 0)
		return MEMBER_OTHER;
	return type == S_IFLNK                ? MEMBER_SYMLINK
	       : type == 0 || type == S_IFREG ? MEMBER_FILE
	                                      : MEMBER_OTHER;
}

int
zip_next(struct zip *z, struct member *m, struct error *why)
{
	struct entry e;
	int more = zip_take_entry(z, &e);
	if (more <= 0)
		return more < 0 ? zip_damaged(z, "the zip archive changed", why) : 0;
	zip_decode_name(z, &e);
	*m = (struct member){.kind = zip_kind(z, &e), .name = z->name.data, .link = ""};
	m->range = (struct range){.at = e.at,
	    .size = e.size,
	    .check = e.check,
	    .zipped = true,
	    .stored = e.stored,
	    .method = e.method};
	const char *unsupported = zip_unsupported(&e);
	if (unsupported) {
		zip_refuse(z, unsupported, unpack, "", &z->unsupported);
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
