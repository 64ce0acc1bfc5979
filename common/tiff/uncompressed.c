#include "tiff/uncompressed.h"

#include <string.h>

/* Types of TIFF 6.0. */
enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, UNDEFINED = 7, DOUBLE = 12 };

/* What the tags that matter say. */
struct tags {
	uint32_t width, height, samples, rows_per_strip, tile_width, tile_height;
	uint32_t bits, format, compression, photometric, planar, fill_order;
};

#define IGNORED ((size_t)-1)
#define FIELD(name) offsetof(struct tags, name)

enum count { ONE, ANY, EACH_SAMPLE, EXTRA_SAMPLES, BLOCKS };

/* Every tag that such a file may have, in ascending order as a directory must be. The numbers of
 * EACH_SAMPLE must all be the same. */
static const struct known {
	uint16_t tag;
	uint16_t types; /* a bit for each that is allowed */
	enum count count;
	size_t field;
} known[] = {
    {254, 1 << LONG, ONE, IGNORED},                            /* NewSubfileType */
    {256, 1 << SHORT | 1 << LONG, ONE, FIELD(width)},          /* ImageWidth */
    {257, 1 << SHORT | 1 << LONG, ONE, FIELD(height)},         /* ImageLength */
    {258, 1 << SHORT, EACH_SAMPLE, FIELD(bits)},               /* BitsPerSample */
    {259, 1 << SHORT, ONE, FIELD(compression)},                /* Compression */
    {262, 1 << SHORT, ONE, FIELD(photometric)},                /* PhotometricInterpretation */
    {266, 1 << SHORT, ONE, FIELD(fill_order)},                 /* FillOrder */
    {270, 1 << ASCII, ANY, IGNORED},                           /* ImageDescription */
    {271, 1 << ASCII, ANY, IGNORED},                           /* Make */
    {272, 1 << ASCII, ANY, IGNORED},                           /* Model */
    {273, 1 << SHORT | 1 << LONG, BLOCKS, IGNORED},            /* StripOffsets */
    {274, 1 << SHORT, ONE, IGNORED},                           /* Orientation */
    {277, 1 << SHORT, ONE, FIELD(samples)},                    /* SamplesPerPixel */
    {278, 1 << SHORT | 1 << LONG, ONE, FIELD(rows_per_strip)}, /* RowsPerStrip */
    {279, 1 << SHORT | 1 << LONG, BLOCKS, IGNORED},            /* StripByteCounts */
    {282, 1 << RATIONAL, ONE, IGNORED},                        /* XResolution */
    {283, 1 << RATIONAL, ONE, IGNORED},                        /* YResolution */
    {284, 1 << SHORT, ONE, FIELD(planar)},                     /* PlanarConfiguration */
    {296, 1 << SHORT, ONE, IGNORED},                           /* ResolutionUnit */
    {305, 1 << ASCII, ANY, IGNORED},                           /* Software */
    {306, 1 << ASCII, ANY, IGNORED},                           /* DateTime */
    {322, 1 << SHORT | 1 << LONG, ONE, FIELD(tile_width)},     /* TileWidth */
    {323, 1 << SHORT | 1 << LONG, ONE, FIELD(tile_height)},    /* TileLength */
    {324, 1 << LONG, BLOCKS, IGNORED},                         /* TileOffsets */
    {325, 1 << SHORT | 1 << LONG, BLOCKS, IGNORED},            /* TileByteCounts */
    {338, 1 << SHORT, EXTRA_SAMPLES, IGNORED},                 /* ExtraSamples */
    {339, 1 << SHORT, EACH_SAMPLE, FIELD(format)},             /* SampleFormat */
    {700, 1 << BYTE | 1 << UNDEFINED, ANY, IGNORED},           /* XMP */
    {33550, 1 << DOUBLE, ANY, IGNORED},                        /* GeoTIFF: ModelPixelScale */
    {33922, 1 << DOUBLE, ANY, IGNORED},                        /* ModelTiepoint */
    {34264, 1 << DOUBLE, ANY, IGNORED},                        /* ModelTransformation */
    {34735, 1 << SHORT, ANY, IGNORED},                         /* GeoKeyDirectory */
    {34736, 1 << DOUBLE, ANY, IGNORED},                        /* GeoDoubleParams */
    {34737, 1 << ASCII, ANY, IGNORED},                         /* GeoAsciiParams */
    {42112, 1 << ASCII, ANY, IGNORED},                         /* GDAL_METADATA */
    {42113, 1 << ASCII, ANY, IGNORED},                         /* GDAL_NODATA */
};

enum { KNOWN = sizeof known / sizeof *known };

/* Reads the directory into entries, a place for each known tag. */
static bool
read_directory(const struct directory *d, struct directory_entry entries[KNOWN])
{
	if (d->at < 8 || !directory_has(d, d->at, 1, d->count_size))
		return false;
	uint64_t count = directory_number(d, d->at, d->count_size);
	uint64_t first = d->at + d->count_size;
	if (!directory_has(d, first, count, d->entry_size) ||
	    !directory_has(d, first + count * d->entry_size, 1, d->word))
		return false;
	size_t k = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct directory_entry e;
		directory_entry(d, first + i * d->entry_size, &e);
		while (k < KNOWN && known[k].tag < e.tag)
			k++;
		if (k == KNOWN || known[k].tag != e.tag || e.type >= 32 ||
		    !(known[k].types >> e.type & 1) || e.count == 0 ||
		    !directory_has(d, e.at, e.count, e.size))
			return false;
		entries[k++] = e;
	}
	return true;
}

static const struct directory_entry *
find_entry(const struct directory_entry entries[KNOWN], uint16_t tag)
{
	for (size_t k = 0; k < KNOWN; k++) {
		if (known[k].tag == tag && entries[k].count > 0)
			return &entries[k];
	}
	return NULL;
}

/* Numbers that must be as many as there are samples, and all the same. */
static bool
same_for_each(const struct directory *d, const struct directory_entry *e, uint32_t samples)
{
	if (e->count != samples)
		return false;
	for (uint32_t i = 1; i < samples; i++) {
		if (directory_value(d, e, i) != directory_value(d, e, 0))
			return false;
	}
	return true;
}

static bool
extra_samples_fine(const struct directory *d, const struct directory_entry *e, uint32_t samples)
{
	for (uint32_t i = 0; i < e->count && i < samples; i++) {
		if (directory_value(d, e, i) > 2)
			return false;
	}
	return e->count <= samples;
}

static bool
read_tags(const struct directory *d, const struct directory_entry entries[KNOWN], struct tags *t)
{
	*t = (struct tags){.samples = 1,
	    .rows_per_strip = UINT32_MAX,
	    .bits = 1,
	    .format = SAMPLEFORMAT_UINT,
	    .compression = COMPRESSION_NONE,
	    .photometric = PHOTOMETRIC_MINISBLACK,
	    .planar = PLANARCONFIG_CONTIG,
	    .fill_order = FILLORDER_MSB2LSB};
	const struct directory_entry *samples = find_entry(entries, TIFFTAG_SAMPLESPERPIXEL);
	if (samples)
		t->samples = (uint32_t)directory_value(d, samples, 0);
	for (size_t k = 0; k < KNOWN; k++) {
		const struct directory_entry *e = &entries[k];
		if (e->count == 0)
			continue;
		if ((known[k].count == ONE && e->count != 1) ||
		    (known[k].count == EACH_SAMPLE && !same_for_each(d, e, t->samples)) ||
		    (known[k].count == EXTRA_SAMPLES && !extra_samples_fine(d, e, t->samples)))
			return false;
		if (known[k].field != IGNORED) {
			uint32_t n = (uint32_t)directory_value(d, e, 0);
			memcpy((char *)t + known[k].field, &n, sizeof n);
		}
	}
	return true;
}

static bool
tags_fine(const struct tags *t)
{
	bool width = t->bits == 8 || t->bits == 16 || t->bits == 32 || t->bits == 64;
	bool colour = t->photometric == PHOTOMETRIC_MINISBLACK ||
	              t->photometric == PHOTOMETRIC_MINISWHITE ||
	              (t->photometric == PHOTOMETRIC_RGB && t->samples >= 3);
	bool format = t->format == SAMPLEFORMAT_UINT || t->format == SAMPLEFORMAT_INT ||
	              t->format == SAMPLEFORMAT_IEEEFP;
	return width && colour && format && t->compression == COMPRESSION_NONE &&
	       t->fill_order == FILLORDER_MSB2LSB && t->width > 0 && t->height > 0 &&
	       t->width <= INT32_MAX && t->height <= INT32_MAX && t->samples > 0 &&
	       (t->planar == PLANARCONFIG_CONTIG || t->planar == PLANARCONFIG_SEPARATE);
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
set_blocks(struct uncompressed *u, const struct directory_entry entries[KNOWN],
    const struct tags *t, struct image *im)
{
	static const uint16_t tags[2][3] = {
	    {TIFFTAG_STRIPOFFSETS, TIFFTAG_STRIPBYTECOUNTS, TIFFTAG_ROWSPERSTRIP},
	    {TIFFTAG_TILEOFFSETS, TIFFTAG_TILEBYTECOUNTS, TIFFTAG_TILELENGTH}};
	const struct directory_entry *offsets = find_entry(entries, tags[im->tiled][0]);
	const struct directory_entry *sizes = find_entry(entries, tags[im->tiled][1]);
	for (size_t i = 0; i < 3; i++) {
		if (find_entry(entries, tags[!im->tiled][i]))
			return false;
	}
	uint32_t width = im->tiled ? t->tile_width : t->width;
	uint32_t height = im->tiled ? t->tile_height : t->rows_per_strip;
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
	struct directory_entry entries[KNOWN] = {{0}};
	struct directory *d = &u->directory;
	struct tags t;
	if (!directory_open(d, bytes, len) || d->big_endian || d->big ||
	    !read_directory(d, entries) || !read_tags(d, entries, &t) || !tags_fine(&t))
		return false;
	*im = (struct image){.width = t.width,
	    .height = t.height,
	    .bands = t.samples,
	    .bits = (uint16_t)t.bits,
	    .samples = (uint16_t)t.samples,
	    .format = (uint16_t)t.format,
	    .compression = COMPRESSION_NONE,
	    .separate = t.planar == PLANARCONFIG_SEPARATE && t.samples > 1,
	    .tiled = find_entry(entries, TIFFTAG_TILEWIDTH) != NULL};
	return image_set_type(im, NULL) == 0 && set_blocks(u, entries, &t, im);
}

const unsigned char *
uncompressed_block(const struct uncompressed *u, uint32_t index)
{
	return u->directory.bytes + directory_value(&u->directory, &u->offsets, index);
}
