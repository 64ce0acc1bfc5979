#include "tiff/image.h"

#define TAG_GDAL_NODATA 42113

/* ---- the tag GDAL_NODATA: libtiff does not know it by itself ---- */

static TIFFExtendProc next_extender;

static void
extend_tags(TIFF *tif)
{
	static char name[] = "GDALNoDataValue";
	static const TIFFFieldInfo fields[] = {
	    {TAG_GDAL_NODATA, TIFF_VARIABLE, TIFF_VARIABLE, TIFF_ASCII, FIELD_CUSTOM, 1, 0, name}};
	TIFFMergeFieldInfo(tif, fields, 1);
	if (next_extender)
		next_extender(tif);
}

void
image_register_tags(void)
{
	next_extender = TIFFSetTagExtender(extend_tags);
}

/* ---- codecs ---- */

bool
image_has_codec(uint16_t compression)
{
	return compression != COMPRESSION_JBIG && compression != COMPRESSION_PIXARLOG &&
	       TIFFIsCODECConfigured(compression);
}

static int
check_codec(uint16_t compression, struct error *why)
{
	const TIFFCodec *known = TIFFFindCODEC(compression);
	if (image_has_codec(compression))
		return 0;
	/* GDAL mostly has the same libtiff. */
	return error_set(why, "compression %s (%u) is not %s", known ? known->name : "unknown",
	    compression,
	    TIFFIsCODECConfigured(compression)
	        ? "read by rsenc: convert the file with 'gdal_translate -co COMPRESS=DEFLATE'"
	        : "in this build of libtiff: write the file again with another compression");
}

/* ---- samples ---- */

#define FORMAT(name) (1u << SAMPLEFORMAT_##name)

/* Void samples may mean anything; GDAL takes them for unsigned integers. */
#define UNSIGNED (FORMAT(UINT) | FORMAT(VOID))

/* What samples of so many bits and such formats become. What is in no row is refused: a wildcard
 * would take complex halves for integers of 32 bits, and be wrong without a word. The widths that
 * no machine type has are unpacked to the next that has room; GDAL never extends their sign, and
 * neither must we. */
static const struct {
	uint16_t from, to; /* bits */
	unsigned formats;  /* a bit for each */
	enum dtype dtype;
	enum conversion conversion;
} types[] = {
    {1, 7, UNSIGNED | FORMAT(INT), DTYPE_U8, CONVERT_BITS},
    {8, 8, UNSIGNED, DTYPE_U8, CONVERT_NONE},
    {8, 8, FORMAT(INT), DTYPE_I8, CONVERT_NONE},
    {9, 15, UNSIGNED | FORMAT(INT), DTYPE_U16, CONVERT_BITS},
    {16, 16, UNSIGNED, DTYPE_U16, CONVERT_NONE},
    {16, 16, FORMAT(INT), DTYPE_I16, CONVERT_NONE},
    {16, 16, FORMAT(IEEEFP), DTYPE_F16, CONVERT_NONE},
    {17, 31, UNSIGNED | FORMAT(INT), DTYPE_U32, CONVERT_BITS},
    {24, 24, FORMAT(IEEEFP), DTYPE_F32, CONVERT_FLOAT24},
    {32, 32, UNSIGNED, DTYPE_U32, CONVERT_NONE},
    {32, 32, FORMAT(INT), DTYPE_I32, CONVERT_NONE},
    {32, 32, FORMAT(IEEEFP), DTYPE_F32, CONVERT_NONE},
    {32, 32, FORMAT(COMPLEXINT), DTYPE_C64, CONVERT_COMPLEX_INT},
    {32, 32, FORMAT(COMPLEXIEEEFP), DTYPE_C64, CONVERT_COMPLEX_HALF},
    {64, 64, UNSIGNED, DTYPE_U64, CONVERT_NONE},
    {64, 64, FORMAT(INT), DTYPE_I64, CONVERT_NONE},
    {64, 64, FORMAT(IEEEFP), DTYPE_F64, CONVERT_NONE},
    {64, 64, FORMAT(COMPLEXIEEEFP), DTYPE_C64, CONVERT_NONE},
};

int
image_set_type(struct image *im, struct error *why)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].from <= im->bits && im->bits <= types[i].to && im->format < 32 &&
		    types[i].formats >> im->format & 1) {
			im->dtype = types[i].dtype;
			im->conversion = types[i].conversion;
			return 0;
		}
	}
	return error_set(why, "samples of %u bits, SampleFormat %u, have no safetensors dtype",
	    im->bits, im->format);
}

/* Whether it is colour of at most 8 bits that GDAL has libtiff convert to RGB or RGBA. */
static bool
is_converted(TIFF *tif, const struct image *im, uint16_t photometric, uint16_t compression)
{
	char reason[1024] = "";
	bool bitmap = im->bits == 1 && im->samples == 1;
	bool colour = photometric == PHOTOMETRIC_SEPARATED || photometric == PHOTOMETRIC_YCBCR ||
	              photometric == PHOTOMETRIC_CIELAB || photometric == PHOTOMETRIC_LOGL ||
	              photometric == PHOTOMETRIC_LOGLUV;
	/* JPEG's YCbCr is converted by libjpeg, for GDAL as well as here. */
	bool by_jpeg = photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG;
	return colour && !bitmap && !by_jpeg && im->bits <= 8 && TIFFRGBAImageOK(tif, reason) == 1;
}

/* Files whose raw samples would not be pixels. */
static int
check_raw(TIFF *tif, const struct image *im, uint16_t photometric, uint16_t compression,
    struct error *why)
{
	uint16_t across = 2, down = 2;
	if (compression == COMPRESSION_OJPEG)
		return error_set(why, "old-style JPEG that libtiff cannot convert to RGB");
	if (photometric != PHOTOMETRIC_YCBCR || compression == COMPRESSION_JPEG || im->separate)
		return 0;
	TIFFGetFieldDefaulted(tif, TIFFTAG_YCBCRSUBSAMPLING, &across, &down);
	if (across != 1 || down != 1)
		return error_set(why, "subsampled YCbCr that libtiff cannot convert to RGB");
	return 0;
}

/* ---- geometry ---- */

int
image_set_blocks(
    struct image *im, uint32_t width, uint32_t height, uint64_t *blocks, struct error *why)
{
	im->block_width = width;
	im->block_height = !im->tiled && height > im->height ? im->height : height;
	if (width == 0 || height == 0)
		return error_set(why, "%s have no size", im->tiled ? "tiles" : "strips");
	im->across = (im->width - 1) / im->block_width + 1;
	im->down = (im->height - 1) / im->block_height + 1;
	*blocks = (uint64_t)im->across * im->down * (im->separate ? im->samples : 1u);
	return 0;
}

bool
image_is_deflated(const struct image *im)
{
	return im->compression == COMPRESSION_ADOBE_DEFLATE ||
	       im->compression == COMPRESSION_DEFLATE;
}

static int
describe_blocks(TIFF *tif, struct image *im, struct error *why)
{
	uint32_t width = im->width, height = 0;
	uint64_t blocks = 0;
	im->tiled = TIFFIsTiled(tif) != 0;
	if (!im->tiled) {
		TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &height);
	} else if (!TIFFGetField(tif, TIFFTAG_TILEWIDTH, &width) ||
	           !TIFFGetField(tif, TIFFTAG_TILELENGTH, &height)) {
		return error_set(why, "tiles have no size");
	}
	if (image_set_blocks(im, width, height, &blocks, why) != 0)
		return -1;
	im->stored_height = height;
	uint32_t stored = im->tiled ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
	if (blocks > stored)
		return error_set(why, "the image needs %llu %s, the file has %u",
		    (unsigned long long)blocks, im->tiled ? "tiles" : "strips", stored);
	return 0;
}

int
image_describe(TIFF *tif, struct image *im, struct error *why)
{
	uint16_t planar = PLANARCONFIG_CONTIG, fill_order = FILLORDER_MSB2LSB;
	uint16_t compression = COMPRESSION_NONE, photometric = PHOTOMETRIC_MINISBLACK;
	char *nodata = NULL;
	*im = (struct image){.predictor = PREDICTOR_NONE};
	if (!TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &im->width) ||
	    !TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &im->height))
		return error_set(why, "width or height is missing");
	if (im->width == 0 || im->height == 0 || im->width > INT32_MAX || im->height > INT32_MAX)
		return error_set(why, "%u x %u pixels: invalid size", im->width, im->height);
	TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &im->bits);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &im->samples);
	TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &im->format);
	TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &planar);
	TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &compression);
	TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric);
	if (TIFFGetField(tif, TAG_GDAL_NODATA, &nodata))
		im->nodata = nodata;
	if (im->samples == 0)
		return error_set(why, "no samples per pixel");
	if (check_codec(compression, why) != 0)
		return -1;
	if (compression == COMPRESSION_JPEG && photometric == PHOTOMETRIC_YCBCR)
		TIFFSetField(tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);

	im->bands = im->samples;
	im->separate = planar == PLANARCONFIG_SEPARATE && im->samples > 1;
	if (image_set_type(im, why) != 0)
		return -1;
	if (is_converted(tif, im, photometric, compression)) {
		/* libtiff takes any samples for unsigned ones here. GDAL 3.6 calls the result of
		 * signed ones int8, 3.7 and later uint8; neither is what the file says. */
		if (im->dtype != DTYPE_U8)
			return error_set(
			    why, "signed samples of a colour that is converted to RGBA");
		im->conversion = CONVERT_RGBA;
		im->bands = photometric == PHOTOMETRIC_YCBCR ? 3 : 4;
	} else if (check_raw(tif, im, photometric, compression, why) != 0) {
		return -1;
	}
	im->compression = compression;
	if (image_is_deflated(im))
		TIFFGetFieldDefaulted(tif, TIFFTAG_PREDICTOR, &im->predictor);
	TIFFGetFieldDefaulted(tif, TIFFTAG_FILLORDER, &fill_order);
	im->reversed = fill_order == FILLORDER_LSB2MSB;
	im->swapped = TIFFIsByteSwapped(tif) != 0;
	im->whole_blocks = compression == COMPRESSION_WEBP && TIFFIsTiled(tif) && !im->separate;
	return describe_blocks(tif, im, why);
}
