#ifndef RSENC_LOAD_RECORDINDEX_H
#define RSENC_LOAD_RECORDINDEX_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A record file as a table: its keys in memory (and 40 bytes for each), sorted, its values where they
 * are. The file must end properly. Of a key that comes twice the first record counts, as with
 * rsenc-load -s.
 */

struct record_index;

/* Reads the keys of a regular file. Returns 0, or -1 with the reason. record_index_close in either
 * case. */
int record_index_open(const char *path, struct record_index **out, struct error *why);

/* Keys in it. */
size_t record_index_count(const struct record_index *x);

/* The place of a key among the sorted ones, or -1 if it is not there. */
int64_t record_index_find(const struct record_index *x, const void *key, size_t key_len);

/* The key at a place. Lives as long as the index. */
const char *record_index_key(const struct record_index *x, size_t at, size_t *len);

/* Reads the value at a place, which lives until the next call. Returns 0, or -1 with the reason. */
int record_index_value(
    struct record_index *x, size_t at, const void **value, size_t *len, struct error *why);

/* NULL is ignored. */
void record_index_close(struct record_index *x);

#endif
