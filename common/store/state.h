#ifndef RSENC_STORE_STATE_H
#define RSENC_STORE_STATE_H

#include "base/error.h"
#include "store/marker.h"
#include "store/paths.h"
#include "store/reader.h"

#include <stdbool.h>
#include <stdint.h>

/* In which state the files of a database are, for those who read it and those who load into it. */

enum store_state {
	STORE_ABSENT,
	STORE_COMPLETE,
	STORE_INTERRUPTED, /* a load did not end; what it committed is there */
	STORE_TORN,        /* the same, but what came after its last checkpoint may not be */
	STORE_REFUSED      /* with the reason: nobody can tell what is there */
};

/* Looks at the files; *file is that with the records, NULL if there is none. The reason is set with
 * all but STORE_COMPLETE and STORE_INTERRUPTED, and names the remedy. */
enum store_state store_inspect(const struct store_paths *p, const struct marker *m,
    const struct store_file **file, struct error *why);

/* Opens a database for reading, a directory or a single file. Returns 0; 1 if there is none (with a
 * reason too); -1 with the reason. *warning is what its user should know: a load into it is
 * going on, or was interrupted; locks can't be had; "" if there is nothing. */
int store_open(const char *path, struct store **out, struct error *warning, struct error *why);

/* Returns a torn database to its last checkpoint, for who holds the claim; *records is how many
 * records that had. Where there was none yet the file is removed. Returns STORE_INTERRUPTED or
 * STORE_ABSENT; STORE_REFUSED with the reason. */
enum store_state
store_recover(const struct store_paths *p, struct marker *m, uint64_t *records, struct error *why);

#endif
