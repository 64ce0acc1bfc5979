#include "tiff/plain.h"

#include <string.h>

/* Types of TIFF 6.0 and their sizes. */
enum {
	BYTE = 1,
	ASCII = 2,
	SHORT = 3,
	LONG = 4,
	RATIONAL = 5,
	UNDEFINED = 7,
	DOUBLE = 12,
	TYPES = 13
};

static const unsigned char type_sizes[TYPES] = {[BYTE] = 1,
    [ASCII] = 1,
    [SHORT] = 2,
    [LONG] = 4,
    [RATIONAL] = 8,
    [UNDEFINED] = 1,
    [DOUBLE] = 8};

/* What the tags that matter say. */
struct tags {
	uint32_t width, height, samples, rows_per_strip, tile_width, tile_height;
	uint32_t bits, format, compression, photometric, planar, fill_order;
};

#define IGNORED ((size_t)-1)
#define FIELD(name) offsetof(struct tags, name)

enum count { ONE, ANY, EACH_SAMPLE, EXTRA_SAMPLES, BLOCKS };

/* Every tag that a plain file may have, in ascending order as a directory must be. The numbers of
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

/* The values of one tag, inside the file. */
struct entry {
	const unsigned char *values;
	uint32_t count;
	unsigned size; /* bytes of one */
};

static uint32_t
number(const unsigned char *p, unsigned size)
{
	uint32_t n = (uint32_t)p[0] | (uint32_t)p[1] << 8;
	return size == 2 ? n : n | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Reads the directory at `at` into entries, a place for each known tag. */
static bool
read_directory(const unsigned char *bytes, size_t len, uint32_t at, struct entry entries[KNOWN])
{
	if (at < 8 || at > len || len - at < 2)
		return false;
	uint32_t count = number(bytes + at, 2);
	if ((len - at - 2) / 12 < count || len - at - 2 - 12 * (size_t)count < 4)
		return false;
	size_t k = 0;
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *e = bytes + at + 2 + 12 * (size_t)i;
		uint32_t tag = number(e, 2), type = number(e + 2, 2), n = number(e + 4, 4);
		while (k < KNOWN && known[k].tag < tag)
			k++;
		if (k == KNOWN || known[k].tag != tag || type >= TYPES ||
		    !(known[k].types >> type & 1) || n == 0)
			return false;
		uint64_t size = (uint64_t)n * type_sizes[type];
		uint32_t offset = number(e + 8, 4);
		if (size > 4 && (offset > len || len - offset < size))
			return false;
		entries[k++] = (struct entry){
		    size > 4 ? bytes + offset : e + 8, n, type_sizes[type]};
	}
	return true;
}

static const struct entry *
plain_entry(const struct entry entries[KNOWN], uint16_t tag)
{
	for (size_t k = 0; k < KNOWN; k++) {
		if (known[k].tag == tag && entries[k].count > 0)
			return &entries[k];
	}
	return NULL;
}

/* Numbers that must be as many as there are samples, and all the same. */
static bool
same_for_each(const struct entry *e, uint32_t samples)
{
	if (e->count != samples)
		return false;
	for (uint32_t i = 1; i < samples; i++) {
		if (number(e->values + (size_t)i * e->size, e->size) != number(e->values, e->size))
			return false;
	}
	return true;
}

static bool
extra_samples_fine(const struct entry *e, uint32_t samples)
{
	for (uint32_t i = 0; i < e->count && i < samples; i++) {
		if (number(e->values + (size_t)i * e->size, e->size) > 2)
			return false;
	}
	return e->count <= samples;
}

static bool
read_tags(const struct entry entries[KNOWN], struct tags *t)
{
	*t = (struct tags){.samples = 1,
	    .rows_per_strip = UINT32_MAX,
	    .bits = 1,
	    .format = SAMPLEFORMAT_UINT,
	    .compression = COMPRESSION_NONE,
	    .photometric = PHOTOMETRIC_MINISBLACK,
	    .planar = PLANARCONFIG_CONTIG,
	    .fill_order = FILLORDER_MSB2LSB};
	const struct entry *samples = plain_entry(entries, TIFFTAG_SAMPLESPERPIXEL);
	if (samples)
		t->samples = number(samples->values, samples->size);
	for (size_t k = 0; k < KNOWN; k++) {
		const struct entry *e = &entries[k];
		if (e->count == 0)
			continue;
		if ((known[k].count == ONE && e->count != 1) ||
		    (known[k].count == EACH_SAMPLE && !same_for_each(e, t->samples)) ||
		    (known[k].count == EXTRA_SAMPLES && !extra_samples_fine(e, t->samples)))
			return false;
		if (known[k].field != IGNORED) {
			uint32_t n = number(e->values, e->size);
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
blocks_fine(const struct plain *p, const struct entry *sizes, const struct image *im)
{
	uint64_t samples = im->separate ? 1 : im->samples;
	uint64_t row = (uint64_t)im->block_width * samples * (im->bits / 8u);
	for (uint32_t i = 0; i < p->blocks; i++) {
		uint32_t y = i / im->across % im->down * im->block_height;
		uint32_t rows = im->block_height;
		if (!im->tiled && rows > im->height - y)
			rows = im->height - y;
		uint64_t offset = number(p->offsets + (size_t)i * p->offset_size, p->offset_size);
		uint64_t size = number(sizes->values + (size_t)i * sizes->size, sizes->size);
		if (offset == 0 || size / rows != row || size % rows != 0 || offset > p->len ||
		    p->len - offset < size)
			return false;
	}
	return true;
}

bool
plain_open(struct plain *p, const void *bytes, size_t len, struct image *im)
{
	struct entry entries[KNOWN] = {{0}};
	struct tags t;
	const unsigned char *b = bytes;
	if (len < 8 || memcmp(b, "II*\0", 4) != 0 ||
	    !read_directory(b, len, number(b + 4, 4), entries) || !read_tags(entries, &t) ||
	    !tags_fine(&t))
		return false;
	*im = (struct image){.width = t.width,
	    .height = t.height,
	    .bands = t.samples,
	    .bits = (uint16_t)t.bits,
	    .samples = (uint16_t)t.samples,
	    .format = (uint16_t)t.format,
	    .compression = COMPRESSION_NONE,
	    .separate = t.planar == PLANARCONFIG_SEPARATE && t.samples > 1,
	    .tiled = plain_entry(entries, TIFFTAG_TILEWIDTH) != NULL};
	const struct entry *offsets = plain_entry(
	    entries, im->tiled ? TIFFTAG_TILEOFFSETS : TIFFTAG_STRIPOFFSETS);
	const struct entry *sizes = plain_entry(
	    entries, im->tiled ? TIFFTAG_TILEBYTECOUNTS : TIFFTAG_STRIPBYTECOUNTS);
	bool other = plain_entry(entries, im->tiled ? TIFFTAG_STRIPOFFSETS : TIFFTAG_TILEOFFSETS) ||
	             plain_entry(entries, im->tiled ? TIFFTAG_ROWSPERSTRIP : TIFFTAG_TILELENGTH) ||
	             plain_entry(
	                 entries, im->tiled ? TIFFTAG_STRIPBYTECOUNTS : TIFFTAG_TILEBYTECOUNTS);
	if (!offsets || !sizes || other || image_set_type(im, NULL) != 0)
		return false;
	uint32_t width = im->tiled ? t.tile_width : t.width;
	uint32_t height = im->tiled ? t.tile_height : t.rows_per_strip;
	/* libtiff refuses tiles whose sides are no multiple of 16; so do not read them here. */
	if (im->tiled && (width % 16 != 0 || height % 16 != 0))
		return false;
	uint64_t blocks;
	if (image_set_blocks(im, width, height, &blocks, NULL) != 0 || offsets->count != blocks ||
	    sizes->count != blocks)
		return false;
	*p = (struct plain){b, len, offsets->count, offsets->values, offsets->size};
	return blocks_fine(p, sizes, im);
}

const unsigned char *
plain_block(const struct plain *p, uint32_t index)
{
	return p->bytes + number(p->offsets + (size_t)index * p->offset_size, p->offset_size);
}
