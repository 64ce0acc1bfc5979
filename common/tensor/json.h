#ifndef RSENC_TENSOR_JSON_H
#define RSENC_TENSOR_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A reader of JSON (RFC 8259) that walks a text once, as far as safetensors headers need it. It
 * accepts and refuses what serde_json does, the parser of the reference library.
 *
 * Each function skips white space, then reads what it is named for. The first failure sets `why`
 * and leaves `at` where it is; from then on nothing more is read, and numbers are 0, strings empty
 * and conditions false: a caller needs to look at `why` only when it is done.
 *
 * Strings are decoded to `text`, which must have room for one byte more than the JSON text (it is
 * never moved). They end in a NUL; U+0000 within them becomes the two bytes C0 80, which UTF-8 does
 * not have.
 */

enum { JSON_DEPTH_MAX = 127 }; /* nested arrays and objects */

struct json {
	const char *at, *end;
	const char *why; /* NULL: all is fine so far */
	struct buf *text;
};

/* U+0000 within a string. */
#define JSON_NUL "\xc0\x80"

/* Fails, unless something has failed before. */
void json_fail(struct json *j, const char *why);

/* Whether the next byte is `mark`; reads it only if it is. */
bool json_maybe(struct json *j, char mark);

/* Reads one of { } [ ] : , */
void json_mark(struct json *j, char mark);

/* Loops over an array or an object, whose brackets are "[]" or "{}": whether there is a first
 * element; whether there is one after the element that was read. */
bool json_first(struct json *j, const char *brackets);
bool json_next(struct json *j, const char *brackets);

/* Whether the next value is this word ("null"); reads it only if it is. */
bool json_word(struct json *j, const char *word);

/* A string, which stays in `text`. */
const char *json_string(struct json *j);

/* The name of a member, with its colon. */
const char *json_name(struct json *j);

/* A whole number without sign, fraction or exponent. */
uint64_t json_number(struct json *j);

/* A number of any form, or null, which is NaN. */
double json_decimal(struct json *j);

/* Any value. Its strings do not stay. */
void json_skip(struct json *j);

/* Only white space follows. */
void json_end(struct json *j);

/* Appends a string with its quotes, escaped as serde_json escapes it: only what has to be. */
void json_add_string(struct buf *b, const char *s);

#endif
