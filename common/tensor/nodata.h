#ifndef RSENC_TENSOR_NODATA_H
#define RSENC_TENSOR_NODATA_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stdint.h>

/* The number that stands for "no value here", as a user wrote it. All zero: there is none. */
struct nodata {
	bool set;
	double value;
	double as_float;      /* what it is in a float, where -9999.9 is not -9999.9 */
	bool whole, negative; /* it is a whole number that has 64 bits, and below zero */
	uint64_t bits;        /* then its bits: beyond 2^53 a double would take others for it */
};

/* Reads a number ("-9999", "0", "-3.4028235e+38", "nan", which equals nothing). False if it is
 * none. */
bool nodata_parse(const char *text, struct nodata *n);

/* The value as elements of that type would hold it, to compare with what elements_read gives; NaN
 * if there is none. */
double nodata_for(const struct nodata *n, enum dtype dtype);

/* Whether a 64-bit integer of these bits is it. */
bool nodata_is64(const struct nodata *n, bool is_signed, uint64_t bits);

#endif
