#ifndef RSENC_VIEW_SCALES_H
#define RSENC_VIEW_SCALES_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>

/* Percentiles of the bands of a whole dataset, read from totals (rsenc-show --json): with them, all
 * pictures are stretched alike, and can be compared. All zero has no band. */

enum { SCALE_POINTS = 7 };

struct scale {
	const char *name;
	enum dtype dtype;
	/* Percentiles 0 (the minimum), 1, 2, 50, 98, 99 and 100; NaN where there is none. */
	double point[SCALE_POINTS];
};

struct scales {
	struct buf rows, text; /* private */
};

/* Reads the totals. Returns 0, or -1 with the reason. */
int scales_read(struct scales *s, const char *json, size_t len, struct error *why);

/* The scale of a band. NULL with the reason if the totals have none with that dtype, or no value of
 * it. */
const struct scale *
scales_find(const struct scales *s, const char *band, enum dtype dtype, struct error *why);

/* Whether totals have such a percentile. */
bool scale_has(double percent);

/* The value of a percentile that they have. */
double scale_at(const struct scale *scale, double percent);

#endif
