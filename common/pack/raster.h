#ifndef RSENC_PACK_RASTER_H
#define RSENC_PACK_RASTER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/range.h"
#include "stream/group.h"
#include "tiff/tiff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One file of a group, wherever its bytes are: a TIFF file of its own, a part of an archive, bytes
 * in memory; or the values of a tensor that the group line itself holds.
 */

struct patch_options;

/* Buffers that one thread uses for all its files. */
struct raster_reader {
	const struct patch_options *options;
	struct buf *notes; /* of the group at hand, as in patch_read */
	struct range_files archives;
	struct buf memory[TIFF_BUFFERS]; /* of a decoded block */
	uint64_t held;                   /* bytes that the files have room for */
};

/* All zero at first, and used again and again. */
struct raster_file {
	struct buf buffer;
	struct file_map map;
	const void *bytes;    /* of the file, in one of these or elsewhere */
	size_t len, complete; /* complete: as in diagnose_bytes */
	struct tiff *tiff;
	const struct group_file *file, *literal; /* literal: a tensor of values, NULL for a file */
	struct raster raster;
	uint64_t shape[2]; /* height, width; of a vector its length */
	bool open;
};

/* Reads the bytes and describes them; as many bands as there are names, if their list is not open.
 * Its memory, with its planes, is subtracted from *left, the bytes that the group may still use.
 * Returns 0, or -1 with the reason. */
int raster_open(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t *left, struct error *why);

/* Its bands to planes, as tiff_read does, and closes it. Returns 0, or -1 with the reason. */
int raster_read(struct raster_reader *r, struct raster_file *s, void *const *planes, uint64_t left,
    struct error *why);

/* Closes it, if it is open. Returns 0, or -1 with the reason if it was mapped and has changed. */
int raster_close(struct raster_file *s, struct error *why);

void raster_free(struct raster_file *s);

#endif
