#ifndef RSENC_PACK_BLOBFILE_H
#define RSENC_PACK_BLOBFILE_H

#include "base/error.h"
#include "base/keyset.h"

#include <stddef.h>

/*
 * Blobs as files of their own, DIR/KEY.safetensors. What was in DIR is replaced, but never what the
 * same run has written: there, two keys want one file. All zero but dir at first.
 */

struct blobfiles {
	const char *dir;
	struct keyset written; /* the files of this run, by device and inode */
};

/* Writes the file of a key, as atomic_file_write does. Returns 0, or with the reason: 1 if the key
 * cannot be the name of a file inside DIR, or has the file of an earlier key; -1 if the file cannot
 * be written. */
int blobfile_write(struct blobfiles *b, const char *key, size_t key_len, const void *blob,
    size_t len, struct error *why);

#endif
