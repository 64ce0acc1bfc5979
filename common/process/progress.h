#ifndef RSENC_PROCESS_PROGRESS_H
#define RSENC_PROCESS_PROGRESS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * How far a long run is: what is being done, percent and time left where the total is known,
 * patches, and rate. Drawn on stderr, over itself, if that is a terminal; else, when verbose, a
 * plain line every 30 seconds; else nothing. What a command writes meanwhile counts too: on a
 * terminal it shows the progress itself, and in a pipe the last command has the meter; in a log
 * each command that -v is given to has its lines.
 */

enum progress_output {
	PROGRESS_ALONE, /* standard output gets nothing, or little, until the end */
	PROGRESS_STREAM /* it gets what is counted */
};

#define NOT_EXPECTED UINT64_MAX /* a number of patches that was not given */

enum { PROGRESS_BYTES = 32 }; /* of a text of progress_bytes at most, with its NUL */

struct progress {
	const char *phase; /* what is being done: "loading" */
	uint64_t total;    /* patches; 0: not known */
	uint64_t count, bytes;
	bool drawn, lines;
	double start, last; /* seconds, monotonic */
};

/* Starts counting `total` patches (or NOT_EXPECTED); `quiet` and `verbose` are the command's. */
void progress_start(struct progress *m, const char *phase, uint64_t total,
    enum progress_output output, bool quiet, bool verbose);

/* Counts; draws when it is time to. */
void progress_add(struct progress *m, uint64_t count, uint64_t bytes);

/* Another phase begins, which counts nothing ("syncing"): it is shown at once, with what was
 * counted so far. */
void progress_phase(struct progress *m, const char *phase);

/* Wipes the drawn line. */
void progress_finish(struct progress *m);

/* Appends what the line shows `seconds` after its start. The parts that matter most come first: a
 * narrow terminal shows those. No time left is shown before it can be known. */
void progress_line(const struct progress *m, double seconds, struct buf *text);

/* Reports that not as many patches as --expect says (or NOT_EXPECTED) were `done` ("read"): of
 * parallel writers one may have failed, and none has noticed. Returns -1 if there are fewer, 1 if
 * there are more. */
int
progress_expected(const struct progress *m, const char *path, const char *done, uint64_t expect);

/* "patch" of one, else "patches". */
const char *progress_patches(uint64_t count);

/* A number of bytes for people, in powers of 1000 as disks are sold: "820 B", "4.8 GB". */
void progress_bytes(uint64_t bytes, char text[PROGRESS_BYTES]);

#endif
