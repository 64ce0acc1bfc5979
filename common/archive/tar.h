#ifndef RSENC_ARCHIVE_TAR_H
#define RSENC_ARCHIVE_TAR_H

#include "archive/member.h"
#include "base/source.h"

/*
 * The members of a tar archive, one after the other. Concatenated archives are read as one: a
 * block of zeros must be followed by zeros, by another archive or by the end. An archive that
 * ends without a block of zeros is truncated; one that ends in more zeros than any blocking
 * factor explains is a download that reserved its disk space and stopped.
 */

struct tar;

/* Reads from `source`, which must outlive the reader. */
struct tar *tar_new(struct source *source);

/* Steps to the next member, past the rest of the data of this one. Returns 1; 0 at the end; -1
 * if the archive is damaged, truncated or unreadable, with the reason, which names the member or
 * the place. */
int tar_next(struct tar *t, struct member *m, struct error *why);

/* Reads the data of the current member, range.size bytes. At most once after tar_next. Returns
 * 0, or -1 with the reason. */
int tar_read(struct tar *t, void *to, struct error *why);

void tar_free(struct tar *t);

/* ---- header.c ---- */

/*
 * The headers of tar archives, as bytes: POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax
 * Extended Header"; tar(5) of FreeBSD for what came before (v7) and beside it (GNU, star). All of
 * it is untrusted.
 */

enum {
	TAR_BLOCK = 512,           /* bytes; headers and data are padded to a multiple */
	TAR_EXTENDED_MAX = 1 << 20 /* bytes of an extended header or long name that are read */
};

/* One header block. */
struct tar_header {
	char type;        /* its typeflag; '0' also for the NUL of v7 */
	char name[257];   /* with the prefix of ustar */
	char link[101];   /* the name that a link leads to */
	uint64_t size;    /* bytes, from the header, also of kinds that have no data */
	bool sparse_more; /* GNU sparse: blocks of a longer map follow */
};

/* Parses a block of TAR_BLOCK bytes. Its checksum must match. Returns 0, or -1 with the reason. */
int tar_header_parse(const unsigned char *block, struct tar_header *h, struct error *why);

/* The parts of extended headers that matter, and GNU's long names. All zero: nothing is set. A name
 * is NUL-terminated and may contain a NUL, so that len is larger than its strlen; an empty one is
 * not set. */
struct tar_attributes {
	struct buf path, link;
	bool has_size;
	uint64_t size;
	bool sparse; /* the data is not the file, but the parts of it that are not zero */
};

/* Sets attributes of the next member from the data of a header of that type: 'x' or 'X' an extended
 * one, whose records are cut into texts, 'L' and 'K' GNU's long names; 'g' is about all members,
 * and does not matter. The others keep their values. Returns 0, or -1 with the reason. */
int
tar_take_attributes(char type, char *text, size_t len, struct tar_attributes *a, struct error *why);

#endif
