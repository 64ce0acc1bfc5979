#ifndef RSENC_TENSOR_JSON_H
#define RSENC_TENSOR_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reader of JSON (RFC 8259) that walks a text once, as far as safetensors headers need it. Each
 * function skips white space, then takes what it is named for; on failure it returns false and
 * `why` says what was wrong at `at`.
 */

enum {
	JSON_DEPTH_MAX = 127,  /* nested arrays and objects, as serde_json has it */
	JSON_DECIMAL_MAX = 400 /* bytes of a number */
};

struct json {
	const char *at, *end;
	const char *why;
};

/* Takes one of { } [ ] : , */
bool json_mark(struct json *j, char mark);

/* Whether the next byte is `mark`; takes it only if it is. */
bool json_maybe(struct json *j, char mark);

/* A string, decoded, with a NUL at its end, into `text`, which must have room for as many bytes
 * as the JSON text is long (it is never moved). Refuses bad escapes, lone surrogates, raw control
 * characters, U+0000 and what is no UTF-8. *s points into `text`. */
bool json_string(struct json *j, struct buf *text, const char **s, size_t *len);

/* A whole number without sign, fraction or exponent. */
bool json_number(struct json *j, uint64_t *n);

/* A number of any form and up to JSON_DECIMAL_MAX bytes, or null, which is NaN. */
bool json_decimal(struct json *j, double *n);

/* Any value, not looked at. Uses `text` for strings and gives that room back. */
bool json_skip(struct json *j, struct buf *text);

/* Appends a string with its quotes, escaped as serde_json does, the reference's writer: only what has
 * to be. Returns 0, or -1 when there is no memory. */
int json_add_string(struct buf *b, const char *s);

#endif
