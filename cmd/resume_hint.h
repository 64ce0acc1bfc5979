#ifndef RSENC_CMD_RESUME_HINT_H
#define RSENC_CMD_RESUME_HINT_H

#include "store/writer.h"

#include <stdbool.h>
#include <stdint.h>

/* A load that ended early, and the options that it had. */
struct resume_hint {
	const char *path; /* of the database */
	const struct writer_options *options;
	uint64_t batch;  /* the default of -b: not repeated */
	uint64_t expect; /* of --expect, or 0 */
	char **files;    /* NULL-terminated; none: standard input */
	bool needs_fix;  /* some input is bad, and was reported */
};

/* Its last line: the cause, that standard input is truncated, or ""; how many patches it kept, and
 * how to resume it. */
void report_kept(const struct resume_hint *r, const char *cause, uint64_t kept);

#endif
