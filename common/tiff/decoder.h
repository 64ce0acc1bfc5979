#ifndef RSENC_TIFF_DECODER_H
#define RSENC_TIFF_DECODER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/inflate.h"
#include "tiff/image.h"
#include "tiff/uncompressed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Shared by all decoders of strips and tiles: the file, memory, and the message for a damaged
 * block.
 */

/*
 * The messages of codecs while they decode a strip or tile, and which of them mean damage. libtiff
 * passes them on as warnings and errors of its own, and often calls the read a success all the
 * same: pixels that a decoder made up would be stored without a word.
 */

struct damage {
	struct error what;  /* the first word that means damage, or "" */
	struct error error; /* the first error, whatever it means: the cause where a read fails */
	unsigned flags;     /* what may be harmless: */
	unsigned long jpeg_width, jpeg_height; /* with JPEG_TOO_SMALL */
};

enum {
	JPEG_NO_EOI = 1,    /* the JPEG data of the block has no end marker */
	JPEG_TOO_SMALL = 2, /* its JPEG image is smaller than the block */
	OVERFULL = 4,       /* it holds more than there is room for */
	TAGS_SHORT = 8      /* of the whole file: it has fewer offsets or sizes than blocks */
};

/* Before each block: what was said of the file is kept. All zero before each file. */
void damage_forget(struct damage *d);

/* A message of libtiff, which came from `module` (may be NULL). What only the data of the block
 * can tell (the flags) is left to the caller; whatever is not known to be harmless is
 * damage. */
void damage_hear(struct damage *d, bool is_error, const char *module, const char *text);

struct decoder {
	TIFF *tif;
	const struct image *im;
	const unsigned char *bytes; /* the file */
	uint64_t len;
	struct damage damage; /* where libtiff's messages must go */
	struct inflater *inflater;
	struct buf *memory; /* one for each of: */
	uint64_t room;      /* bytes by which the memory may still grow */
	bool keep;          /* a damaged block is wanted, as GDAL would return it */
	bool filled;        /* blocks are missing */
	uint64_t damaged;   /* blocks so far, and */
	struct error first; /* how the first one is */
};

enum {
	MEMORY_BLOCK, /* a decoded strip or tile that has no place in a plane */
	MEMORY_AGAIN, /* the same, decoded a second time, or with rows to spare */
	MEMORY_BYTES, /* stored bytes that are changed, or a row of samples */
	MEMORY_COUNT
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

/* From now on `memory` is used, of at most `most` bytes. */
void decoder_start(struct decoder *d, struct buf memory[MEMORY_COUNT], uint64_t most);

/* Empties a buffer of the memory, or one of the caller's, and makes room for `size` bytes. Returns
 * 0, or DECODE_FAILED with the reason: more than is allowed, or than there is. */
int decoder_reserve(struct decoder *d, struct buf *b, uint64_t size, struct error *why);

/* Bytes of a row of a decoded block. */
uint64_t decoder_row_bytes(const struct image *im);

/* The stored bytes of a block, *len of them, or NULL if they do not all lie in the file. */
const unsigned char *decoder_stored_bytes(const struct decoder *d, uint32_t index, size_t *len);

/* "strip" or "tile". */
const char *decoder_block_name(const struct decoder *d);

/* Sets the reason: block `index` is damaged, and how. Returns DECODE_DAMAGED. */
int decoder_damaged(const struct decoder *d, uint32_t index, const char *what, struct error *why);

/* The reason of a read that libtiff has failed. Returns DECODE_FAILED. */
int decoder_failed(const struct decoder *d, uint32_t index, struct error *why);

/* What the verdict `status` on a block means for the whole read: with `keep`, a damaged block is
 * counted, and the read does not fail. */
int decoder_allow(struct decoder *d, int status, struct error *why);

/* ---- deflated.c: deflated blocks, inflated whole, so that their checksum is compared ---- */

/* Whether an image is deflated, with a predictor that is undone here, or none: 2, horizontal
 * differencing (TIFF 6.0, section 14), or 3, floating point (Adobe Photoshop TIFF Technical Note
 * 3), of samples that libtiff takes with it. */
bool deflated_is_known(const struct image *im);

/* `size` bytes of block `index`, as they were before they were deflated, to `to`, which has room
 * for `room`. *spare tells whether it holds more than belongs there. Returns 0, or DECODE_DAMAGED
 * with the reason. */
int deflated_read(struct decoder *d, uint32_t index, unsigned char *to, size_t size, size_t room,
    bool *spare, struct error *why);

/* Rows as they came out of the codec, `size` bytes, to samples in the machine's byte order. Returns
 * 0, or DECODE_FAILED with the reason. */
int deflated_undo_predictor(struct decoder *d, unsigned char *rows, size_t size, struct error *why);

/* ---- decode.c ---- */

/*
 * One strip or tile to memory, and whether it is whole. Most are decoded by libtiff; deflated ones
 * here, since only so is their checksum compared without inflating them twice.
 */

/* Whether a block holds anything. Returns 0, or a status of decoder.h with the reason: an offset or
 * size that can't be read or is not in the file is not "nothing", and there is data that a decoder
 * must not see. */
int decode_is_stored(struct decoder *d, uint32_t index, bool *stored, struct error *why);

/* Decodes the rows of a block that lie inside the image, `size` bytes at `to`, which has room for
 * `room`. Returns 0, or such a status with the reason. */
int decode_block(struct decoder *d, const struct block *b, unsigned char *to, size_t size,
    size_t room, struct error *why);

/* After libtiff has decoded a block to elsewhere, with its messages heard by d->damage: the
 * same verdict on it. */
int decode_check_warnings(struct decoder *d, const struct block *b, struct error *why);

/* ---- blocks.c: all strips and tiles of an image to planes, one a band (NULL: not wanted; one is),
 * height x width elements each ---- */

/* Blocks without data are filled with the nodata value. Those of an uncompressed file (else NULL)
 * are copied from where they lie, which cannot fail. Returns as decode_block does. */
int blocks_read(
    struct decoder *d, const struct uncompressed *u, void *const *planes, struct error *why);

#endif
