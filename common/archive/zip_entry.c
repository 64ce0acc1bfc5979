#include "archive/zip_entry.h"

#include "archive/path.h"
#include "base/inflate.h"

#include <string.h>
#include <sys/stat.h>

enum {
	EXTRA_ZIP64 = 0x0001, /* [4.5.3] */
	EXTRA_NAME = 0x7075,  /* [4.6.9] */
	ENCRYPTED = 1 << 0,   /* flags [4.4.4] */
	UTF8 = 1 << 11,
	UNIX = 3, /* systems [4.4.2.2] that have file types and plain bytes in names */
	MACOS = 19
};

uint64_t
zip_number(const void *from, size_t bytes)
{
	const unsigned char *p = from;
	uint64_t n = 0;
	while (bytes-- > 0)
		n = n << 8 | p[bytes];
	return n;
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
zip_take_zip64(const struct buf *extra, struct zip_entry *e)
{
	size_t len = 0;
	const char *p = zip_extra(extra, EXTRA_ZIP64, &len);
	uint64_t *numbers[] = {&e->size, &e->stored, &e->at};
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

bool
zip_entry_parse(const void *bytes, const struct buf *extra, struct zip_entry *e)
{
	const unsigned char *b = bytes;
	*e = (struct zip_entry){.system = b[5],
	    .flags = (unsigned)zip_number(b + 8, 2),
	    .method = (uint16_t)zip_number(b + 10, 2),
	    .check = (uint32_t)zip_number(b + 16, 4),
	    .stored = zip_number(b + 20, 4),
	    .size = zip_number(b + 24, 4),
	    .mode = (uint32_t)zip_number(b + 40, 2),
	    .at = zip_number(b + 42, 4)};
	return zip_take_zip64(extra, e);
}

static bool
is_unix(const struct zip_entry *e)
{
	return e->system == UNIX || e->system == MACOS;
}

void
zip_entry_name(const struct zip_entry *e, const struct buf *extra, struct buf *name)
{
	size_t len = 0;
	const char *utf8 = zip_extra(extra, EXTRA_NAME, &len);
	/* Version 1, and the CRC-32 of the name that it stands for. */
	if (utf8 && len > 5 && utf8[0] == 1 &&
	    zip_number(utf8 + 1, 4) == crc32_of(name->data, name->len)) {
		name->len = 0;
		buf_add(name, utf8 + 5, len - 5);
	} else if (!(e->flags & UTF8) && !is_unix(e)) {
		path_from_cp437(name);
	}
	buf_add(name, "", 1);
	name->len--;
	/* Some programs for Windows separate directories by backslashes, and then only by them. */
	bool convert = !is_unix(e) && !strchr(name->data, '/');
	for (char *p = name->data; convert && (p = strchr(p, '\\')) != NULL;)
		*p = '/';
}

enum member_kind
zip_entry_kind(const struct zip_entry *e, const struct buf *name)
{
	uint32_t type = is_unix(e) ? e->mode & S_IFMT : 0;
	size_t len = strlen(name->data);
	if (len > 0 && name->data[len - 1] == '/')
		return MEMBER_OTHER;
	if (strncmp(name->data, "__MACOSX/", 9) == 0)
		return MEMBER_OTHER;
	if (type == S_IFLNK)
		return MEMBER_SYMLINK;
	/* Data is that of a file, as for unzip: a wrong bit of the type must not hide it. */
	return type == 0 || type == S_IFREG || e->size > 0 ? MEMBER_FILE : MEMBER_OTHER;
}

const char *
zip_entry_unsupported(const struct zip_entry *e)
{
	if (e->flags & ENCRYPTED)
		return "encrypted";
	switch (e->method) { /* [4.4.5] */
	case ZIP_STORED:
	case ZIP_DEFLATED:
		return NULL;
	case 9:
		return "compressed with Deflate64";
	case 12:
		return "compressed with bzip2";
	case 14:
		return "compressed with LZMA";
	case 93:
		return "compressed with zstd";
	case 95:
		return "compressed with xz";
	default:
		return "compressed with an unknown method";
	}
}
