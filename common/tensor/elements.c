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
float16(uint16_t bits)
{
	int exponent = bits >> 10 & 31;
	int fraction = bits & 1023;
	double v = exponent == 0   ? ldexp(fraction, -24)
	           : exponent < 31 ? ldexp(1024 + fraction, exponent - 25)
	           : fraction == 0 ? (double)INFINITY
	                           : (double)NAN;
	return bits & 0x8000 ? -v : v;
}

static double
read_bool(const unsigned char *p)
{
	return p[0] != 0;
}

static double
read_u8(const unsigned char *p)
{
	return p[0];
}

static double
read_i8(const unsigned char *p)
{
	return (int8_t)p[0];
}

/* The upper half of an F16. */
static double
read_f8_e5m2(const unsigned char *p)
{
	return float16((uint16_t)(p[0] << 8));
}

/* No infinities: the largest exponent holds numbers, all bits set is NaN. */
static double
read_f8_e4m3(const unsigned char *p)
{
	int exponent = p[0] >> 3 & 15;
	int fraction = p[0] & 7;
	double v = exponent == 0                     ? ldexp(fraction, -9)
	           : exponent == 15 && fraction == 7 ? (double)NAN
	                                             : ldexp(8 + fraction, exponent - 10);
	return p[0] & 0x80 ? -v : v;
}

/* An exponent and nothing else: a scale. */
static double
read_f8_e8m0(const unsigned char *p)
{
	return p[0] == 0xff ? (double)NAN : ldexp(1, p[0] - 127);
}

/* FNUZ: finite numbers, no negative zero, whose place NaN has. */
static double
read_f8_fnuz(unsigned bits, int fraction_bits)
{
	int exponent = (int)(bits & 0x7f) >> fraction_bits;
	int fraction = (int)bits & ((1 << fraction_bits) - 1);
	int bias = 1 << (6 - fraction_bits);
	if (bits == 0x80)
		return (double)NAN;
	double v = exponent == 0
	               ? ldexp(fraction, 1 - bias - fraction_bits)
	               : ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
	return bits & 0x80 ? -v : v;
}

static double
read_f8_e4m3fnuz(const unsigned char *p)
{
	return read_f8_fnuz(p[0], 3);
}

static double
read_f8_e5m2fnuz(const unsigned char *p)
{
	return read_f8_fnuz(p[0], 2);
}

static double
read_i16(const unsigned char *p)
{
	return (int16_t)le16(p);
}

static double
read_u16(const unsigned char *p)
{
	return le16(p);
}

static double
read_f16(const unsigned char *p)
{
	return float16(le16(p));
}

static double
read_bf16(const unsigned char *p)
{
	return float32((uint32_t)le16(p) << 16);
}

static double
read_i32(const unsigned char *p)
{
	return (int32_t)le32(p);
}

static double
read_u32(const unsigned char *p)
{
	return le32(p);
}

static double
read_f32(const unsigned char *p)
{
	return float32(le32(p));
}

static double
read_c64(const unsigned char *p)
{
	double real = read_f32(p), imaginary = read_f32(p + 4);
	/* hypot takes an infinity beside a NaN for infinite */
	return isnan(real) || isnan(imaginary) ? (double)NAN : hypot(real, imaginary);
}

static double
read_f64(const unsigned char *p)
{
	uint64_t bits = le64(p);
	double d;
	memcpy(&d, &bits, sizeof d);
	return d;
}

static double
read_i64(const unsigned char *p)
{
	return (double)(int64_t)le64(p);
}

static double
read_u64(const unsigned char *p)
{
	return (double)le64(p);
}

static double (*const readers[DTYPE_COUNT])(const unsigned char *) = {
    [DTYPE_BOOL] = read_bool,
    [DTYPE_U8] = read_u8,
    [DTYPE_I8] = read_i8,
    [DTYPE_F8_E5M2] = read_f8_e5m2,
    [DTYPE_F8_E4M3] = read_f8_e4m3,
    [DTYPE_F8_E8M0] = read_f8_e8m0,
    [DTYPE_F8_E4M3FNUZ] = read_f8_e4m3fnuz,
    [DTYPE_F8_E5M2FNUZ] = read_f8_e5m2fnuz,
    [DTYPE_I16] = read_i16,
    [DTYPE_U16] = read_u16,
    [DTYPE_F16] = read_f16,
    [DTYPE_BF16] = read_bf16,
    [DTYPE_I32] = read_i32,
    [DTYPE_U32] = read_u32,
    [DTYPE_F32] = read_f32,
    [DTYPE_C64] = read_c64,
    [DTYPE_F64] = read_f64,
    [DTYPE_I64] = read_i64,
    [DTYPE_U64] = read_u64,
};

/* A loop that is compiled for each reader it is called with by name: a call by pointer for each
 * element takes several times as long as reading it. */
static inline void
read_all(double (*read)(const unsigned char *), size_t size, const unsigned char *p, size_t count,
    double *to)
{
	for (size_t i = 0; i < count; i++)
		to[i] = read(p + i * size);
}

void
elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to)
{
	size_t size = dtype_size(dtype);
	const unsigned char *p = (const unsigned char *)data + first * size;
	switch (dtype) { /* what datasets have */
	case DTYPE_U8:
		read_all(read_u8, 1, p, count, to);
		break;
	case DTYPE_I16:
		read_all(read_i16, 2, p, count, to);
		break;
	case DTYPE_U16:
		read_all(read_u16, 2, p, count, to);
		break;
	case DTYPE_F32:
		read_all(read_f32, 4, p, count, to);
		break;
	case DTYPE_F64:
		read_all(read_f64, 8, p, count, to);
		break;
	default:
		read_all(readers[dtype], size, p, count, to);
	}
}

uint64_t
elements_bits64(const void *data, size_t i)
{
	return le64((const unsigned char *)data + i * 8);
}

bool
dtype_is_unsigned(enum dtype dtype)
{
	return dtype == DTYPE_BOOL || dtype == DTYPE_U8 || dtype == DTYPE_U16 ||
	       dtype == DTYPE_U32 || dtype == DTYPE_U64;
}

bool
dtype_is_signed(enum dtype dtype)
{
	return dtype == DTYPE_I8 || dtype == DTYPE_I16 || dtype == DTYPE_I32 || dtype == DTYPE_I64;
}
