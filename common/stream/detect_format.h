#ifndef RSENC_STREAM_DETECT_FORMAT_H
#define RSENC_STREAM_DETECT_FORMAT_H

#include "base/error.h"

#include <stddef.h>

/* What an input, or the start of one, looks like. */
enum format {
	FORMAT_UNKNOWN,
	FORMAT_TEXT,
	FORMAT_GROUPS,  /* group lines, rsenc-groups(5) */
	FORMAT_RECORDS, /* a record stream, rsenc-records(5) */
	FORMAT_BLOB,    /* one safetensors file */
	FORMAT_LMDB,
	FORMAT_TIFF,
	FORMAT_GZIP,
	FORMAT_ZSTD,
	FORMAT_XZ,
	FORMAT_BZIP2,
	FORMAT_LZ4,
	FORMAT_ZIP,
	FORMAT_TAR,
	FORMAT_7Z,
	FORMAT_RAR,
	FORMAT_PNG,
	FORMAT_JPEG,
	FORMAT_JPEG2000,
	FORMAT_HDF5,
	FORMAT_PARQUET,
	FORMAT_LFS,      /* the pointer that Git LFS keeps in place of a file on its server */
	FORMAT_TABLE,    /* only what is wanted: a table is text */
	FORMAT_DATABASE, /* of paths, see cmd/operands.h */
	FORMAT_DIRECTORY,
	FORMAT_MISSING
};

enum { FORMAT_BYTES = 512 }; /* enough to tell all of them apart */

/* Guesses from its first bytes what an input is. */
enum format detect_format(const void *bytes, size_t len);

/* Words for a message: "a TIFF file", "records", "gzip data"; "unknown data". */
const char *format_name(enum format f);

/* The remedy for a file of this format, for a message; NULL if none is known. */
const char *format_remedy(enum format wanted, enum format found);

/* Sets the reason that the input is of format `found` where `wanted` was expected (FORMAT_BLOB: a
 * blob or records), with what the user can do about that. Returns -1. */
int format_error(struct error *why, enum format wanted, enum format found);

#endif
