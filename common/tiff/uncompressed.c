#include "tiff/uncompressed.h"

/* Types of TIFF 6.0, a bit for each, and whether there must be just one value. */
enum {
	ONE = 1,
	BYTES = 1 << 1 | 1 << 7, /* BYTE, UNDEFINED */
	TEXT = 1 << 2,           /* ASCII */
	SHORT = 1 << 3,
	WHOLE = 1 << 3 | 1 << 4, /* SHORT, LONG */
	LONG = 1 << 4,
	RATIONAL = 1 << 5,
	DOUBLE = 1 << 12
};

/* Every tag that such a file may have, in ascending order as a directory must be. The last ones are
 * of GeoTIFF and GDAL: scale, tie points, transformation, keys and their numbers and texts;
 * metadata, nodata. */
static const struct known {
	uint16_t tag, types;
} known[] = {{TIFFTAG_SUBFILETYPE, LONG | ONE}, {TIFFTAG_IMAGEWIDTH, WHOLE | ONE},
    {TIFFTAG_IMAGELENGTH, WHOLE | ONE}, {TIFFTAG_BITSPERSAMPLE, SHORT},
    {TIFFTAG_COMPRESSION, SHORT | ONE}, {TIFFTAG_PHOTOMETRIC, SHORT | ONE},
    {TIFFTAG_FILLORDER, SHORT | ONE}, {TIFFTAG_IMAGEDESCRIPTION, TEXT}, {TIFFTAG_MAKE, TEXT},
    {TIFFTAG_MODEL, TEXT}, {TIFFTAG_STRIPOFFSETS, WHOLE}, {TIFFTAG_ORIENTATION, SHORT | ONE},
    {TIFFTAG_SAMPLESPERPIXEL, SHORT | ONE}, {TIFFTAG_ROWSPERSTRIP, WHOLE | ONE},
    {TIFFTAG_STRIPBYTECOUNTS, WHOLE}, {TIFFTAG_XRESOLUTION, RATIONAL | ONE},
    {TIFFTAG_YRESOLUTION, RATIONAL | ONE}, {TIFFTAG_PLANARCONFIG, SHORT | ONE},
    {TIFFTAG_RESOLUTIONUNIT, SHORT | ONE}, {TIFFTAG_SOFTWARE, TEXT}, {TIFFTAG_DATETIME, TEXT},
    {TIFFTAG_TILEWIDTH, WHOLE | ONE}, {TIFFTAG_TILELENGTH, WHOLE | ONE},
    {TIFFTAG_TILEOFFSETS, LONG}, {TIFFTAG_TILEBYTECOUNTS, WHOLE}, {TIFFTAG_EXTRASAMPLES, SHORT},
    {TIFFTAG_SAMPLEFORMAT, SHORT}, {TIFFTAG_XMLPACKET, BYTES}, {33550, DOUBLE}, {33922, DOUBLE},
    {34264, DOUBLE}, {34735, SHORT}, {34736, DOUBLE}, {34737, TEXT}, {42112, TEXT}, {42113, TEXT}};

enum { KNOWN = sizeof known / sizeof *known };

/* Whether all tags are known ones, with values that lie in the file. */
static bool
tags_fine(const struct directory *d)
{
	uint64_t count = directory_count(d), end = d->at + d->count_size + count * d->entry_size;
	if (d->at < 8 || count == 0 || !directory_has_entries(d, count) ||
	    !directory_has(d, end, 1, d->word))
		return false;
	size_t k = 0;
	for (uint64_t i = 0; i < count; i++, k++) {
		struct directory_entry e;
		directory_entry(d, i, &e);
		while (k < KNOWN && known[k].tag < e.tag)
			k++;
		if (k == KNOWN || known[k].tag != e.tag || e.size == 0 || e.type >= 16 ||
		    !(known[k].types >> e.type & 1) || e.count == 0 ||
		    ((known[k].types & ONE) && e.count != 1) ||
		    !directory_has(d, e.at, e.count, e.size))
			return false;
	}
	return true;
}

/* The first number of a tag, or what is meant where it is absent. */
static uint32_t
value(const struct directory *d, uint16_t tag, uint32_t absent)
{
	struct directory_entry e;
	return directory_find(d, tag, &e) ? (uint32_t)directory_value(d, &e, 0) : absent;
}

/* Whether a tag is absent, or has a number for each sample, all the same. */
static bool
samples_same(const struct directory *d, uint16_t tag, uint32_t samples)
{
	struct directory_entry e;
	if (!directory_find(d, tag, &e))
		return true;
	for (uint64_t i = 1; i < e.count; i++) {
		if (directory_value(d, &e, i) != directory_value(d, &e, 0))
			return false;
	}
	return e.count == samples;
}

/* Whether there are no more extra samples than samples, and all of a known kind. */
static bool
extra_fine(const struct directory *d, uint32_t samples)
{
	struct directory_entry e = {.count = 0};
	bool fine = !directory_find(d, TIFFTAG_EXTRASAMPLES, &e) || e.count <= samples;
	for (uint64_t i = 0; fine && i < e.count; i++)
		fine = directory_value(d, &e, i) <= EXTRASAMPLE_UNASSALPHA;
	return fine;
}

static bool
image_fine(const struct image *im, const struct directory *d)
{
	uint32_t photometric = value(d, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
	uint32_t planar = value(d, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	bool width = im->bits == 8 || im->bits == 16 || im->bits == 32 || im->bits == 64;
	bool colour = photometric == PHOTOMETRIC_MINISBLACK ||
	              photometric == PHOTOMETRIC_MINISWHITE ||
	              (photometric == PHOTOMETRIC_RGB && im->samples >= 3);
	bool format = im->format == SAMPLEFORMAT_UINT || im->format == SAMPLEFORMAT_INT ||
	              im->format == SAMPLEFORMAT_IEEEFP;
	return width && colour && format && samples_same(d, TIFFTAG_BITSPERSAMPLE, im->samples) &&
	       samples_same(d, TIFFTAG_SAMPLEFORMAT, im->samples) && extra_fine(d, im->samples) &&
	       value(d, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_NONE &&
	       value(d, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB &&
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
set_blocks(struct uncompressed *u, struct image *im)
{
	static const uint16_t tags[2][3] = {
	    {TIFFTAG_STRIPOFFSETS, TIFFTAG_STRIPBYTECOUNTS, TIFFTAG_ROWSPERSTRIP},
	    {TIFFTAG_TILEOFFSETS, TIFFTAG_TILEBYTECOUNTS, TIFFTAG_TILELENGTH}};
	const struct directory *d = &u->directory;
	struct directory_entry sizes;
	for (size_t i = 0; i < 3; i++) {
		if (directory_find(d, tags[!im->tiled][i], &sizes))
			return false;
	}
	uint32_t width = value(d, TIFFTAG_TILEWIDTH, im->width);
	uint32_t height = value(d, tags[im->tiled][2], im->tiled ? 0 : UINT32_MAX);
	uint64_t blocks;
	/* libtiff refuses tiles whose sides are not multiples of 16, and so does this. */
	return (!im->tiled || (width % 16 == 0 && height % 16 == 0)) &&
	       directory_find(d, tags[im->tiled][0], &u->offsets) &&
	       directory_find(d, tags[im->tiled][1], &sizes) &&
	       image_set_blocks(im, width, height, &blocks, NULL) == 0 &&
	       u->offsets.count == blocks && sizes.count == blocks && blocks_fine(u, &sizes, im);
}

bool
uncompressed_open(struct uncompressed *u, const void *bytes, size_t len, struct image *im)
{
	struct directory *d = &u->directory;
	if (!directory_open(d, bytes, len) || d->big_endian || d->big || !tags_fine(d))
		return false;
	uint32_t samples = value(d, TIFFTAG_SAMPLESPERPIXEL, 1);
	bool separate = value(d, TIFFTAG_PLANARCONFIG, 0) == PLANARCONFIG_SEPARATE;
	*im = (struct image){.width = value(d, TIFFTAG_IMAGEWIDTH, 0),
	    .height = value(d, TIFFTAG_IMAGELENGTH, 0),
	    .bands = samples,
	    .bits = (uint16_t)value(d, TIFFTAG_BITSPERSAMPLE, 1),
	    .samples = (uint16_t)samples,
	    .format = (uint16_t)value(d, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT),
	    .compression = COMPRESSION_NONE,
	    .separate = separate && samples > 1,
	    .tiled = value(d, TIFFTAG_TILEWIDTH, 0) != 0};
	return image_fine(im, d) && image_set_type(im, NULL) == 0 && set_blocks(u, im);
}
