#ifndef RSENC_STORE_READER_H
#define RSENC_STORE_READER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reading a database (LMDB, http://www.lmdb.tech/doc/): one snapshot of it, which a loader that
 * works at the same time does not change. Reading changes nothing and makes no file: where the lock
 * file is missing or can't be used, it is read without (snapshot.h). Then a value that is asked for
 * is the newest, and a loader that works at the same time ends store_next with an error. Keys and
 * values live until the next call.
 */

struct store;

/* Opens a database, a directory or a single file. Returns 0; 1 if there is none (with a reason
 * too); -1 with the reason. */
int store_open(const char *path, struct store **out, struct error *why);

/* What a user of the database should be told: a load into it is going on, was interrupted, or may
 * have damaged it; locks can't be had. NULL if there is nothing. */
const char *store_warning(struct store *s);

/* Number of keys. */
uint64_t store_count(const struct store *s);

/* The value of a key; `value` may be NULL, then it is not read. Returns 1, 0 if the key is not there,
 * -1 with the reason. */
int store_get(struct store *s, const void *key, size_t key_len, const void **value,
    size_t *value_len, struct error *why);

/* The next key and value in the order of keys (bytewise): the first, or that behind the last that
 * this or store_get found. `value` may be NULL. Returns 1, 0 after the last, -1 with the reason. */
int store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why);

/* NULL is ignored. */
void store_close(struct store *s);

#endif
