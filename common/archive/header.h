#ifndef RSENC_ARCHIVE_HEADER_H
#define RSENC_ARCHIVE_HEADER_H

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

/* One header block. */
struct tar_header {
	char type;        /* its typeflag; '0' also for the NUL of v7 */
	char name[257];   /* with the prefix of ustar */
	char link[101];   /* the name that a link leads to */
	uint64_t size;    /* bytes, from the header, also of kinds that have no data */
	bool sparse_more; /* GNU sparse: blocks of a longer map follow */
};

bool tar_block_is_zero(const unsigned char *block);

/* Parses a block of TAR_BLOCK bytes. Its checksum, a sum of unsigned or of signed bytes, must
 * match. Returns 0, or -1 with the reason. */
int tar_header_parse(const unsigned char *block, struct tar_header *h, struct error *why);

/* Whether one more block of a GNU sparse map follows this one. */
bool tar_sparse_more(const unsigned char *block);

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
