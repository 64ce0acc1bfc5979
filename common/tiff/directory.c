#include "tiff/directory.h"

#include <string.h>

/* Bytes of a value of each type; 0: no such type. */
static const unsigned char type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

bool
directory_open(struct directory *d, const void *bytes, size_t len)
{
	static const char *const starts[] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
	size_t s = 0;
	while (s < 4 && (len < 2 || memcmp(bytes, starts[s], len < 4 ? len : 4) != 0))
		s++;
	if (s == 4)
		return false;
	bool big = s >= 2;
	*d = (struct directory){.bytes = bytes,
	    .len = len,
	    .big_endian = s % 2 == 1,
	    .big = big,
	    .word = big ? 8 : 4,
	    .entry_size = big ? 20 : 12,
	    .count_size = big ? 8 : 2};
	if (len >= (size_t)2 * d->word)
		d->at = directory_number(d, d->word, d->word);
	return true;
}

uint64_t
directory_count(const struct directory *d)
{
	bool there = d->at > 0 && directory_has(d, d->at, 1, d->count_size);
	return there ? directory_number(d, d->at, d->count_size) : 0;
}

void
directory_entry(const struct directory *d, uint64_t i, struct directory_entry *e)
{
	uint64_t at = d->at + d->count_size + i * d->entry_size;
	e->tag = (uint16_t)directory_number(d, at, 2);
	e->type = (uint16_t)directory_number(d, at + 2, 2);
	e->count = directory_number(d, at + 4, d->word);
	e->at = at + 4 + d->word;
	e->size = e->type < sizeof type_sizes ? type_sizes[e->type] : 0;
	/* Values that fit stand in the place of their offset. */
	if (e->size > 0 && e->count > d->word / e->size)
		e->at = directory_number(d, e->at, d->word);
}

bool
directory_find(const struct directory *d, uint16_t tag, struct directory_entry *e)
{
	uint64_t count = directory_count(d);
	for (uint64_t i = 0; i < count && directory_has_entries(d, i + 1); i++) {
		if (directory_number(d, d->at + d->count_size + i * d->entry_size, 2) != tag)
			continue;
		directory_entry(d, i, e);
		return e->size > 0 && directory_has(d, e->at, e->count, e->size);
	}
	return false;
}

/* ---- how long a file must be ---- */

enum { STRIP_OFFSETS = 273, STRIP_BYTE_COUNTS = 279, TILE_OFFSETS = 324, TILE_BYTE_COUNTS = 325 };

/* Notes in *most that the file needs `size` bytes from `at` on. Returns whether they are there. */
static bool
reach(const struct directory *d, uint64_t *most, uint64_t at, uint64_t size)
{
	if (at > INT64_MAX || size > INT64_MAX - at)
		return false; /* no file is so long: it is damaged, not truncated */
	if (at + size > *most)
		*most = at + size;
	return at + size <= d->len;
}

/* Notes each block of data. A sparse file has blocks without offset and size. */
static void
reach_blocks(const struct directory *d, uint64_t *most, const struct directory_entry *offsets,
    const struct directory_entry *sizes)
{
	uint64_t count = offsets->count < sizes->count ? offsets->count : sizes->count;
	for (uint64_t i = 0; offsets->size > 0 && sizes->size > 0 && i < count; i++) {
		uint64_t offset = directory_value(d, offsets, i);
		if (offset > 0)
			reach(d, most, offset, directory_value(d, sizes, i));
	}
}

static void
reach_directory(const struct directory *d, uint64_t *most)
{
	struct directory_entry offsets = {0}, sizes = {0}, e;
	if (!reach(d, most, d->at, d->count_size))
		return;
	uint64_t count = directory_count(d);
	if (count > UINT16_MAX) /* more than there are tags */
		return;
	reach(d, most, d->at + d->count_size, count * d->entry_size + d->word);
	for (uint64_t i = 0; i < count && directory_has_entries(d, i + 1); i++) {
		directory_entry(d, i, &e);
		if (e.size > 0 && e.count > d->word / e.size &&
		    (e.count > INT64_MAX / e.size || !reach(d, most, e.at, e.count * e.size)))
			continue;
		if (e.tag == STRIP_OFFSETS || e.tag == TILE_OFFSETS)
			offsets = e;
		else if (e.tag == STRIP_BYTE_COUNTS || e.tag == TILE_BYTE_COUNTS)
			sizes = e;
	}
	reach_blocks(d, most, &offsets, &sizes);
}

uint64_t
required_size(const void *bytes, size_t len)
{
	struct directory d;
	uint64_t most = 0;
	if (directory_open(&d, bytes, len) && reach(&d, &most, 0, (uint64_t)2 * d.word))
		reach_directory(&d, &most);
	return most;
}
