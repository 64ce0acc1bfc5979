#ifndef RSENC_CMD_RESUME_HINT_H
#define RSENC_CMD_RESUME_HINT_H

#include "base/buf.h"
#include "store/writer.h"

#include <stdbool.h>
#include <stdint.h>

/* How to resume a load that ended early, with the options that it had. After --replace the keys
 * that were not reached keep their old values, so neither rsenc-missing nor -s would do. */
struct resume_hint {
	const char *path; /* of the database */
	const struct writer_options *options;
	uint64_t batch;  /* the default of -b: not repeated */
	uint64_t expect; /* of --expect, or 0 */
	char **files;    /* NULL-terminated; none: standard input */
	bool needs_fix;  /* some input is bad, and was reported */
};

/* Appends "to resume, run 'COMMAND'"; or "to resume, $RSENC_RESUME" if that is set: the user of
 * rs-tensor-encoder does not know rsenc-load. */
void resume_hint(const struct resume_hint *r, struct buf *text);

/* The last line of a load that failed: the cause, unless that was reported ("" then), how many
 * patches it kept, and how to resume it. */
void report_kept(const struct resume_hint *r, const char *cause, uint64_t kept);

#endif
