#ifndef RSENC_TIFF_TIFF_H
#define RSENC_TIFF_TIFF_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A TIFF file in memory to planes of samples: the first image of the file, its values identical
 * to what GDAL returns for its bands (the tables in rsenc-tiff(7) says what is read as what). The
 * format is TIFF 6.0 with the extensions that libtiff reads.
 */

struct raster {
	uint32_t width, height; /* pixels */
	uint32_t bands;
	enum dtype dtype; /* of all bands */
};

enum { TIFF_BUFFERS = 3 }; /* that are kept from file to file */

struct tiff_options {
	uint64_t max_memory; /* libtiff allocates at most so much at once */
	bool keep_damaged;   /* damaged data does not fail a read: the planes hold what GDAL would
	                      * return */
	bool no_fast_path;   /* uncompressed.h is not used: for tests that compare both */
};

struct tiff; /* a reader, for one file after another */

struct tiff *tiff_new(const struct tiff_options *options);

/* Opens the file held in `bytes`, which must stay until tiff_close, and describes its first
 * image. Returns 0, or -1 with the reason (then there is nothing to close). */
int tiff_open(struct tiff *t, const void *bytes, size_t len, struct raster *r, struct error *why);

/* Decodes the open file: band i (from 0) to planes[i], height x width little-endian elements in row
 * order; a NULL plane is not wanted. Beside the planes it takes up to `most` bytes of `memory`,
 * whose contents do not matter. Returns 0, with the reason that damaged data was kept or an empty
 * one, or -1 with the reason, and the planes are then undefined. With ERROR_DAMAGED pixels could be
 * decoded, but a decoder or a checksum found their data damaged. May be called once after
 * tiff_open. */
int tiff_read(struct tiff *t, void *const *planes, struct buf memory[TIFF_BUFFERS], uint64_t most,
    struct error *why);

/* Whether tiff_read found strips or tiles missing, and filled them. */
bool tiff_was_filled(const struct tiff *t);

/* Lets go of the file. */
void tiff_close(struct tiff *t);

void tiff_free(struct tiff *t);

#endif
