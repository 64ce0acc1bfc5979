#ifndef RSENC_TIFF_DEFLATED_H
#define RSENC_TIFF_DEFLATED_H

#include "tiff/decoder.h"

/*
 * Deflated strips and tiles, inflated whole, so that their checksum is compared.
 */

/* `size` bytes of block `index`, as they were before they were deflated, to `to`, which has room
 * for `room`. *spare tells whether it holds more than belongs there. Returns 0, or DECODE_DAMAGED
 * with the reason. */
int deflated_read(struct decoder *d, uint32_t index, unsigned char *to, size_t size, size_t room,
    bool *spare, struct error *why);

#endif
