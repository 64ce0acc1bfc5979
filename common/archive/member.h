#ifndef RSENC_ARCHIVE_MEMBER_H
#define RSENC_ARCHIVE_MEMBER_H

#include "base/range.h"

/* A member of an archive of any format, as tar.h reads it. */

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

#endif
