/* The safetensors format: bytes that the reference library writes, headers that it refuses. */

#include "tensor/safetensors.h"

#include "../free.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* What safetensors.numpy.save wrote for {"b": u8[2,3], "a": u16[1], "é\"": f32[], "B10", "B2"}. */
static void
test_layout(void)
{
	static const uint64_t s23[] = {2, 3}, s1[] = {1}, s0[] = {0};
	struct tensor t[] = {
	    {.name = "b", .dtype = DTYPE_U8, .rank = 2, .shape = s23},
	    {.name = "a", .dtype = DTYPE_U16, .rank = 1, .shape = s1},
	    {.name = "\xc3\xa9\"\\\x1f\n", .dtype = DTYPE_F32, .rank = 0, .shape = NULL},
	    {.name = "B2", .dtype = DTYPE_I16, .rank = 1, .shape = s0},
	    {.name = "B10", .dtype = DTYPE_I16, .rank = 1, .shape = s1},
	};
	static const char want[] =
	    "{\"\xc3\xa9\\\"\\\\\\u001f\\n\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]"
	    "},"
	    "\"a\":{\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[4,6]},"
	    "\"B10\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[6,8]},"
	    "\"B2\":{\"dtype\":\"I16\",\"shape\":[0],\"data_offsets\":[8,8]},"
	    "\"b\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[8,14]}}";
	struct buf header = {0};
	struct error why = {.text = ""};
	uint64_t data_len = 0;
	int status = safetensors_layout(t, 5, NULL, 0, 0, &header, &data_len, &why);
	ok(status == 0 && data_len == 14, "layout of five tensors %s", why.text);
	ok(memcmp(header.data + 8, want, strlen(want)) == 0, "header text: %.*s",
	    (int)header.len - 8, header.data + 8);
	ok(header.len % 8 == 0 &&
	        (unsigned char)header.data[0] + 256 * (unsigned char)header.data[1] ==
	            (int)header.len - 8,
	    "padded to a multiple of 8, length in front");
	ok(safetensors_find(t, 5, DTYPE_I16, "B2") == &t[3], "a tensor is found");

	struct safetensors s = {0};
	status = safetensors_parse(
	    header.data + 8, header.len - 8, header.len + data_len, &s, &why);
	ok(status == 0 && s.count == 5 && strcmp(s.tensors[0].name, "\xc3\xa9\"\\\x1f\n") == 0 &&
	        s.tensors[4].rank == 2 && s.tensors[4].shape[1] == 3,
	    "reads back %s", why.text);

	struct metadata m[] = {{"10m", "B02,B03"}};
	for (size_t align = 8; align <= 4096; align *= 2) {
		status = safetensors_layout(t, 5, m, 1, align, &header, &data_len, &why);
		int fine = status == 0 && (16 + header.len) % align == 0 &&
		           safetensors_parse(header.data + 8, header.len - 8, header.len + data_len,
		               &s, &why) == 0 &&
		           s.metadata_count == 1 && strcmp(s.metadata[0].value, "B02,B03") == 0;
		ok(fine, "aligned to %zu, with metadata %s", align, why.text);
	}
	safetensors_free(&s);
	buf_free(&header);
}

#define T "\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":"

static const struct {
	const char *json;
	uint64_t data;
	const char *reason; /* NULL: accepted */
} headers[] = {
    {"{}", 0, NULL},
    {"{}   ", 0, NULL},
    {"{\"a\":{" T "[0,2]}}", 2, NULL},
    {"{ \"a\" : { " T "[ 0 , 2 ] }\n}", 2, NULL},
    {"{\"b\":{" T "[2,4]},\"a\":{" T "[0,2]}}", 4, NULL},
    {"{\"__metadata__\":{},\"a\":{" T "[0,2]}}", 2, NULL},
    {"{\"__metadata__\":{\"x\":\"y\"}}", 0, NULL},
    {"{\"a\":{\"new\":[1.5e-3,{\"x\":null}],\"t\":true," T "[0,2]}}", 2, NULL},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, NULL},
    {"{\"a\":{\"dtype\":\"F4\",\"shape\":[2,3],\"data_offsets\":[0,3]}}", 3, NULL},
    {"{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]}}", 3, NULL},
    {"{\"a\":{\"dtype\":\"F6_E3M2\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, NULL},
    {"{\"a\":{\"dtype\":\"F8_E8M0\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3, NULL},
    {"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}", 2, "do not fit"},
    {"{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3, "do not fit"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9],\"data_offsets\":[0,0]}}", 0, NULL},
    {"{\"\\u00e9\\ud83d\\ude00\\/\":{" T "[0,2]}}", 2, NULL},
    {" {}", 0, NULL},
    {"", 0, "'{' expected"},
    {"[]", 0, "'{' expected"},
    {"{", 0, "\" expected: a string"},
    {"{}x", 0, "text after the last"},
    {"{}\n", 0, NULL},
    {"{\"a\":1}", 0, "'{' expected"},
    {"{\"a\":{}}", 0, "a tensor lacks"},
    {"{\"a\":{" T "[0,2]},}", 2, "\" expected: a string"},
    {"{\"a\":{" T "[0,2],}}", 2, "\" expected: a string"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2]}}", 2, "a tensor lacks"},
    {"{\"a\":{\"dtype\":\"U8\"," T "[0,2]}}", 2, "duplicate field"},
    {"{\"a\":{\"dtype\":\"U7\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "unknown dtype"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}}", 2, "whole number"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2.0],\"data_offsets\":[0,2]}}", 2, "whole number"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[02],\"data_offsets\":[0,2]}}", 2, "whole number"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551616],\"data_offsets\":[0,2]}}", 2,
        "whole number"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775808,2],\"data_offsets\":[0,0]}}", 0,
        "data_offsets do not fit"},
    {"{\"a\":{" T "[0,2,3]}}", 2, "']' expected"},
    {"{\"a\":{" T "[0]}}", 2, "',' expected"},
    {"{\"a\":{" T "[1,3]}}", 3, "hole or overlap"},
    {"{\"a\":{" T "[0,2]},\"b\":{" T "[1,3]}}", 3, "hole or overlap"},
    {"{\"a\":{" T "[0,2]},\"b\":{" T "[3,5]}}", 5, "hole or overlap"},
    {"{\"a\":{" T "[2,0]}}", 2, "hole or overlap"},
    {"{\"a\":{" T "[0,3]}}", 3, "data_offsets do not fit"},
    {"{\"a\":{" T "[0,2]}}", 3, "the tensors have 2 bytes, but the blob contains 3"},
    {"{\"a\":{" T "[0,2]}}", 1, "the tensors have 2 bytes, but the blob contains 1"},
    {"{\"a\":{" T "[0,2]},\"a\":{" T "[2,4]}}", 4, "hole or overlap"},
    {"{\"a\":{" T "[0,2]},\"\\u0061\":{" T "[2,4]}}", 4, "hole or overlap"},
    {"{\"__metadata__\":{\"x\":1}}", 0, "\" expected: a string"},
    {"{\"a\":{" T "[2,4]},\"a\":{" T "[0,2]}}", 2, NULL},
    {"{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}}", 0, NULL},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate __metadata__"},
    {"{\"__metadata__\":null}", 0, NULL},
    {"{\"a\\x\":{" T "[0,2]}}", 2, "unknown escape"},
    {"{\"a\\ud800\":{" T "[0,2]}}", 2, "lone surrogate"},
    {"{\"a\\u0000\":{" T "[0,2]}}", 2, NULL},
    {"{\"a\n\":{" T "[0,2]}}", 2, "control character"},
    {"{\"\xff\":{" T "[0,2]}}", 2, "string is not UTF-8"},
    {"{\"\xed\xa0\x80\":{" T "[0,2]}}", 2, "string is not UTF-8"},
    {"{\"a", 0, "truncated string"},
    {"{\"a\":{\"n\":tru," T "[0,2]}}", 2, "value expected"},
};

static void
test_headers(void)
{
	struct safetensors s = {0};
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct error why = {.text = ""};
		size_t len = strlen(headers[i].json);
		/* A copy of just this size: a read beyond it is seen by the sanitizer. */
		char *copy = malloc(len + 1);
		memcpy(copy, headers[i].json, len);
		int status = safetensors_parse(copy, len, 8 + len + headers[i].data, &s, &why);
		if (headers[i].reason)
			ok(status != 0 && strstr(why.text, headers[i].reason), "refused: %s: %s",
			    headers[i].json, why.text);
		else
			ok(status == 0, "accepted: %s %s", headers[i].json, why.text);
		free(copy);
	}
	char deep[600] = "{\"a\":{\"x\":";
	memset(deep + 10, '[', 500);
	struct error why = {.text = ""};
	ok(safetensors_parse(deep, 510, 518, &s, &why) != 0 &&
	        strstr(why.text, "nested too deeply"),
	    "500 nested arrays: %s", why.text);
	safetensors_free(&s);
}

static void
test_lengths(void)
{
	static const struct {
		unsigned char prefix[8];
		uint64_t blob_len;
		int status;
	} rows[] = {
	    {{2}, 10, 0},
	    {{2}, 9, -1},
	    {{0}, 8, 0},
	    {{0}, 7, -1},
	    {{0x00, 0xe1, 0xf5, 0x05}, 100000008, 0},
	    {{0x01, 0xe1, 0xf5, 0x05}, 200000000, -1},
	    {{0, 0, 0, 0, 0, 0, 0, 0x80}, UINT64_MAX, -1},
	    {{255, 255, 255, 255, 255, 255, 255, 255}, 100, -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error why = {.text = ""};
		size_t len;
		ok(safetensors_header_len(rows[i].prefix, rows[i].blob_len, &len, &why) ==
		        rows[i].status,
		    "header length %zu %s", i, why.text);
	}
}

int
main(void)
{
	test_layout();
	test_headers();
	test_lengths();
	return tap_done();
}
