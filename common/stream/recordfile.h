#ifndef RSENC_STREAM_RECORDFILE_H
#define RSENC_STREAM_RECORDFILE_H

#include "base/error.h"
#include "base/keyset.h"

#include <stdint.h>

/* What a file is that should hold a complete record stream. */
enum recordfile {
	RECORDFILE_NONE,  /* not there */
	RECORDFILE_WHOLE, /* each record as long as it says, then an end marker */
	RECORDFILE_CUT,   /* empty, or without its end */
	RECORDFILE_OTHER  /* something else, or it can't be read: the reason tells */
};

/* Looks at the frame of every record, but passes over its data. Adds the hashes of the keys to
 * `keys` and their number to *records. `why` gets the reason of all but NONE and WHOLE. */
enum recordfile
recordfile_look(const char *path, struct keyset *keys, uint64_t *records, struct error *why);

#endif
