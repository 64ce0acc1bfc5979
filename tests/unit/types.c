/* Every pair of bits and sample format: what it becomes, or that it is refused. Columns are formats
 * 0 to 7; '-' is a refusal. */

#include "tap.h"
#include "tiff/image.h"
#include "tiff/samples.h"

#include <math.h>
#include <string.h>

enum { FORMATS = 8, BITS = 130 };

static const struct {
	uint16_t bits;
	const char *dtype[FORMATS]; /* 0, uint, int, float, void, complex int, complex float, 7 */
} machine_types[] = {
    {8, {"-", "U8", "I8", "-", "U8", "-", "-", "-"}},
    {16, {"-", "U16", "I16", "F16", "U16", "-", "-", "-"}},
    {24, {"-", "U32", "U32", "F32", "U32", "-", "-", "-"}},
    {32, {"-", "U32", "I32", "F32", "U32", "C64", "C64", "-"}},
    {64, {"-", "U64", "I64", "F64", "U64", "-", "C64", "-"}},
};

static const char *
expected(unsigned bits, unsigned format)
{
	for (size_t i = 0; i < sizeof machine_types / sizeof *machine_types; i++) {
		if (machine_types[i].bits == bits)
			return format < FORMATS ? machine_types[i].dtype[format] : "-";
	}
	if (bits < 1 || bits > 31 || (format != 1 && format != 2 && format != 4))
		return "-";
	return bits < 8 ? "U8" : bits < 16 ? "U16" : "U32";
}

static const char *
found(unsigned bits, unsigned format)
{
	struct image im = {.bits = (uint16_t)bits, .format = (uint16_t)format, .samples = 1};
	struct error why = {.text = ""};
	if (image_set_type(&im, &why) != 0)
		return why.text[0] != '\0' ? "-" : "a refusal without a reason";
	return dtype_name(im.dtype);
}

static void
test_pairs(void)
{
	static const unsigned beyond[] = {8, 31, 32, 33, 38, 65535};
	for (unsigned bits = 0; bits <= BITS; bits++) {
		unsigned wrong = 0;
		for (unsigned format = 0; format < FORMATS; format++)
			wrong += strcmp(found(bits, format), expected(bits, format)) != 0;
		for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
			wrong += strcmp(found(bits, beyond[i]), "-") != 0;
		ok(wrong == 0, "%u bits: %s %s %s %s %s %s", bits, found(bits, 1), found(bits, 2),
		    found(bits, 3), found(bits, 4), found(bits, 5), found(bits, 6));
	}
	ok(strcmp(found(65535, 1), "-") == 0, "65535 bits");
}

/* What a half's bits mean, after IEEE 754. */
static double
half_value(unsigned h)
{
	int exponent = h >> 10 & 0x1f;
	double mantissa = h & 0x3ff;
	double x = exponent == 0x1f ? (mantissa > 0 ? NAN : INFINITY)
	           : exponent == 0  ? ldexp(mantissa, -24)
	                            : ldexp(1024 + mantissa, exponent - 25);
	return h & 0x8000 ? -x : x;
}

static void
test_complex_half(void)
{
	struct image im = {.bits = 32, .format = SAMPLEFORMAT_COMPLEXIEEEFP, .samples = 1};
	unsigned wrong = 0;
	struct error why;
	ok(image_set_type(&im, &why) == 0, "complex halves are read");
	for (unsigned h = 0; h <= 0xffff; h++) {
		uint16_t in[2] = {(uint16_t)h, (uint16_t)(h ^ 0x8001)};
		float out[2];
		samples_copy(out, (const unsigned char *)in, 0, 1, 1, &im);
		for (int part = 0; part < 2; part++) {
			double want = half_value(in[part]), got = (double)out[part];
			if (isnan(want) ? !isnan(got)
			                : want != got || !signbit(want) != !signbit(got))
				wrong++;
		}
	}
	ok(wrong == 0, "all 65,536 halves keep their values in both parts of a C64");
}

int
main(void)
{
	test_pairs();
	test_complex_half();
	return tap_done();
}
