#ifndef RSENC_CMD_WHOLEFILE_H
#define RSENC_CMD_WHOLEFILE_H

#include "base/error.h"
#include "base/atomic_file.h"
#include "cmd/packing.h"

#include <stdbool.h>
#include <stddef.h>

/* rsenc-pack -w: a file of records that is there whole, or not at all. */

struct wholefile {
	const char *path; /* NULL: no such file is asked for */
	bool verbose;
	/* The next group line of the input. Returns false at its end. */
	bool (*next)(void *context, const char **line, size_t *len);
	void *context;
	struct atomic_file file; /* .fd = -1 before; atomic_file_abandon drops it */
};

/* Begins the file and returns true, unless it is there whole: then *status is what came of that. It is
 * no more when the process ends, but for wholefile_finish. */
bool wholefile_begin(struct wholefile *w, int *status);

/* Writes the record of a job. Returns 0, or -1 with the reason. */
int wholefile_write(struct wholefile *w, const struct packing_job *j, struct error *why);

/* After the last record: the file gets its name. Not `good`: it is dropped, which is told. */
void wholefile_finish(struct wholefile *w, bool good);

/* The directory that a file is in: what the command keeps its rights to. Lives until the next call. */
const char *wholefile_directory(const char *path);

#endif
