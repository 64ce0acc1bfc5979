#ifndef RSENC_STORE_READER_H
#define RSENC_STORE_READER_H

#include "base/error.h"
#include "store/paths.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reading a database (LMDB, http://www.lmdb.tech/doc/): the state of it at one moment, which a
 * loader that works at the same time does not change. Keys and values live until the next call.
 *
 * Reading changes nothing: a lock file is not made where there is none, and where there is one that
 * can't be used (another user's, a read-only disk, a file system without locks) it is read without.
 * Then pages may be used again by a writer. LMDB leaves alone what the last two commits use, so
 * what was read holds if at most one commit came meanwhile: a value that is asked for is the
 * newest, and a loader that works at the same time ends store_next with an error.
 */

struct store;

/* Opens a database's file, and refuses what rsenc can't read or load into: another format, another
 * kind of table, a truncated copy, a damaged first page. Returns 0, or -1 with the reason and *out
 * NULL. Call it before there are threads. */
int store_open_file(const struct store_file *file, struct store **out, struct error *why);

/* Number of keys. */
uint64_t store_count(const struct store *s);

/* The value of a key; `value` may be NULL, then it is not read. Returns 1, 0 if the key is not
 * there, -1 with the reason. */
int store_get(struct store *s, const void *key, size_t key_len, const void **value,
    size_t *value_len, struct error *why);

/* The next key and value in the order of keys (bytewise), from the first on. `value` may be NULL.
 * Returns 1, 0 after the last, -1 with the reason. Between two calls nothing else is looked up. */
int store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why);

/* NULL is ignored. */
void store_close(struct store *s);

#endif
