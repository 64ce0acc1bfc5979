#ifndef RSENC_SCAN_LISTING_H
#define RSENC_SCAN_LISTING_H

#include "base/buf.h"

#include <stddef.h>

/* The entries of one directory that matter to a walk: directories, and files whose name is that
 * of a TIFF file, also through symbolic links, in bytewise order. */

enum entry_kind { ENTRY_DIR, ENTRY_FILE, ENTRY_FAILED };

struct entry {
	enum entry_kind kind;
	const char *name;
	const char *link; /* the real path, if it is a symbolic link, else NULL */
	const char *why;  /* ENTRY_FAILED: the reason */
};

struct listing {
	struct buf text;  /* the entries */
	struct buf names; /* of char *, in text, sorted */
	size_t count;
	size_t dirs;    /* of them */
	size_t bytes;   /* of memory */
	struct buf why; /* why the directory was not read completely; empty if it was */
};

/* Lists the directory `path` into a listing that is all-zero or was cleared. */
void listing_read(struct listing *l, const char *path);

/* Entry i; its strings belong to the listing. */
struct entry listing_entry(const struct listing *l, size_t i);

/* Makes a listing empty, and frees what has more than `keep` bytes of memory. */
void listing_clear(struct listing *l, size_t keep);

#endif
