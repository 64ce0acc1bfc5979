#ifndef RSENC_TENSOR_JSON_H
#define RSENC_TENSOR_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reader of JSON (RFC 8259) that walks a text once, as far as safetensors headers need it. Each
 * function skips white space, then reads what it is named for; on failure it returns false and
 * `why` says what was wrong at `at`. It accepts and refuses what serde_json does, the parser of the
 * reference library.
 *
 * Strings are decoded to `text`, which must have room for one byte more than the JSON text (it is
 * never moved). They end in a NUL; U+0000 within them becomes the two bytes C0 80, which UTF-8 does
 * not have.
 */

enum { JSON_DEPTH_MAX = 127 }; /* nested arrays and objects */

struct json {
	const char *at, *end;
	const char *why;
	struct buf *text;
};

/* U+0000 within a string. */
#define JSON_NUL "\xc0\x80"

void json_space(struct json *j);

/* Reads one of { } [ ] : , */
bool json_mark(struct json *j, char mark);

/* Whether the next byte is `mark`; reads it only if it is. */
bool json_maybe(struct json *j, char mark);

/* Whether the next value is null; reads it only if it is. */
bool json_null(struct json *j);

/* A string, which stays in `text`. */
bool json_string(struct json *j, const char **s);

/* A whole number without sign, fraction or exponent. */
bool json_number(struct json *j, uint64_t *n);

/* A number of any form, or null, which is NaN. */
bool json_decimal(struct json *j, double *n);

/* Any value. Its strings do not stay. */
bool json_skip(struct json *j);

/* Appends a string with its quotes, escaped as serde_json escapes it: only what has to be. */
void json_add_string(struct buf *b, const char *s);

#endif
