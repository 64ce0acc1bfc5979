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

void
directory_entry(const struct directory *d, uint64_t at, struct directory_entry *e)
{
	e->tag = (uint16_t)directory_number(d, at, 2);
	e->type = (uint16_t)directory_number(d, at + 2, 2);
	e->count = directory_number(d, at + 4, d->word);
	e->at = at + 4 + d->word;
	e->size = e->type < sizeof type_sizes ? type_sizes[e->type] : 0;
	/* Values that fit stand in the place of their offset. */
	if (e->size > 0 && e->count > d->word / e->size)
		e->at = directory_number(d, e->at, d->word);
}
