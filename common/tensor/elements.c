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

/* A sign, an exponent with that bias, and a fraction; special values are the caller's. */
static double
small_float(unsigned bits, int exponent_bits, int fraction_bits, int bias)
{
	int exponent = (int)(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
	int fraction = (int)bits & ((1 << fraction_bits) - 1);
	double v = ldexp(exponent == 0 ? fraction : fraction + (1 << fraction_bits),
	    (exponent == 0 ? 1 : exponent) - bias - fraction_bits);
	return bits >> (exponent_bits + fraction_bits) & 1 ? -v : v;
}

static double
float16(unsigned bits)
{
	if ((bits & 0x7c00) < 0x7c00)
		return small_float(bits, 5, 10, 15);
	double v = bits & 0x3ff ? (double)NAN : (double)INFINITY;
	return bits & 0x8000 ? -v : v;
}

/* No infinities: the largest exponent holds numbers, all bits set is NaN. */
static double
float8_e4m3(unsigned bits)
{
	return (bits & 0x7f) == 0x7f ? (double)NAN : small_float(bits, 4, 3, 7);
}

/* FNUZ: finite numbers, no negative zero, whose place NaN has. */
static double
float8_fnuz(unsigned bits, int fraction_bits)
{
	return bits == 0x80
	           ? (double)NAN
	           : small_float(bits, 7 - fraction_bits, fraction_bits, 1 << (6 - fraction_bits));
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
	case DTYPE_F8_E5M2: /* the upper half of an F16 */
		READ(1, float16((unsigned)p[0] << 8));
	case DTYPE_F8_E4M3:
		READ(1, float8_e4m3(p[0]));
	case DTYPE_F8_E8M0: /* an exponent and nothing else: a scale */
		READ(1, p[0] == 0xff ? (double)NAN : ldexp(1, p[0] - 127));
	case DTYPE_F8_E4M3FNUZ:
		READ(1, float8_fnuz(p[0], 3));
	case DTYPE_F8_E5M2FNUZ:
		READ(1, float8_fnuz(p[0], 2));
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
	default: /* smaller than a byte: not read */
		break;
	}
}
