#ifndef RSENC_FIXTURE_TIFF_H
#define RSENC_FIXTURE_TIFF_H

/*
 * Writes TIFF files for tests, laid out as GDAL lays them out: the directory first, then the
 * strips or tiles. libtiff writes into memory that is kept from file to file; the disk sees one
 * write. Fails by exiting: a test without its fixture is of no use.
 */

#include "base/buf.h"
#include "process/diag.h"
#include "tensor/dtype.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

enum {
	TAG_SCALE = 33550,
	TAG_TIEPOINT = 33922,
	TAG_GEO_KEYS = 34735,
	TAG_GEO_DOUBLES = 34736,
	TAG_GEO_TEXT = 34737,
	TAG_GDAL_METADATA = 42112,
	TAG_GDAL_NODATA = 42113
};

enum georeference { GEO_NONE, GEO_UTM, GEO_DEGREES };

/* How a file is laid out. */
struct layout {
	enum dtype dtype;
	uint16_t planar; /* PLANARCONFIG_*; */
	uint16_t compression;
	uint16_t predictor; /* 0: no such tag */
	uint32_t rows;      /* a strip; 0: as many as fit 8 KB, as GDAL does */
	uint32_t tile;      /* side; 0: strips */
	const char *nodata; /* or NULL */
	const char *metadata;
	enum georeference geo;
};

struct picture {
	uint32_t width, height, bands;
	double pixel, east, north; /* pixel size and the upper left corner, in map units */
	unsigned zone;             /* of UTM */
	unsigned char **planes;    /* one a band, in this machine's byte order */
};

static struct {
	struct buf file, block;
	size_t at;
} fixture_memory;

static tmsize_t
fixture_read(thandle_t h, void *to, tmsize_t size)
{
	(void)h;
	size_t left = fixture_memory.file.len - fixture_memory.at;
	size_t n = (size_t)size < left ? (size_t)size : left;
	memcpy(to, fixture_memory.file.data + fixture_memory.at, n);
	fixture_memory.at += n;
	return (tmsize_t)n;
}

static tmsize_t
fixture_write(thandle_t h, void *from, tmsize_t size)
{
	struct buf *f = &fixture_memory.file;
	size_t end = fixture_memory.at + (size_t)size;

	(void)h;
	if (end > f->len) {
		if (buf_reserve(f, end - f->len) != 0)
			diag_die(STATUS_BAD, "out of memory");
		f->len = end;
	}
	memcpy(f->data + fixture_memory.at, from, (size_t)size);
	fixture_memory.at = end;
	return size;
}

static toff_t
fixture_seek(thandle_t h, toff_t offset, int whence)
{
	(void)h;
	size_t base = whence == SEEK_SET   ? 0
	              : whence == SEEK_CUR ? fixture_memory.at
	                                   : fixture_memory.file.len;
	size_t to = base + (size_t)offset;
	if (to > fixture_memory.file.len) { /* a hole */
		size_t extra = to - fixture_memory.file.len;
		if (buf_reserve(&fixture_memory.file, extra) != 0)
			diag_die(STATUS_BAD, "out of memory");
		memset(fixture_memory.file.data + fixture_memory.file.len, 0, extra);
		fixture_memory.file.len = to;
	}
	return fixture_memory.at = to;
}

static int
fixture_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t
fixture_size(thandle_t h)
{
	(void)h;
	return fixture_memory.file.len;
}

/* The tags of GeoTIFF and GDAL that libtiff does not know by itself. */
static void
fixture_add_tags(TIFF *t)
{
	static const TIFFFieldInfo tags[] = {
	    {TAG_SCALE, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, "ModelPixelScale"},
	    {TAG_TIEPOINT, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, "ModelTiepoint"},
	    {TAG_GEO_KEYS, -1, -1, TIFF_SHORT, FIELD_CUSTOM, 1, 1, "GeoKeyDirectory"},
	    {TAG_GEO_DOUBLES, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, "GeoDoubleParams"},
	    {TAG_GEO_TEXT, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, "GeoAsciiParams"},
	    {TAG_GDAL_METADATA, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, "GDALMetadata"},
	    {TAG_GDAL_NODATA, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, "GDALNoData"},
	};
	TIFFMergeFieldInfo(t, tags, sizeof tags / sizeof *tags);
}

static void
fixture_georeference(TIFF *t, const struct layout *l, const struct picture *p)
{
	double scale[3] = {p->pixel, p->pixel, 0};
	double tie[6] = {0, 0, 0, p->east, p->north, 0};
	/* clang-format off */
	uint16_t utm[] = { 1, 1, 0, 7, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, TAG_GEO_TEXT, 22, 0,
		2049, TAG_GEO_TEXT, 7, 22, 2054, 0, 1, 9102, 3072, 0, 1, (uint16_t)(32600 + p->zone),
		3076, 0, 1, 9001 };
	uint16_t degrees[] = { 1, 1, 0, 7, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326,
		2049, TAG_GEO_TEXT, 7, 0, 2054, 0, 1, 9102, 2057, TAG_GEO_DOUBLES, 1, 1,
		2059, TAG_GEO_DOUBLES, 1, 0 };
	/* clang-format on */
	double ellipsoid[] = {298.257223563, 6378137};
	char text[64];

	if (l->geo == GEO_NONE)
		return;
	TIFFSetField(t, TAG_SCALE, 3, scale);
	TIFFSetField(t, TAG_TIEPOINT, 6, tie);
	if (l->geo == GEO_UTM) {
		TIFFSetField(t, TAG_GEO_KEYS, 32, utm);
		snprintf(text, sizeof text, "WGS 84 / UTM zone %02uN|WGS 84|", p->zone);
		TIFFSetField(t, TAG_GEO_TEXT, text);
	} else {
		TIFFSetField(t, TAG_GEO_KEYS, 32, degrees);
		TIFFSetField(t, TAG_GEO_DOUBLES, 2, ellipsoid);
		TIFFSetField(t, TAG_GEO_TEXT, "WGS 84|");
	}
}

static uint16_t
fixture_sample_format(enum dtype d)
{
	return d == DTYPE_F32   ? SAMPLEFORMAT_IEEEFP
	       : d == DTYPE_I16 ? SAMPLEFORMAT_INT
	                        : SAMPLEFORMAT_UINT;
}

static void
fixture_describe(TIFF *t, const struct layout *l, const struct picture *p)
{
	size_t size = dtype_size(l->dtype);
	bool rgb = l->dtype == DTYPE_U8 && p->bands >= 3;
	uint16_t extra[512] = {0};
	uint16_t extras = (uint16_t)(p->bands - (rgb ? 3 : 1));

	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->width);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->height);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, (int)(8 * size));
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, (int)p->bands);
	TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, fixture_sample_format(l->dtype));
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, rgb ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
	TIFFSetField(t, TIFFTAG_PLANARCONFIG, l->planar);
	TIFFSetField(t, TIFFTAG_COMPRESSION, l->compression);
	if (extras > 0)
		TIFFSetField(t, TIFFTAG_EXTRASAMPLES, extras, extra);
	if (l->predictor)
		TIFFSetField(t, TIFFTAG_PREDICTOR, l->predictor);
	if (l->tile > 0) {
		TIFFSetField(t, TIFFTAG_TILEWIDTH, l->tile);
		TIFFSetField(t, TIFFTAG_TILELENGTH, l->tile);
	} else {
		size_t row = p->width * size * (l->planar == PLANARCONFIG_CONTIG ? p->bands : 1);
		uint32_t fit = row > 8192 ? 1 : (uint32_t)(8192 / row);
		uint32_t rows = l->rows ? l->rows : fit;
		TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, rows < p->height ? rows : p->height);
	}
	fixture_georeference(t, l, p);
	if (l->metadata)
		TIFFSetField(t, TAG_GDAL_METADATA, l->metadata);
	if (l->nodata)
		TIFFSetField(t, TAG_GDAL_NODATA, l->nodata);
}

/* Copies one strip or tile, w x h samples at (x, y), of bands first..first+count-1 interleaved,
 * into the block; what lies outside the picture is 0, as GDAL leaves it. */
static void
fixture_gather(const struct picture *p, size_t size, uint32_t first, uint32_t count, uint32_t x,
    uint32_t y, uint32_t w, uint32_t h)
{
	char *block = fixture_memory.block.data;
	uint32_t wide = p->width - x < w ? p->width - x : w;

	memset(block, 0, (size_t)w * h * count * size);
	for (uint32_t r = 0; r < h && y + r < p->height; r++) {
		for (uint32_t b = 0; b < count; b++) {
			const unsigned char *from = p->planes[first + b] +
			                            ((size_t)(y + r) * p->width + x) * size;
			char *to = block + ((size_t)r * w * count + b) * size;
			if (count == 1)
				memcpy(to, from, wide * size);
			else
				for (uint32_t i = 0; i < wide; i++)
					memcpy(to + i * count * size, from + i * size, size);
		}
	}
}

static void
fixture_encode(TIFF *t, const struct layout *l, const struct picture *p, const char *path)
{
	bool contig = l->planar == PLANARCONFIG_CONTIG;
	size_t size = dtype_size(l->dtype);
	uint32_t count = contig ? p->bands : 1;
	uint32_t w = p->width, h = p->height, block = 0;

	if (l->tile > 0)
		w = h = l->tile;
	else
		TIFFGetField(t, TIFFTAG_ROWSPERSTRIP, &h);
	fixture_memory.block.len = 0;
	if (buf_reserve(&fixture_memory.block, (size_t)w * h * count * size) != 0)
		diag_die(STATUS_BAD, "out of memory");
	for (uint32_t b = 0; b < p->bands; b += count)
		for (uint32_t y = 0; y < p->height; y += h)
			for (uint32_t x = 0; x < p->width; x += w) {
				/* the last strip is as high as what is left; tiles are always whole */
				uint32_t high = l->tile == 0 && p->height - y < h ? p->height - y
				                                                  : h;
				tmsize_t bytes = (tmsize_t)((size_t)w * high * count * size);
				fixture_gather(p, size, b, count, x, y, w, high);
				tmsize_t done = l->tile > 0 ? TIFFWriteEncodedTile(t, block++,
				                                  fixture_memory.block.data, bytes)
				                            : TIFFWriteEncodedStrip(t, block++,
				                                  fixture_memory.block.data, bytes);
				if (done != bytes)
					diag_die(STATUS_BAD, "%s: libtiff cannot write it", path);
			}
}

static void
fixture_save(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd == -1)
		diag_die(STATUS_BAD, "%s: cannot create it: %s", path, strerror(errno));
	for (const char *at = bytes; len > 0;) {
		ssize_t n = write(fd, at, len);
		if (n == -1)
			diag_die(STATUS_BAD, "%s: cannot write: %s", path, strerror(errno));
		at += n;
		len -= (size_t)n;
	}
	if (close(fd) != 0)
		diag_die(STATUS_BAD, "%s: cannot write: %s", path, strerror(errno));
}

/* Writes `p` as `path`; `mode` is libtiff's: "w", with "b" big-endian, with "8" BigTIFF. */
static void
fixture_tiff(const char *path, const char *mode, const struct layout *l, const struct picture *p)
{
	fixture_memory.file.len = fixture_memory.at = 0;
	TIFFSetWarningHandler(NULL);
	TIFF *t = TIFFClientOpen(path, mode, NULL, fixture_read, fixture_write, fixture_seek,
	    fixture_close, fixture_size, NULL, NULL);
	if (t == NULL)
		diag_die(STATUS_BAD, "%s: libtiff cannot write it", path);
	fixture_add_tags(t);
	fixture_describe(t, l, p);
	/* The directory comes first in GDAL's files: write it now, mend its offsets at the end. */
	TIFFWriteCheck(t, l->tile > 0, "fixture");
	TIFFCheckpointDirectory(t);
	TIFFSetDirectory(t, 0);
	fixture_encode(t, l, p, path);
	TIFFClose(t);
	fixture_save(path, fixture_memory.file.data, fixture_memory.file.len);
}

#endif
