#ifndef RSENC_LOAD_COMPARE_H
#define RSENC_LOAD_COMPARE_H

#include "base/buf.h"
#include "base/error.h"
#include "store/gather.h"
#include "store/reader.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Records beside the values that a database has under their keys. Small records out of order are
 * gathered, and looked up together in the order of their keys: a page of the tree is mapped once for
 * all of them and not once for each, which cost 11 us a key (1 million of 300 bytes; sorted: 0.5).
 */

struct compare {
	struct store *store;
	uint64_t identical;

	/* What is not identical, in the order in which records came; `stored` is NULL if the key is not
	 * there. Keys and values are valid until it returns. */
	void (*other)(void *context, const char *key, size_t key_len, const void *value, size_t len,
	    const void *stored, size_t stored_len);
	void *context;

	/* Private. */
	struct gather gather;
	double since;    /* when the first of those that wait came */
	struct buf last; /* key */
};

/* Sets the fields below to none; the four above are the caller's, set before. */
void compare_start(struct compare *c);

/* Compares a record, or lets it wait for others: for a second at most, as long as records come.
 * Returns 0, or -1 with the reason, which names the key. */
int compare_add(struct compare *c, const char *key, size_t key_len, const void *value, size_t len,
    struct error *why);

/* Compares those that wait. As compare_add. */
int compare_flush(struct compare *c, struct error *why);

void compare_free(struct compare *c);

#endif
