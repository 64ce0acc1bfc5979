#ifndef RSENC_ARCHIVE_TAR_HEADER_H
#define RSENC_ARCHIVE_TAR_HEADER_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The headers of tar archives, as bytes: POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax
 * Extended Header"; tar(5) of FreeBSD for what came before (v7) and beside it (GNU, star). All of
 * it is untrusted.
 */

enum {
	TAR_BLOCK = 512,           /* bytes; headers and data are padded to a multiple */
	TAR_EXTENDED_MAX = 1 << 20 /* bytes of an extended header or long name that are read */
};

enum tar_format { TAR_V7, TAR_USTAR, TAR_GNU };

/* One header block. */
struct tar_header {
	enum tar_format format;
	char type;        /* its typeflag; '0' also for the NUL of v7 */
	char name[257];   /* with the prefix of ustar */
	char link[101];   /* the name that a link leads to */
	uint64_t size;    /* bytes, as the header says, also of kinds that have no data */
	bool sparse_more; /* GNU sparse: blocks of a longer map follow */
};

bool tar_block_is_zero(const unsigned char *block);

/* Parses a block of TAR_BLOCK bytes. The checksum, as the sum of unsigned or of signed bytes, must
 * be right. Returns 0, or -1 with the reason ("its checksum is wrong"). */
int tar_header_parse(const unsigned char *block, struct tar_header *h, struct error *why);

/* Whether one more block of a GNU sparse map follows this one. */
bool tar_sparse_more(const unsigned char *block);

/* What matters of extended headers ("x" for the next member, "g" for all that follow), and of GNU's
 * long names. All zero: nothing was said. A name is NUL-terminated and may hold a NUL of its own,
 * which len tells; an empty one was not set. */
struct tar_attributes {
	struct buf path, link;
	bool has_size;
	uint64_t size;
	bool sparse;      /* the data is not the file, but the parts of it that are not zero */
	bool sparse_name; /* which `path` is; that of the header is made up */
};

/* Sets attributes from the text of an extended header, records "LENGTH KEY=VALUE\n"; what they hold
 * already stays unless it is set again, an empty value unsets. Returns 0, or -1 with the reason. */
int tar_extended_parse(const char *text, size_t len, struct tar_attributes *a, struct error *why);

/* Sets path or link from the data of a GNU long name, which ends in a NUL. Returns 0, or -1 with
 * the reason. */
int tar_long_name(const char *text, size_t len, struct buf *name, struct error *why);

/* Forgets what was said; the memory is kept. */
void tar_attributes_clear(struct tar_attributes *a);

void tar_attributes_free(struct tar_attributes *a);

#endif
