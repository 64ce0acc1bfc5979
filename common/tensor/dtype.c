#include "tensor/dtype.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned bits;
	char kind;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = {"BOOL", 8, 'u'},
    [DTYPE_F4] = {"F4", 4, '-'},
    [DTYPE_F6_E2M3] = {"F6_E2M3", 6, '-'},
    [DTYPE_F6_E3M2] = {"F6_E3M2", 6, '-'},
    [DTYPE_U8] = {"U8", 8, 'u'},
    [DTYPE_I8] = {"I8", 8, 'i'},
    [DTYPE_F8_E5M2] = {"F8_E5M2", 8, '-'},
    [DTYPE_F8_E4M3] = {"F8_E4M3", 8, '-'},
    [DTYPE_F8_E8M0] = {"F8_E8M0", 8, '-'},
    [DTYPE_F8_E4M3FNUZ] = {"F8_E4M3FNUZ", 8, '-'},
    [DTYPE_F8_E5M2FNUZ] = {"F8_E5M2FNUZ", 8, '-'},
    [DTYPE_I16] = {"I16", 16, 'i'},
    [DTYPE_U16] = {"U16", 16, 'u'},
    [DTYPE_F16] = {"F16", 16, 'f'},
    [DTYPE_BF16] = {"BF16", 16, 'f'},
    [DTYPE_I32] = {"I32", 32, 'i'},
    [DTYPE_U32] = {"U32", 32, 'u'},
    [DTYPE_F32] = {"F32", 32, 'f'},
    [DTYPE_C64] = {"C64", 64, 'f'},
    [DTYPE_F64] = {"F64", 64, 'f'},
    [DTYPE_I64] = {"I64", 64, 'i'},
    [DTYPE_U64] = {"U64", 64, 'u'},
};

const char *
dtype_name(enum dtype d)
{
	return dtypes[d].name;
}

unsigned
dtype_bits(enum dtype d)
{
	return dtypes[d].bits;
}

size_t
dtype_size(enum dtype d)
{
	return dtypes[d].bits / 8;
}

char
dtype_kind(enum dtype d)
{
	return dtypes[d].kind;
}

bool
dtype_is_small_integer(enum dtype d)
{
	return (dtypes[d].kind == 'u' || dtypes[d].kind == 'i') && dtypes[d].bits <= 16;
}

enum dtype
dtype_find(const char *name, size_t len)
{
	for (unsigned d = 0; d < DTYPE_COUNT; d++) {
		if (strlen(dtypes[d].name) == len && memcmp(dtypes[d].name, name, len) == 0)
			return (enum dtype)d;
	}
	return DTYPE_COUNT;
}
