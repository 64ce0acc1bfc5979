#ifndef RSENC_PACK_PATCH_H
#define RSENC_PACK_PATCH_H

#include "base/buf.h"
#include "base/error.h"
#include "pack/plan.h"
#include "stream/group.h"

/*
 * A patch: the TIFF files of one group, read and laid out as one safetensors blob.
 */

struct patch_reader; /* buffers and TIFF readers, kept from patch to patch; for one thread */

/* The options must outlive the reader. */
struct patch_reader *patch_reader_new(const struct patch_options *options);

/*
 * Replaces the contents of `blob` by the blob of a group, whose open lists are set. Every file
 * must have as many bands as the group names; the group must have all bands to keep; a stack must
 * find all of its bands or none (it is then omitted), all of one size and dtype. Returns 0, or -1
 * with the reason and *path the file at fault, or NULL if it is the group. Messages about damage
 * that was kept are appended to `notes`, each a string "PATH: TEXT" with its NUL.
 */
int patch_read(struct patch_reader *p, struct group *g, struct buf *blob, struct buf *notes,
    const char **path, struct error *why);

#endif
