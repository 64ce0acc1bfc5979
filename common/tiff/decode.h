#ifndef RSENC_TIFF_DECODE_H
#define RSENC_TIFF_DECODE_H

#include "base/error.h"
#include "tiff/decoder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
