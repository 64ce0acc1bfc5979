#include "tensor/elements.h"

#include "tensor/le.h"

#include <math.h>
#include <string.h>

static double
float32(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof f);
	return (double)f;
}

static double
float64(uint64_t bits)
{
	double d;
	memcpy(&d, &bits, sizeof d);
	return d;
}

static double
float16(unsigned bits)
{
	int exponent = (int)(bits >> 10) & 31, fraction = (int)bits & 1023;
	double v = exponent == 0   ? ldexp(fraction, -24)
	           : exponent < 31 ? ldexp(1024 + fraction, exponent - 25)
	           : fraction == 0 ? (double)INFINITY
	                           : (double)NAN;
	return bits & 0x8000 ? -v : v;
}

static double
magnitude(double real, double imaginary)
{
	/* hypot takes an infinity beside a NaN for infinite. */
	return isnan(real) || isnan(imaginary) ? (double)NAN : hypot(real, imaginary);
}

/* One loop for each type: a call by pointer takes several times as long as reading an element. */
#define READ(size, value)                               \
	for (size_t i = 0; i < count; i++, p += (size)) \
		to[i] = (value);                        \
	break

void
elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to)
{
	const unsigned char *p = (const unsigned char *)data + first * dtype_size(dtype);
	switch (dtype) {
	case DTYPE_BOOL:
		READ(1, p[0] != 0);
	case DTYPE_U8:
		READ(1, p[0]);
	case DTYPE_I8:
		READ(1, (int8_t)p[0]);
	case DTYPE_I16:
		READ(2, (int16_t)le16(p));
	case DTYPE_U16:
		READ(2, le16(p));
	case DTYPE_F16:
		READ(2, float16(le16(p)));
	case DTYPE_BF16:
		READ(2, float32((uint32_t)le16(p) << 16));
	case DTYPE_I32:
		READ(4, (int32_t)le32(p));
	case DTYPE_U32:
		READ(4, le32(p));
	case DTYPE_F32:
		READ(4, float32(le32(p)));
	case DTYPE_C64:
		READ(8, magnitude(float32(le32(p)), float32(le32(p + 4))));
	case DTYPE_F64:
		READ(8, float64(le64(p)));
	case DTYPE_I64:
		READ(8, (double)(int64_t)le64(p));
	case DTYPE_U64:
		READ(8, (double)le64(p));
	default:
		break;
	}
}

double
elements_offset(enum dtype dtype)
{
	return dtype_kind(dtype) == 'i' ? 1 << 15 : 0;
}

void
elements_read_small(enum dtype dtype, const void *data, size_t first, size_t count, uint16_t *to)
{
	const unsigned char *p = (const unsigned char *)data + first * dtype_size(dtype);
	switch (dtype) {
	case DTYPE_BOOL:
		READ(1, p[0] != 0);
	case DTYPE_U8:
		READ(1, p[0]);
	case DTYPE_I8:
		READ(1, (uint16_t)((1 << 15) + (int8_t)p[0]));
	case DTYPE_I16:
		READ(2, le16(p) ^ 1 << 15);
	default:
		READ(2, le16(p));
	}
}

void
elements_count(const uint16_t *v, size_t count, uint32_t *times, size_t *begin, size_t *end)
{
	enum { PAGE = 256, PAGES = ELEMENTS_SMALL / PAGE };
	char seen[PAGES] = {0};
	for (size_t i = 0; i < count; i++)
		seen[v[i] / PAGE] = 1;
	size_t first = 0, last = PAGES;
	while (first < last && !seen[first])
		first++;
	while (first < last && !seen[last - 1])
		last--;
	*begin = first * PAGE;
	*end = last * PAGE;
	memset(times + *begin, 0, (*end - *begin) * sizeof *times);
	for (size_t i = 0; i < count; i++)
		times[v[i]]++;
}

void
elements_range(const double *v, size_t count, double *min, double *max)
{
	/* Two at once: a minimum waits for the one before it. */
	double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
	for (size_t i = count % 2; i < count; i += 2) {
		for (size_t k = 0; k < 2; k++) {
			low[k] = v[i + k] < low[k] ? v[i + k] : low[k];
			high[k] = v[i + k] > high[k] ? v[i + k] : high[k];
		}
	}
	*min = fmin(low[0], low[1]);
	*max = fmax(high[0], high[1]);
	if (count % 2) {
		*min = fmin(*min, v[0]);
		*max = fmax(*max, v[0]);
	}
}
