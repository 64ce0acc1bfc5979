#ifndef RSENC_TIFF_DECODE_H
#define RSENC_TIFF_DECODE_H

#include "base/buf.h"
#include "base/error.h"
#include "tiff/damage.h"
#include "tiff/deflate.h"
#include "tiff/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One strip or tile to memory, and whether it is whole. Most are decoded by libtiff; deflated ones
 * here, since only so is their checksum compared without inflating them twice.
 */

struct decoder {
	TIFF *tif;
	const struct image *im;
	const unsigned char *bytes; /* the file */
	uint64_t len;
	struct damage damage; /* where libtiff's messages must go */
	struct inflater *inflater;
	uint64_t max_memory;
	bool keep;          /* a damaged block is wanted, as GDAL would return it */
	uint64_t damaged;   /* blocks so far, and */
	struct error first; /* how the first one is */
	struct buf again;   /* a block that is decoded a second time, or with rows to spare */
	struct buf row;
};

/* One strip or tile, as much of it as lies inside the image. */
struct block {
	uint32_t index;        /* as libtiff counts */
	uint32_t x, y;         /* of its first pixel */
	uint32_t cols, rows;   /* inside the image */
	uint32_t first, bands; /* the bands it holds: one, or all of a pixel */
};

enum {
	DECODE_FAILED = -1,
	DECODE_DAMAGED = 1 /* the reason says how; with `keep`, what GDAL would return is there */
};

/* Bytes of a row of a decoded block. */
uint64_t decode_row_bytes(const struct image *im);

/* Whether a block holds anything. Returns 0, or one of the above with the reason: an offset or size
 * that can't be read or is not in the file is not "nothing", and there is data that a decoder must
 * not see. */
int decode_is_stored(struct decoder *d, uint32_t index, bool *stored, struct error *why);

/* Decodes the rows of a block that lie inside the image, `size` bytes at `to`, which has room for
 * `room`. Returns 0, or one of the above with the reason. */
int decode_block(struct decoder *d, const struct block *b, unsigned char *to, size_t size,
    size_t room, struct error *why);

/* After libtiff has decoded a block to elsewhere, with its messages heard by d->damage: the
 * same verdict on it. */
int decode_judge(struct decoder *d, const struct block *b, struct error *why);

/* What the verdict `status` on a block means for the whole read: with `keep`, a damaged block is
 * counted and is no failure. */
int decode_allow(struct decoder *d, int status, struct error *why);

/* The stored bytes of a block, *len of them, or NULL if they do not all lie in the file. */
const unsigned char *decode_stored_bytes(const struct decoder *d, uint32_t index, size_t *len);

/* Sets the reason: block `index` is damaged, and how. Returns DECODE_DAMAGED. */
int decode_damaged(const struct decoder *d, uint32_t index, const char *what, struct error *why);

/* The reason of a read that libtiff has failed. Returns DECODE_FAILED. */
int decode_failed(const struct decoder *d, uint32_t index, struct error *why);

#endif
