#include "tiff/directory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
		directory_entry(d, i, e);
		if (e->tag == tag)
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

/* ---- reading the first image alone ---- */

enum { BITS = 258, COMPRESSION = 259, OLD_JPEG = 6 };

/* A file that is read in parts. */
struct partial {
	struct directory d;
	int fd;
	uint64_t base;        /* where it begins in what is read */
	char *to;             /* its bytes, as far as they were read */
	double pixels, limit; /* bytes of the image, and of what may be stored for them */
	double stored;        /* bytes that tags, or then blocks, name so far */
	int error;            /* of a read that failed */
};

static bool
fetch(struct partial *p, uint64_t at, uint64_t size)
{
	if (!directory_has(&p->d, at, size, 1))
		return false;
	while (size > 0 && p->error == 0) {
		ssize_t n = pread(p->fd, p->to + at, (size_t)size, (off_t)(p->base + at));
		if (n <= 0 && (n == 0 || errno != EINTR))
			p->error = n == 0 ? EIO : errno;
		at += n > 0 ? (uint64_t)n : 0;
		size -= n > 0 ? (uint64_t)n : 0;
	}
	return p->error == 0;
}

/* As fetch, of what the image is to be explained by. */
static bool
fetch_stored(struct partial *p, uint64_t at, uint64_t size)
{
	p->stored += (double)size;
	return p->stored <= p->limit && fetch(p, at, size);
}

/* Header and directory, and how many bytes its pixels take. Returns whether they are there. */
static bool
fetch_geometry(struct partial *p)
{
	enum { VALUES = 6, TIMES = 4, SLACK = 1 << 20 };
	/* Width, height, bits, samples, and those of a tile: its width and height. */
	static const uint16_t tags[VALUES] = {256, 257, BITS, 277, 322, 323};
	double v[VALUES] = {0, 0, 1, 1, 0, 0};
	struct directory *d = &p->d;
	struct directory_entry e;
	if (!fetch(p, d->at, d->count_size))
		return false;
	uint64_t count = directory_count(d);
	uint64_t end = d->at + d->count_size + count * d->entry_size;
	if (count > UINT16_MAX || !fetch(p, d->at + d->count_size, count * d->entry_size))
		return false;
	fetch(p, end, d->word); /* where the next one is, if that isn't cut off */
	for (size_t i = 0; i < VALUES; i++) {
		if (directory_find(d, tags[i], &e) && e.count > 0 && fetch(p, e.at, e.size))
			v[i] = (double)directory_value(d, &e, 0);
	}
	double pixels = v[0] * v[1], tiled = 0;
	if (directory_find(d, TILE_BYTE_COUNTS, &e))
		tiled = (double)e.count * v[4] * v[5];
	p->pixels = (tiled > pixels ? tiled : pixels) * v[2] * v[3] / 8;
	p->limit = TIMES * p->pixels + SLACK;
	return true;
}

/* The strips or tiles. False also where libtiff might look elsewhere: it doesn't believe sizes of
 * 0, nor, without compression, two first sizes that differ, or fewer bytes than pixels. */
static bool
fetch_blocks(struct partial *p, const struct directory_entry *offsets,
    const struct directory_entry *sizes, bool compressed)
{
	const struct directory *d = &p->d;
	p->stored = 0;
	for (uint64_t i = 0; i < offsets->count; i++) {
		uint64_t at = directory_value(d, offsets, i), size = directory_value(d, sizes, i);
		bool even = compressed || i != 1 || offsets->count == 2 ||
		            size == directory_value(d, sizes, 0);
		if (at > 0 && (size == 0 || !even || !fetch_stored(p, at, size)))
			return false;
	}
	return compressed || p->stored >= p->pixels;
}

/* Offsets and sizes of either strips or tiles: of a file with both it's not clear what is read. */
static bool
find_blocks(
    const struct directory *d, struct directory_entry *offsets, struct directory_entry *sizes)
{
	struct directory_entry e;
	bool tiled = directory_find(d, TILE_OFFSETS, offsets);
	if (tiled ? directory_find(d, STRIP_OFFSETS, &e)
	          : !directory_find(d, STRIP_OFFSETS, offsets))
		return false;
	return directory_find(d, tiled ? TILE_BYTE_COUNTS : STRIP_BYTE_COUNTS, sizes) &&
	       !directory_find(d, tiled ? STRIP_BYTE_COUNTS : TILE_BYTE_COUNTS, &e) &&
	       offsets->count == sizes->count;
}

/* All that the directory names. */
static bool
fetch_image(struct partial *p)
{
	struct directory *d = &p->d;
	struct directory_entry e, offsets, sizes;
	uint64_t count = directory_count(d);
	for (uint64_t i = 0; i < count; i++) {
		directory_entry(d, i, &e);
		if (e.size > 0 && (!directory_has(d, e.at, e.count, e.size) ||
		                      !fetch_stored(p, e.at, e.count * e.size)))
			return false;
	}
	uint64_t compression = 1;
	if (directory_find(d, COMPRESSION, &e) && e.count > 0)
		compression = directory_value(d, &e, 0);
	return compression != OLD_JPEG && find_blocks(d, &offsets, &sizes) &&
	       fetch_blocks(p, &offsets, &sizes, compression != 1);
}

static int
failed(const struct partial *p, struct error *why)
{
	errno = p->error;
	return error_errno(why, "cannot be read");
}

int
directory_read_image(int fd, uint64_t base, void *buffer, uint64_t len, struct error *why)
{
	enum { BEGINNING = 64 << 10, LARGE = 64 << 20 };
	struct partial p = {.fd = fd, .base = base, .to = buffer};
	p.d.len = len;
	if (len <= LARGE)
		return 0;
	if (!fetch(&p, 0, len < BEGINNING ? len : BEGINNING))
		return failed(&p, why);
	/* The reader refuses a file that isn't TIFF, or that has no directory, by these bytes. */
	if (!directory_open(&p.d, buffer, len) || !fetch_geometry(&p))
		return p.error != 0 ? failed(&p, why) : 1;
	if ((double)len <= p.limit)
		return 0;
	if (fetch_image(&p))
		return 1;
	if (p.error != 0)
		return failed(&p, why);
	error_set(why, "damaged: %.0f bytes are stored for %.0f bytes of pixels",
	    p.stored > p.limit ? p.stored : (double)len, p.pixels);
	return error_kind(why, ERROR_DAMAGED);
}
