#ifndef RSENC_TIFF_DIRECTORY_H
#define RSENC_TIFF_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first directory of a TIFF file in memory, entry by entry: TIFF 6.0, section 2, and the
 * BigTIFF design; both byte orders. Nothing here looks whether values lie inside the file.
 */

struct directory {
	const unsigned char *bytes; /* the file; not ours */
	uint64_t len;
	bool big_endian, big; /* BigTIFF */
	unsigned word;        /* bytes of an offset */
	unsigned entry_size, count_size;
	uint64_t at; /* where it is; 0: the header is cut off */
};

struct directory_entry {
	uint16_t tag, type;
	unsigned size;      /* bytes of a value; 0: no such type */
	uint64_t count, at; /* of its values, and where they are */
};

/* Whether a file of `len` bytes, which need not all be at hand, begins as a TIFF file. */
bool directory_open(struct directory *d, const void *bytes, size_t len);

/* How many entries the directory says it has; 0 if that does not lie in the file. It must be at
 * hand. */
uint64_t directory_count(const struct directory *d);

/* Entry `i`, all of which must be there. */
void directory_entry(const struct directory *d, uint64_t i, struct directory_entry *e);

/* The first entry of a tag whose values lie in the file. False if there is none. */
bool directory_find(const struct directory *d, uint16_t tag, struct directory_entry *e);

/* The number of `size` bytes at `at`, which must be there. */
static inline uint64_t
directory_number(const struct directory *d, uint64_t at, unsigned size)
{
	const unsigned char *p = d->bytes + at;
	uint64_t n = 0;
	if (d->big_endian) {
		for (unsigned i = 0; i < size; i++)
			n = n << 8 | p[i];
	} else {
		for (unsigned i = 0; i < size; i++)
			n |= (uint64_t)p[i] << 8 * i;
	}
	return n;
}

/* Value `i` of an entry of whole numbers, which must be there. */
static inline uint64_t
directory_value(const struct directory *d, const struct directory_entry *e, uint64_t i)
{
	return directory_number(d, e->at + i * e->size, e->size);
}

/* Whether `count` values of `size` bytes from `at` on lie in the file. */
static inline bool
directory_has(const struct directory *d, uint64_t at, uint64_t count, unsigned size)
{
	return at <= d->len && (size == 0 || count <= (d->len - at) / size);
}

/* Whether the first `count` entries lie in the file. */
static inline bool
directory_has_entries(const struct directory *d, uint64_t count)
{
	return directory_has(d, d->at + d->count_size, count, d->entry_size);
}

/* How long a TIFF file must be at least by its own tags, to tell a truncated download from a
 * damaged one. For messages: a file that can be read is read, whatever this says. 0 for
 * what does not begin as a TIFF file. */
uint64_t required_size(const void *bytes, size_t len);

#endif
