#ifndef RSENC_PACK_BLOBFILE_H
#define RSENC_PACK_BLOBFILE_H

#include "base/error.h"
#include "base/keyset.h"

#include <stddef.h>

/*
 * Blobs as files of their own, DIR/KEY.safetensors. What was in DIR is replaced, but never what the
 * same run has written: there, two keys want one file.
 */

struct blobfiles {
	const char *dir;
	struct keyset written; /* the files of this run, by device and inode */
};

/* Whether a key can be a file's name, so that the file stays inside DIR. Returns 0, or -1 with the
 * reason. */
int blobfile_check(const char *key, size_t key_len, struct error *why);

/* Whether the file of a key that was checked was not written yet by this run: for the same key, or
 * for one that the file system takes for the same (in other case, in another normal form of
 * Unicode). Returns 0, or -1 with the reason. */
int blobfile_check_new(const struct blobfiles *b, const char *key, struct error *why);

/* Writes the file of a key that was checked, as atomic_file_write does. Returns 0, or -1 with the
 * reason. */
int blobfile_write(
    struct blobfiles *b, const char *key, const void *blob, size_t len, struct error *why);

/* Frees what is known of the files; they stay. */
void blobfiles_free(struct blobfiles *b);

#endif
