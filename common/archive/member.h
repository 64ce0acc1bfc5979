#ifndef RSENC_ARCHIVE_MEMBER_H
#define RSENC_ARCHIVE_MEMBER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/range.h"

#include <stdbool.h>

enum member_kind {
	MEMBER_FILE,
	MEMBER_HARD_LINK, /* a further name of the member `link` */
	MEMBER_SYMLINK,   /* to `link`, relative to the directory of the member */
	MEMBER_OTHER      /* a directory, a device and so on */
};

/* The strings are valid until the next member is read. */
struct member {
	enum member_kind kind;
	const char *name;    /* as the archive has it, up to a NUL */
	const char *link;    /* of the two kinds of link, else "" */
	const char *bad;     /* why it cannot be read though the archive is sound, or NULL */
	const char *refused; /* why no member of this kind can be read, with a remedy, or NULL */
	struct range range;
};

/* Names of members as paths below one directory, as they would be unpacked: "./a//b" and "/a/b"
 * both become "a/b". */

/* Replaces `path` by that of a member: NUL-terminated (len does not count it), not empty,
 * without a slash at either end, shorter than PATH_MAX. A name with ".." is refused. Returns 0,
 * or -1 with the reason. */
int member_path(const char *name, struct buf *path, struct error *why);

/* Converts a name in a zip archive that was made on Windows as unzip does; without `utf8` APPNOTE
 * has it in code page 437. The text has no NUL at its end, before and after. */
void path_from_windows(struct buf *name, bool utf8);

#endif
