/* Numbers in a group line. */

#include "stream/literal.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *text;
	size_t count; /* 0: refused */
	bool scalar;
	const char *hex; /* the elements, or a part of the reason */
} rows[] = {
    {"I64:3", 1, true, "0300000000000000"},
    {"I64:-1", 1, true, "ffffffffffffffff"},
    {"I64:-9223372036854775808", 1, true, "0000000000000080"},
    {"I64:9223372036854775807", 1, true, "ffffffffffffff7f"},
    {"I64:9223372036854775808", 0, false, "is too large (I64)"},
    {"I64:-9223372036854775809", 0, false, "is too large (I64)"},
    {"U64:18446744073709551615", 1, true, "ffffffffffffffff"},
    {"U64:18446744073709551616", 0, false, "is too large (U64)"},
    {"U8:0,1,0,1", 4, false, "00010001"},
    {"U8:7,", 1, false, "07"},
    {"U8:255", 1, true, "ff"},
    {"U8:256", 0, false, "is too large (U8)"},
    {"U8:-1", 0, false, "not a whole number"},
    {"U8:1.0", 0, false, "not a whole number"},
    {"U8:+1", 0, false, "not a whole number"},
    {"U8: 1", 0, false, "not a whole number"},
    {"U8:", 0, false, "empty"},
    {"U8:1,,2", 0, false, "empty"},
    {"U8:,", 0, false, "empty"},
    {"I8:-128", 1, true, "80"},
    {"I8:-129", 0, false, "is too large (I8)"},
    {"I8:-", 0, false, "not a whole number"},
    {"I16:-2", 1, true, "feff"},
    {"U32:4294967295", 1, true, "ffffffff"},
    {"BOOL:1,0", 2, false, "0100"},
    {"BOOL:2", 0, false, "is too large (BOOL)"},
    {"F32:0.1", 1, true, "cdcccc3d"},
    {"F32:1e39", 0, false, "is too large (F32)"},
    {"F32:inf", 1, true, "0000807f"},
    {"F64:0.1", 1, true, "9a9999999999b93f"},
    {"F64:1e400", 0, false, "is too large (F64)"},
    {"F64:1x", 0, false, "not a number"},
    {"F64: 1", 0, false, "not a number"},
    {"F16:1", 0, false, "not a type for values"},
    {"F8_E4M3:1", 0, false, "not a type for values"},
    {"I65:1", 0, false, "not a type for values"},
    {"3", 0, false, "DTYPE:VALUE"},
    {"", 0, false, "DTYPE:VALUE"},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct literal l;
		struct buf bytes = {0};
		struct error why = {.text = ""};
		char hex[100] = "";
		int status = literal_parse(rows[i].text, strlen(rows[i].text), &l, &bytes, &why);
		for (size_t k = 0; k < bytes.len && k < 32; k++)
			sprintf(hex + 2 * k, "%02x", (unsigned char)bytes.data[k]);
		if (rows[i].count == 0)
			ok(status != 0 && strstr(why.text, rows[i].hex), "%s: %s", rows[i].text,
			    why.text);
		else
			ok(status == 0 && l.count == rows[i].count && l.scalar == rows[i].scalar &&
			        strcmp(hex, rows[i].hex) == 0,
			    "%s: %s", rows[i].text, hex);
		buf_free(&bytes);
	}
	return tap_done();
}
