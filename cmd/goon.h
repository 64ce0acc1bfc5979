#ifndef RSENC_CMD_GOON_H
#define RSENC_CMD_GOON_H

#include "base/buf.h"
#include "load/load.h"

#include <stdbool.h>
#include <stdint.h>

/* How to go on with a load that ended early: right for the options that it had. After -f, what was not
 * replaced yet has its old value, which neither rsenc-missing nor -s would look at. */
struct go_on {
	const char *path; /* of the database */
	const struct writer_options *options;
	uint64_t batch; /* the default of -b: not repeated */
	uint64_t total; /* of -n, or 0 */
	char **files;   /* NULL-terminated; none: standard input */
	bool mend;      /* some input is bad, and was named */
};

/* Appends the words, a whole sentence; $RSENC_RESUME if that is set. Returns 0, or -1 when there is no
 * memory. */
int go_on_text(const struct go_on *g, struct buf *text);

#endif
