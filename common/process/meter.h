#ifndef RSENC_PROCESS_METER_H
#define RSENC_PROCESS_METER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How far a long run is: records, MB, rate, and percent and time left where the total is known.
 * Drawn on stderr, over itself, if that is a terminal; else, when verbose, a plain line every 30
 * seconds; else nothing. What a command writes meanwhile counts too: on a terminal it shows the
 * progress itself, and in a pipe the last command has the meter, unless -v asks for it here.
 */

enum meter_output {
	METER_ALONE, /* standard output gets nothing, or little, until the end */
	METER_STREAM /* it gets what is counted */
};

struct meter {
	const char *noun; /* "records" */
	uint64_t total;   /* 0: not known */
	uint64_t count, bytes;
	bool drawn, lines;
	double start, last; /* seconds, monotonic */
};

/* Starts counting `total` things called `noun`; `quiet` and `verbose` are the command's. */
void meter_start(struct meter *m, const char *noun, uint64_t total, enum meter_output output,
    bool quiet, bool verbose);

/* Counts; draws when it is time to. */
void meter_add(struct meter *m, uint64_t count, uint64_t bytes);

/* Wipes the drawn line. */
void meter_finish(struct meter *m);

/* Seconds since meter_start. */
double meter_seconds(const struct meter *m);

#endif
