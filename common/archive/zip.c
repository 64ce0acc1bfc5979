#include "archive/zip.h"

#include "archive/member.h"
#include "base/alloc.h"
#include "base/inflate.h"
#include "base/path.h"
#include "base/source.h"

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
	LOCATOR = 20,         /* of its locator [4.3.15], just before the end record */
	ENTRY = 46,           /* of an entry [4.3.12], before its name */
	EXTRA_ZIP64 = 0x0001, /* fields [4.5.3, 4.6.9] */
	EXTRA_NAME = 0x7075,
	ENCRYPTED = 1 << 0, /* flags [4.4.4] */
	UTF8 = 1 << 11,
	UNIX = 3, /* systems [4.4.2.2] that have file types and plain bytes in names */
	MACOS = 19
};

/* An entry of the directory. */
struct entry {
	bool is_unix;
	unsigned flags, mode;
	struct range range;
};

struct zip {
	int fd;
	const char *path;
	uint64_t size;
	uint64_t at, end;         /* of the directory */
	uint64_t count, most;     /* of its entries, modulo most + 1 */
	uint64_t shift;           /* of all offsets: bytes before the archive */
	struct source source;     /* of the directory */
	struct buf name, extra;   /* of the current entry */
	struct buf data;          /* of its member: the header with a name, or a target */
	struct error refused;     /* why it cannot be read */
	struct range_files files; /* for symbolic links, whose targets are data */
};

/* An unsigned number of up to 8 bytes, the lowest first. */
static uint64_t
zip_number(const void *from, size_t bytes)
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
	return pread(z->fd, to, size, (off_t)at) == (ssize_t)size;
}

static bool
zip_has_member_at(const struct zip *z, uint64_t at)
{
	char start[4];
	return zip_read_at(z, start, sizeof start, at) && memcmp(start, "PK\3\4", 4) == 0;
}

/* ---- refusals ---- */

static const char unpack[] = "unpack the archive with '7z x %s -o%s' and use that directory";
/* Not 'zip -FF', which drops members that are not complete, and succeeds. */
static const char again[] = "download the archive again";
static const char again_or_unpack[] =
    "download the archive again, or, if '7z x %s -o%s' reports no error, use that directory";
static const char damaged[] = "the directory of the zip archive is damaged";

/* Refuses with a command that makes a directory, whose path has another ending. */
static int
zip_refuse(const struct zip *z, const char *what, const char *command, struct error *why)
{
	char name[PATH_MAX + 16];
	size_t len = strlen(z->path);
	bool ends = path_ends_in(z->path, len, ".zip");
	len -= ends ? strlen(".zip") : 0;
	snprintf(name, sizeof name, "%.*s%s", (int)len, z->path, ends ? "" : "-unpacked");
	char *from = shell_quoted(z->path), *to = shell_quoted(name);
	error_set(why, command, from, to);
	free(from);
	free(to);
	return error_prefix(why, "%s", what);
}

/* ---- the end records ---- */

/* Where the end record is, which a comment may follow, or UINT64_MAX. */
static uint64_t
zip_find_end(const struct zip *z)
{
	uint64_t from = z->size > END + COMMENT_MAX ? z->size - END - COMMENT_MAX : 0;
	uint64_t found = UINT64_MAX;
	size_t window = (size_t)(z->size - from);
	char *tail = xcalloc(1, window + 1);
	bool read = zip_read_at(z, tail, window, from);
	/* The last one whose comment ends the file: the comment itself may look like one. */
	for (size_t i = 0; read && i + END <= window; i++) {
		if (memcmp(tail + i, "PK\5\6", 4) == 0 &&
		    i + END + zip_number(tail + i + 20, 2) == window)
			found = from + i;
	}
	free(tail);
	return found;
}

/* Sets where the directory is. */
static int
zip_find_directory(struct zip *z, struct error *why)
{
	unsigned char e[END], e64[END64 + LOCATOR];
	uint64_t end = zip_find_end(z);
	if (end == UINT64_MAX || !zip_read_at(z, e, END, end))
		return zip_refuse(z,
		    "not a complete zip archive (truncated, or followed by other data)",
		    again_or_unpack, why);
	/* The ZIP64 end record lies before a locator, which lies before the end record. */
	uint64_t end64 = end - LOCATOR - END64;
	bool large = end >= LOCATOR + END64 && zip_read_at(z, e64, sizeof e64, end64) &&
	             memcmp(e64, "PK\6\6", 4) == 0 && memcmp(e64 + END64, "PK\6\7", 4) == 0;
	/* The number of this disk and that of the directory. */
	uint64_t disks = large ? zip_number(e64 + 16, 8) : zip_number(e + 4, 4);
	uint64_t size = large ? zip_number(e64 + 40, 8) : zip_number(e + 12, 4);
	uint64_t at = large ? zip_number(e64 + 48, 8) : zip_number(e + 16, 4);
	z->count = large ? zip_number(e64 + 32, 8) : zip_number(e + 10, 2);
	z->most = large ? UINT64_MAX : UINT16_MAX;
	/* It ends where the end records begin. */
	z->end = large ? end64 : end;
	if (disks != 0)
		return zip_refuse(z, "a part of a split zip archive", unpack, why);
	if (size > z->end || at > z->end - size)
		return zip_refuse(z, damaged, again, why);
	z->at = z->end - size;
	z->shift = z->at - at;
	/* Only programs may precede an archive: of two that were joined, one would be lost. */
	if (z->shift > 0 && zip_has_member_at(z, 0) && zip_has_member_at(z, z->shift))
		return zip_refuse(
		    z, "several zip archives in one file", "name them as separate operands", why);
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

/* The data of an extra field, or NULL. */
static const char *
zip_extra(const struct buf *extra, unsigned id, size_t *len)
{
	for (size_t at = 0; at + 4 <= extra->len; at += 4 + *len) {
		*len = (size_t)zip_number(extra->data + at + 2, 2);
		if (*len > extra->len - at - 4)
			break;
		if (zip_number(extra->data + at, 2) == id)
			return extra->data + at + 4;
	}
	return NULL;
}

/* Numbers that do not fit the entry stand in an extra field, in this order. */
static bool
zip_take_zip64(const struct buf *extra, struct range *r)
{
	size_t len = 0;
	const char *p = zip_extra(extra, EXTRA_ZIP64, &len);
	uint64_t *numbers[] = {&r->size, &r->stored, &r->at};
	for (int i = 0; i < 3; i++) {
		if (*numbers[i] != UINT32_MAX)
			continue;
		if (!p || len < 8)
			return false;
		*numbers[i] = zip_number(p, 8);
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
	uint64_t left = z->end - z->at - z->source.offset;
	if (left == 0)
		return 0;
	if (left < ENTRY || source_take(&z->source, b, ENTRY) != ENTRY ||
	    memcmp(b, "PK\1\2", 4) != 0)
		return -1;
	size_t name = (size_t)zip_number(b + 28, 2), extra = (size_t)zip_number(b + 30, 2);
	size_t comment = (size_t)zip_number(b + 32, 2);
	if (name + extra + comment > left - ENTRY || !zip_take(z, &z->name, name) ||
	    !zip_take(z, &z->extra, extra) || source_skip(&z->source, comment) != (int64_t)comment)
		return -1;
	*e = (struct entry){.is_unix = b[5] == UNIX || b[5] == MACOS,
	    .flags = (unsigned)zip_number(b + 8, 2),
	    .mode = (unsigned)zip_number(b + 40, 2)};
	struct range *r = &e->range;
	*r = (struct range){.zipped = true,
	    .method = (uint16_t)zip_number(b + 10, 2),
	    .check = (uint32_t)zip_number(b + 16, 4),
	    .stored = zip_number(b + 20, 4),
	    .size = zip_number(b + 24, 4),
	    .at = zip_number(b + 42, 4)};
	/* All that lies before the directory; range_read checks again where the data ends. */
	uint64_t room = z->at - z->shift;
	if (!zip_take_zip64(&z->extra, r) || r->at > room || ZIP_LOCAL > room - r->at ||
	    r->stored > room - r->at - ZIP_LOCAL)
		return -1;
	r->at += z->shift;
	return 1;
}

/* Reads all entries once. Members must not have more bytes than the archive, as those do that
 * overlap: a few kilobytes could otherwise unpack to petabytes. */
static int
zip_check(struct zip *z, struct error *why)
{
	uint64_t count = 0, room = z->at;
	struct entry e;
	int more;
	if (zip_rewind(z, why) != 0)
		return -1;
	for (; (more = zip_take_entry(z, &e)) > 0; count++) {
		uint64_t size = ZIP_LOCAL + z->name.len + e.range.stored;
		if (size > room)
			return zip_refuse(z, "members of the zip archive overlap", again, why);
		room -= size;
	}
	if (more < 0 || (count & z->most) != z->count)
		return zip_refuse(z, damaged, again, why);
	return zip_rewind(z, why);
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
	buf_free(&z->data);
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
	z->data.len = 0;
	buf_reserve(&z->data, size);
	const char *h = z->data.data;
	return zip_read_at(z, z->data.data, size, at) && memcmp(h, "PK\3\4", 4) == 0 &&
	       zip_number(h + 26, 2) == z->name.len &&
	       memcmp(h + ZIP_LOCAL, z->name.data, z->name.len) == 0;
}

/* Makes the name what unzip would write, in UTF-8 where it is known to be text. */
static void
zip_set_name(const struct entry *e, const struct buf *extra, struct buf *name)
{
	size_t len = 0;
	const char *utf8 = zip_extra(extra, EXTRA_NAME, &len);
	/* Version 1, and the CRC-32 of the name that it stands for. */
	bool has = utf8 && len > 5 && utf8[0] == 1 &&
	           zip_number(utf8 + 1, 4) == crc32_of(name->data, name->len);
	if (has) {
		name->len = 0;
		buf_add(name, utf8 + 5, len - 5);
	}
	if (!e->is_unix)
		path_from_windows(name, has || (e->flags & UTF8));
	buf_add(name, "", 1);
	name->len--;
}

static enum member_kind
zip_kind(const struct entry *e, const struct buf *name)
{
	uint32_t type = e->is_unix ? e->mode & S_IFMT : 0;
	size_t len = strlen(name->data);
	if ((len > 0 && name->data[len - 1] == '/') || strncmp(name->data, "__MACOSX/", 9) == 0)
		return MEMBER_OTHER;
	if (type == S_IFLNK)
		return MEMBER_SYMLINK;
	/* Data is that of a file, as for unzip: a wrong bit of the type must not hide it. */
	return type == 0 || type == S_IFREG || e->range.size > 0 ? MEMBER_FILE : MEMBER_OTHER;
}

/* Why a member cannot be read whatever its data is, or NULL. */
static const char *
zip_unsupported(const struct entry *e)
{
	static const char *const methods[] = {[9] = "compressed with Deflate64", /* [4.4.5] */
	    [12] = "compressed with bzip2",
	    [14] = "compressed with LZMA",
	    [93] = "compressed with zstd",
	    [95] = "compressed with xz"};
	unsigned method = e->range.method;
	bool known = method < sizeof methods / sizeof *methods && methods[method];
	if (e->flags & ENCRYPTED)
		return "encrypted";
	if (method == ZIP_STORED || method == ZIP_DEFLATED)
		return NULL;
	return known ? methods[method] : "compressed with an unknown method";
}

int
zip_next(struct zip *z, struct member *m, struct error *why)
{
	struct entry e;
	int more = zip_take_entry(z, &e);
	if (more <= 0)
		return more < 0 ? zip_refuse(z, "the archive changed", "scan it again", why) : 0;
	if (!zip_check_name(z, e.range.at)) {
		return error_set(why,
		    "%.1000s: damaged: the member has another name in the directory of the "
		    "archive: %s",
		    z->name.data, again);
	}
	zip_set_name(&e, &z->extra, &z->name);
	*m = (struct member){
	    .kind = zip_kind(&e, &z->name), .name = z->name.data, .link = "", .range = e.range};
	const char *unsupported = zip_unsupported(&e);
	if (unsupported) {
		zip_refuse(z, unsupported, unpack, &z->refused);
		m->refused = z->refused.text;
	} else if (strlen(z->name.data) < z->name.len) {
		m->bad = "the name contains a NUL byte";
	} else if (m->kind == MEMBER_SYMLINK) {
		if (range_read(&z->files, z->path, &m->range, PATH_MAX, NULL, &z->data, why) != 0)
			return error_prefix(why, "%s", z->name.data);
		buf_add(&z->data, "", 1);
		m->link = z->data.data;
	}
	return 1;
}
