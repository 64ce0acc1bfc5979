#ifndef RSENC_BASE_CLOCK_H
#define RSENC_BASE_CLOCK_H

/* Seconds of a clock that only goes forward (CLOCK_MONOTONIC): for spans of time, not for dates. */
double clock_seconds(void);

#endif
