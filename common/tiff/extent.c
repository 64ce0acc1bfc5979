#include "tiff/extent.h"

#include <string.h>

/* Bytes of a value of each type; 0: no such type. */
static const unsigned char type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

enum { STRIP_OFFSETS = 273, STRIP_BYTE_COUNTS = 279, TILE_OFFSETS = 324, TILE_BYTE_COUNTS = 325 };

struct walk {
	const unsigned char *bytes;
	uint64_t len;
	bool big_endian, big; /* BigTIFF */
	struct extent *e;
};

/* A list of numbers that a tag points to. */
struct numbers {
	uint64_t at, count;
	unsigned size; /* bytes of each; 0: there is none */
};

static uint64_t
get(const struct walk *w, uint64_t at, unsigned size)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < size; i++)
		n |= (uint64_t)w->bytes[at + i] << 8 * (w->big_endian ? size - 1 - i : i);
	return n;
}

/* Notes that the file holds `size` bytes from `at` on. Returns whether they are there. */
static bool
reach(struct walk *w, uint64_t at, uint64_t size)
{
	if (at > INT64_MAX || size > INT64_MAX - at)
		return false; /* no file is so long: it is damaged, not cut */
	if (at + size > w->e->bytes)
		w->e->bytes = at + size;
	return at + size <= w->len;
}

/* One entry of the directory: where its values are. Returns false if they are cut off. */
static bool
read_entry(struct walk *w, uint64_t at, struct numbers *to)
{
	unsigned word = w->big ? 8 : 4;
	uint64_t type = get(w, at + 2, 2), count = get(w, at + 4, word);
	unsigned size = type < sizeof type_sizes ? type_sizes[type] : 0;
	*to = (struct numbers){at + 4 + word, count, size};
	if (size == 0 || count <= word / size)
		return true;
	to->at = get(w, at + 4 + word, word);
	return count <= INT64_MAX / size && reach(w, to->at, count * size);
}

/* Notes each block of data. A sparse file has blocks without offset and size. */
static void
reach_blocks(struct walk *w, const struct numbers *offsets, const struct numbers *sizes)
{
	uint64_t count = offsets->count < sizes->count ? offsets->count : sizes->count;
	for (uint64_t i = 0; offsets->size > 0 && sizes->size > 0 && i < count; i++) {
		uint64_t offset = get(w, offsets->at + i * offsets->size, offsets->size);
		uint64_t size = get(w, sizes->at + i * sizes->size, sizes->size);
		if (offset > 0)
			reach(w, offset, size);
	}
}

static void
walk_directory(struct walk *w, uint64_t at)
{
	unsigned count_size = w->big ? 8 : 2, entry_size = w->big ? 20 : 12;
	struct numbers offsets = {0}, sizes = {0};
	if (!reach(w, at, count_size))
		return;
	uint64_t count = get(w, at, count_size);
	if (count > UINT16_MAX) /* more than there are tags */
		return;
	uint64_t first = at + count_size, end = first + count * entry_size;
	w->e->all = reach(w, first, count * entry_size + (w->big ? 8 : 4));
	for (uint64_t entry = first; entry < end && entry + entry_size <= w->len;
	     entry += entry_size) {
		uint64_t tag = get(w, entry, 2);
		struct numbers numbers;
		bool there = read_entry(w, entry, &numbers);
		bool is_offsets = tag == STRIP_OFFSETS || tag == TILE_OFFSETS;
		bool is_sizes = tag == STRIP_BYTE_COUNTS || tag == TILE_BYTE_COUNTS;
		if (is_offsets && there)
			offsets = numbers;
		else if (is_sizes && there)
			sizes = numbers;
		else if (is_offsets || is_sizes)
			w->e->all = false; /* where the blocks lie is cut off */
	}
	if (w->e->all && get(w, end, w->big ? 8 : 4) != 0)
		w->e->all = false; /* another image follows */
	reach_blocks(w, &offsets, &sizes);
}

bool
extent_of(const void *bytes, size_t len, struct extent *e)
{
	static const char *const starts[] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
	size_t s = 0;
	*e = (struct extent){0};
	while (s < 4 && (len < 2 || memcmp(bytes, starts[s], len < 4 ? len : 4) != 0))
		s++;
	if (s == 4)
		return false;
	struct walk w = {bytes, len, s % 2 == 1, s >= 2, e};
	unsigned word = w.big ? 8 : 4;
	if (!reach(&w, 0, (uint64_t)word * 2))
		return true;
	walk_directory(&w, get(&w, word, word));
	return true;
}
