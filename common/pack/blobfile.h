#ifndef RSENC_PACK_BLOBFILE_H
#define RSENC_PACK_BLOBFILE_H

#include "base/error.h"

#include <stddef.h>

/*
 * A blob as a file of its own, DIR/KEY.safetensors.
 */

/* Whether a key can be a file's name, so that the file stays inside DIR. Returns 0, or -1 with the
 * reason. */
int blobfile_check(const char *key, size_t key_len, struct error *why);

/* Writes the file of a key that was checked, as file_replace does. Returns 0, or -1 with the
 * reason. */
int
blobfile_write(const char *dir, const char *key, const void *blob, size_t len, struct error *why);

#endif
