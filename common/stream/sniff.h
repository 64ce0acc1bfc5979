#ifndef RSENC_STREAM_SNIFF_H
#define RSENC_STREAM_SNIFF_H

#include <stddef.h>

/* What an input, or the start of one, looks like. */
enum kind {
	KIND_UNKNOWN,
	KIND_TEXT,
	KIND_GROUPS,  /* group lines, rsenc-groups(5) */
	KIND_RECORDS, /* a record stream, rsenc-records(5) */
	KIND_BLOB,    /* a bare safetensors blob */
	KIND_LMDB,
	KIND_TIFF,
	KIND_BIGTIFF,
	KIND_GZIP,
	KIND_ZSTD,
	KIND_XZ,
	KIND_BZIP2,
	KIND_ZIP,
	KIND_TAR,
	KIND_PNG,
	KIND_JPEG,
	KIND_HDF5,
	KIND_NETCDF,
	KIND_NUMPY,
	KIND_SQLITE,
	KIND_PGM,
	KIND_PPM,
	KIND_JP2, /* JPEG 2000 */
	KIND_GRIB,
	KIND_PARQUET,
	KIND_PDF,
	KIND_7ZIP,
	KIND_RAR,
	KIND_APPLEDOUBLE, /* "._x" beside "x", of macOS */
	KIND_HTML,
	KIND_XML,
	KIND_JSON,
	KIND_LFS,  /* what Git keeps in the place of a file that lies on a server of Git LFS */
	KIND_ANNEX /* the same of git-annex */
};

enum { SNIFF_ENOUGH = 512 }; /* bytes that tell all of them */

/* Guesses from its first bytes what an input is. */
enum kind kind_guess(const void *bytes, size_t len);

/* Words for a message: "a TIFF file", "a record stream", "gzip data"; NULL of KIND_UNKNOWN. */
const char *kind_name(enum kind kind);

#endif
