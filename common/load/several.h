#ifndef RSENC_LOAD_SEVERAL_H
#define RSENC_LOAD_SEVERAL_H

#include "base/error.h"
#include "store/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Several databases and record files, as one: shards that were packed, or loaded, apart. A key should be
 * in one of them; where it is in more, the first that was given counts.
 */

struct several;

/* Whether a path is that of a database, or of a record file, by what lies there. */
bool several_knows(const char *path);

/* An empty one, or NULL when there is no memory. */
struct several *several_new(void);

/* Adds a database, which becomes its own, or with NULL the record file of that path. The path must
 * live as long. Returns 0, or -1 with the reason. */
int several_add(struct several *s, const char *path, struct store *store, struct error *why);

/* The path that the last failure was about. */
const char *several_path(const struct several *s);

/* Keys in all of them; one that is in two counts twice. */
uint64_t several_count(const struct several *s);

/* As store_get and store_has. */
int several_get(struct several *s, const void *key, size_t key_len, const void **value,
    size_t *value_len, struct error *why);
int several_has(struct several *s, const void *key, size_t key_len, struct error *why);

/* As store_next, in the order of keys of all. A key that is in two with values that differ (which is
 * looked at only if `value` is not NULL) is counted: several_differ. */
int several_next(struct several *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why);

/* Keys whose values differed, and the first two places of the last of them. */
uint64_t several_differ(const struct several *s, const char **one, const char **other);

/* NULL is ignored. */
void several_close(struct several *s);

#endif
