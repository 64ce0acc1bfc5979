#include "tiff/uncompressed.h"

#include <string.h>

/* Types of TIFF 6.0, a bit for each. */
enum {
	BYTES = 1 << 1 | 1 << 7, /* BYTE, UNDEFINED */
	TEXT = 1 << 2,           /* ASCII */
	SHORT = 1 << 3,
	WHOLE = 1 << 3 | 1 << 4, /* SHORT, LONG */
	LONG = 1 << 4,
	RATIONAL = 1 << 5,
	DOUBLE = 1 << 12
};

enum count { ONE, ANY, EACH_SAMPLE, EXTRA_SAMPLES, BLOCKS };

/* Every tag that such a file may have, in ascending order as a directory must be. The numbers of
 * EACH_SAMPLE must all be the same. The last ones are of GeoTIFF and GDAL: scale, tie points,
 * transformation, keys and their numbers and texts; metadata, nodata. */
static const struct known {
	uint16_t tag, types;
	enum count count;
} known[] = {{TIFFTAG_SUBFILETYPE, LONG, ONE}, {TIFFTAG_IMAGEWIDTH, WHOLE, ONE},
    {TIFFTAG_IMAGELENGTH, WHOLE, ONE}, {TIFFTAG_BITSPERSAMPLE, SHORT, EACH_SAMPLE},
    {TIFFTAG_COMPRESSION, SHORT, ONE}, {TIFFTAG_PHOTOMETRIC, SHORT, ONE},
    {TIFFTAG_FILLORDER, SHORT, ONE}, {TIFFTAG_IMAGEDESCRIPTION, TEXT, ANY},
    {TIFFTAG_MAKE, TEXT, ANY}, {TIFFTAG_MODEL, TEXT, ANY}, {TIFFTAG_STRIPOFFSETS, WHOLE, BLOCKS},
    {TIFFTAG_ORIENTATION, SHORT, ONE}, {TIFFTAG_SAMPLESPERPIXEL, SHORT, ONE},
    {TIFFTAG_ROWSPERSTRIP, WHOLE, ONE}, {TIFFTAG_STRIPBYTECOUNTS, WHOLE, BLOCKS},
    {TIFFTAG_XRESOLUTION, RATIONAL, ONE}, {TIFFTAG_YRESOLUTION, RATIONAL, ONE},
    {TIFFTAG_PLANARCONFIG, SHORT, ONE}, {TIFFTAG_RESOLUTIONUNIT, SHORT, ONE},
    {TIFFTAG_SOFTWARE, TEXT, ANY}, {TIFFTAG_DATETIME, TEXT, ANY}, {TIFFTAG_TILEWIDTH, WHOLE, ONE},
    {TIFFTAG_TILELENGTH, WHOLE, ONE}, {TIFFTAG_TILEOFFSETS, LONG, BLOCKS},
    {TIFFTAG_TILEBYTECOUNTS, WHOLE, BLOCKS}, {TIFFTAG_EXTRASAMPLES, SHORT, EXTRA_SAMPLES},
    {TIFFTAG_SAMPLEFORMAT, SHORT, EACH_SAMPLE}, {TIFFTAG_XMLPACKET, BYTES, ANY},
    {33550, DOUBLE, ANY}, {33922, DOUBLE, ANY}, {34264, DOUBLE, ANY}, {34735, SHORT, ANY},
    {34736, DOUBLE, ANY}, {34737, TEXT, ANY}, {42112, TEXT, ANY}, {42113, TEXT, ANY}};

enum { KNOWN = sizeof known / sizeof *known };

/* The directory, with a place for each known tag; one of count 0 is absent. */
struct tags {
	const struct directory *d;
	struct directory_entry entry[KNOWN];
};

static bool
read_directory(const struct directory *d, struct tags *t)
{
	*t = (struct tags){.d = d};
	uint64_t count = directory_count(d), end = d->at + d->count_size + count * d->entry_size;
	if (d->at < 8 || count == 0 || !directory_has_entries(d, count) ||
	    !directory_has(d, end, 1, d->word))
		return false;
	size_t k = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct directory_entry e;
		directory_entry(d, i, &e);
		while (k < KNOWN && known[k].tag < e.tag)
			k++;
		if (k == KNOWN || known[k].tag != e.tag || e.type >= 16 ||
		    !(known[k].types >> e.type & 1) || e.count == 0 ||
		    (known[k].count == ONE && e.count != 1) ||
		    !directory_has(d, e.at, e.count, e.size))
			return false;
		t->entry[k++] = e;
	}
	return true;
}

static const struct directory_entry *
find_entry(const struct tags *t, uint16_t tag)
{
	size_t k = 0;
	while (known[k].tag != tag)
		k++;
	return t->entry[k].count > 0 ? &t->entry[k] : NULL;
}

/* The number of a tag, or what is meant where it is absent. */
static uint32_t
value(const struct tags *t, uint16_t tag, uint32_t absent)
{
	const struct directory_entry *e = find_entry(t, tag);
	return e ? (uint32_t)directory_value(t->d, e, 0) : absent;
}

/* Whether tags with a number for each sample have as many, all the same, and those of extra samples
 * not more, and of a known kind. */
static bool
samples_fine(const struct tags *t, uint32_t samples)
{
	for (size_t k = 0; k < KNOWN; k++) {
		const struct directory_entry *e = &t->entry[k];
		bool each = known[k].count == EACH_SAMPLE, extra = known[k].count == EXTRA_SAMPLES;
		if ((each && e->count > 0 && e->count != samples) || (extra && e->count > samples))
			return false;
		for (uint32_t i = 0; (each || extra) && i < e->count; i++) {
			uint64_t n = directory_value(t->d, e, i);
			if (extra ? n > 2 : n != directory_value(t->d, e, 0))
				return false;
		}
	}
	return true;
}

static bool
image_fine(const struct image *im, const struct tags *t)
{
	uint32_t photometric = value(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
	uint32_t planar = value(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	bool width = im->bits == 8 || im->bits == 16 || im->bits == 32 || im->bits == 64;
	bool colour = photometric == PHOTOMETRIC_MINISBLACK ||
	              photometric == PHOTOMETRIC_MINISWHITE ||
	              (photometric == PHOTOMETRIC_RGB && im->samples >= 3);
	bool format = im->format == SAMPLEFORMAT_UINT || im->format == SAMPLEFORMAT_INT ||
	              im->format == SAMPLEFORMAT_IEEEFP;
	return width && colour && format && samples_fine(t, im->samples) &&
	       value(t, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_NONE &&
	       value(t, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB &&
	       im->width > 0 && im->height > 0 && im->width <= INT32_MAX &&
	       im->height <= INT32_MAX && im->samples > 0 &&
	       (planar == PLANARCONFIG_CONTIG || planar == PLANARCONFIG_SEPARATE);
}

/* Every block lies in the file, with just as many bytes as it must have. */
static bool
blocks_fine(
    const struct uncompressed *u, const struct directory_entry *sizes, const struct image *im)
{
	uint64_t samples = im->separate ? 1 : im->samples;
	uint64_t row = (uint64_t)im->block_width * samples * (im->bits / 8u);
	for (uint32_t i = 0; i < u->offsets.count; i++) {
		uint32_t y = i / im->across % im->down * im->block_height;
		uint32_t rows = im->block_height;
		if (!im->tiled && rows > im->height - y)
			rows = im->height - y;
		uint64_t offset = directory_value(&u->directory, &u->offsets, i);
		uint64_t size = directory_value(&u->directory, sizes, i);
		if (offset == 0 || size / rows != row || size % rows != 0 ||
		    !directory_has(&u->directory, offset, size, 1))
			return false;
	}
	return true;
}

/* The geometry of strips or tiles, and that there are as many offsets and sizes. */
static bool
set_blocks(struct uncompressed *u, const struct tags *t, struct image *im)
{
	static const uint16_t tags[2][3] = {
	    {TIFFTAG_STRIPOFFSETS, TIFFTAG_STRIPBYTECOUNTS, TIFFTAG_ROWSPERSTRIP},
	    {TIFFTAG_TILEOFFSETS, TIFFTAG_TILEBYTECOUNTS, TIFFTAG_TILELENGTH}};
	const struct directory_entry *offsets = find_entry(t, tags[im->tiled][0]);
	const struct directory_entry *sizes = find_entry(t, tags[im->tiled][1]);
	for (size_t i = 0; i < 3; i++) {
		if (find_entry(t, tags[!im->tiled][i]))
			return false;
	}
	uint32_t width = value(t, TIFFTAG_TILEWIDTH, im->width);
	uint32_t height = value(t, tags[im->tiled][2], im->tiled ? 0 : UINT32_MAX);
	/* libtiff refuses tiles whose sides are no multiple of 16; so do not read them here. */
	if (!offsets || !sizes || (im->tiled && (width % 16 != 0 || height % 16 != 0)))
		return false;
	uint64_t blocks;
	if (image_set_blocks(im, width, height, &blocks, NULL) != 0 || offsets->count != blocks ||
	    sizes->count != blocks)
		return false;
	u->offsets = *offsets;
	return blocks_fine(u, sizes, im);
}

bool
uncompressed_open(struct uncompressed *u, const void *bytes, size_t len, struct image *im)
{
	struct directory *d = &u->directory;
	struct tags t;
	if (!directory_open(d, bytes, len) || d->big_endian || d->big || !read_directory(d, &t))
		return false;
	uint32_t samples = value(&t, TIFFTAG_SAMPLESPERPIXEL, 1);
	bool separate = value(&t, TIFFTAG_PLANARCONFIG, 0) == PLANARCONFIG_SEPARATE;
	*im = (struct image){.width = value(&t, TIFFTAG_IMAGEWIDTH, 0),
	    .height = value(&t, TIFFTAG_IMAGELENGTH, 0),
	    .bands = samples,
	    .bits = (uint16_t)value(&t, TIFFTAG_BITSPERSAMPLE, 1),
	    .samples = (uint16_t)samples,
	    .format = (uint16_t)value(&t, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT),
	    .compression = COMPRESSION_NONE,
	    .separate = separate && samples > 1,
	    .tiled = find_entry(&t, TIFFTAG_TILEWIDTH) != NULL};
	return image_fine(im, &t) && image_set_type(im, NULL) == 0 && set_blocks(u, &t, im);
}
