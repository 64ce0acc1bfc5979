#ifndef RSENC_FIXTURE_DATASETS_H
#define RSENC_FIXTURE_DATASETS_H

/* How each dataset names its files and lays out its TIFFs: a function that makes patch i, and the
 * table of them. */

#include "fixture-patch.h"

#include <math.h>

/* ---- BigEarthNet v2 ---- */

enum { TILES = 7, TILE_SIDE = 90 }; /* patches along a side of a tile */

static const char *const tiles[TILES] = {
    "33UUP", "34VER", "29UPU", "32TMT", "35VLF", "31UFS", "30STH"};

struct ben {
	struct place place;
	char folder[128], patch[160]; /* of the acquisition, ending in '/', and the patch's name */
};

/* Names of patch i; consecutive patches lie in different tile folders. */
static struct ben
ben(unsigned long i, bool radar)
{
	struct ben b;
	unsigned long n = i / TILES, t = i % TILES + n / (TILE_SIDE * TILE_SIDE) * TILES;
	const char *tile = tiles[i % TILES];
	char satellite = t % 2 ? 'B' : 'A';
	char acquisition[96];

	b.place = place(i, (unsigned)(tile[0] - '0') * 10 + (unsigned)(tile[1] - '0'));
	if (radar)
		snprintf(
		    acquisition, sizeof acquisition, "S1%c_IW_GRDH_1SDV_%s", satellite, stamp(t));
	else
		snprintf(acquisition, sizeof acquisition, "S2%c_MSIL2A_%s_N9999_R%03lu_T%s",
		    satellite, stamp(t + 3), 22 + t % 100, tile);
	snprintf(b.folder, sizeof b.folder, "%s%s", options.flat ? "" : acquisition,
	    options.flat ? "" : "/");
	snprintf(b.patch, sizeof b.patch, "%s%s%s_%02lu_%02lu", acquisition, radar ? "_" : "",
	    radar ? tile : "", n % TILE_SIDE, n / TILE_SIDE % TILE_SIDE);
	return b;
}

static void
ben_s1(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_F32,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_NONE,
	    .geo = GEO_UTM};
	struct ben b = ben(i, true);
	char prefix[600];

	snprintf(prefix, sizeof prefix, "BigEarthNet-S1/%s%s/%s_", b.folder, b.patch, b.patch);
	sentinel1_files(prefix, ".tif", false, &l, b.place, 120);
}

static void
ben_s2(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U16,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_NONE,
	    .nodata = "0",
	    .geo = GEO_UTM};
	struct ben b = ben(i, false);
	char prefix[600];

	snprintf(prefix, sizeof prefix, "BigEarthNet-S2/%s%s/%s_", b.folder, b.patch, b.patch);
	sentinel2_files(prefix, "B10", false, &l, b.place, 120);
	if (i == 0)
		beside(below("metadata.parquet"), "PAR1");
}

static void
ben_maps(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U16,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_ADOBE_DEFLATE,
	    .predictor = PREDICTOR_HORIZONTAL,
	    .nodata = "0",
	    .geo = GEO_UTM};
	struct ben b = ben(i, false);
	struct picture p = {
	    120, 120, 1, 10, b.place.east, b.place.north, b.place.zone, planes(1, 120 * 120 * 2)};

	scene_map(p.planes[0], 120, b.place.window);
	fixture_tiff(below("Reference_Maps/%s%s/%s_reference_map.tif", b.folder, b.patch, b.patch),
	    options.mode, &l, &p);
}

/* ---- EnMAP: HySpecNet-11k and SpectralEarth ---- */

/* Vegetation and soil from 420 to 2450 nm in 224 bands, with the dips of water vapour. */
static struct spectrum
enmap_spectrum(unsigned b)
{
	float x = (float)b;
	float edge = 1 / (1 + expf((70 - x) / 5)); /* the red edge */
	float fall = expf(-(x > 110 ? x - 110 : 0) / 60);
	float dips = 1 - 0.95f * expf(-(x - 134) * (x - 134) / 40) -
	             0.95f * expf(-(x - 164) * (x - 164) / 20);
	struct spectrum s = {260 + 2300 * edge * fall * dips, 15 + 120 * edge * fall * dips,
	    (350 * edge - 25) * fall * dips + 60 * expf(-(x - 28) * (x - 28) / 60), 5};
	return s;
}

static void
hyspecnet_quicklook(const char *patch, const char *folder, const char *name, unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U8,
	    .planar = PLANARCONFIG_SEPARATE,
	    .compression = COMPRESSION_LZW,
	    .predictor = PREDICTOR_NONE,
	    .rows = 6,
	    .geo = GEO_UTM};
	struct picture p = {128, 128, 1, 30, 688005, 4561935, 18, planes(1, 128 * 128)};

	memset(p.planes[0], (int)(i % 4), 128 * 128);
	fixture_tiff(below("%s%s-QL_%s.TIF", folder, patch, name), options.mode, &l, &p);
}

static void
hyspecnet(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_I16,
	    .planar = PLANARCONFIG_SEPARATE,
	    .compression = COMPRESSION_ADOBE_DEFLATE,
	    .predictor = PREDICTOR_NONE,
	    .rows = 3,
	    .nodata = "-32768",
	    .geo = GEO_UTM};
	static const char *const looks[] = {"PIXELMASK", "QUALITY_CIRRUS", "QUALITY_CLASSES",
	    "QUALITY_CLOUD", "QUALITY_CLOUDSHADOW", "QUALITY_HAZE", "QUALITY_SNOW",
	    "QUALITY_TESTFLAGS", "SWIR", "VNIR"};
	unsigned long n = i / 5, t = i % 5 + n / 64 * 5;
	unsigned long y = 18 + 128 * (n % 8), x = 55 + 128 * (n / 8 % 8);
	char tile[128], patch[160], folder[400];

	snprintf(tile, sizeof tile, "ENMAP01-____L2A-DT%010lu_%sZ_%03lu_V010110_%sZ", 4950 + t,
	    stamp(1800 + t), t % 20 + 1, stamp(1815 + t));
	snprintf(patch, sizeof patch, "%s-Y%04lu%04lu_X%04lu%04lu", tile, y, y + 127, x, x + 127);
	snprintf(folder, sizeof folder, "patches/%s/%s/", tile, patch);
	bands_file(below("%s%s-SPECTRAL_IMAGE.TIF", folder, patch), &l, place(i, 18), 128, 1, 30, 0,
	    224, enmap_spectrum);
	if (options.bare)
		return;
	for (size_t k = 0; k < COUNT_OF(looks); k++)
		hyspecnet_quicklook(patch, folder, looks[k], i + k);
	beside(below("%s%s-THUMBNAIL.jpg", folder, patch), "\xff\xd8\xff\xe0");
}

static void
spectral_earth(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_I16,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_NONE,
	    .nodata = "-32768",
	    .geo = GEO_UTM};

	bands_file(below("enmap/%06lu/%lu.tif", 4950 + i % 5, i / 5), &l, place(i, 18), 128, 1, 30,
	    0, 202, enmap_spectrum);
}

/* ---- one file a patch ---- */

static struct spectrum
photo_spectrum(unsigned b)
{
	struct spectrum s = {150 - 10 * (float)b, 70, b == 1 ? 0 : -25, 12};
	return s;
}

static void
uc_merced(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U8,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_NONE,
	    .rows = 256};
	static const char *const classes[] = {"agricultural", "airplane", "baseballdiamond",
	    "beach", "buildings", "chaparral", "denseresidential", "forest", "freeway",
	    "golfcourse", "harbor", "intersection", "mediumresidential", "mobilehomepark",
	    "overpass", "parkinglot", "river", "runway", "sparseresidential", "storagetanks",
	    "tenniscourt"};
	const char *class = classes[i % COUNT_OF(classes)];
	unsigned long n = i / COUNT_OF(classes);

	if (n > 99)
		diag_die(STATUS_USAGE, "uc-merced has no more than 2100 patches");
	bands_file(below("Images/%s/%s%02lu.tif", class, class, n), &l, place(i, 11), 256, 1, 1, 0,
	    3, photo_spectrum);
	if (i == 0)
		beside(below("readme.txt"), "21 classes of 100 images\n");
}

static void
eurosat(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U16,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_NONE,
	    .geo = GEO_UTM,
	    .metadata = "<GDALMetadata>\n"
	                "  <Item name=\"interleave\" domain=\"rio_creation_kwds\">pixel</Item>\n"
	                "  <Item name=\"tiled\" domain=\"rio_creation_kwds\">False</Item>\n"
	                "</GDALMetadata>\n"};
	static const char *const classes[] = {"AnnualCrop", "Forest", "HerbaceousVegetation",
	    "Highway", "Industrial", "Pasture", "PermanentCrop", "Residential", "River", "SeaLake"};
	const char *class = classes[i % COUNT_OF(classes)];
	unsigned long n = i / COUNT_OF(classes) + 1;

	bands_file(below("%s/%s_%lu.tif", class, class, n), &l, place(i, 35), 64, 1, 10, 0, 13,
	    sentinel2_spectrum);
	beside(below("%s/%s_%lu.tif.aux.xml", class, class, n), "<PAMDataset/>\n");
}

static void
hydro(unsigned long i)
{
	static const struct layout l = {.dtype = DTYPE_U16,
	    .planar = PLANARCONFIG_CONTIG,
	    .compression = COMPRESSION_LZW,
	    .predictor = PREDICTOR_HORIZONTAL,
	    .tile = 512,
	    .geo = GEO_UTM};

	bands_file(
	    below("patch_%lu.tif", i), &l, place(i, 33), 256, 1, 10, 0, 12, sentinel2_spectrum);
	beside(below("patch_%lu.tfw", i), "10\n0\n0\n-10\n783260\n3796910\n");
}

/* ---- SSL4EO-S12: four seasons of each location ---- */

enum { SEASONS = 4 };

static const struct layout ssl4eo_layout = {.dtype = DTYPE_U16,
    .planar = PLANARCONFIG_SEPARATE,
    .compression = COMPRESSION_NONE,
    .geo = GEO_DEGREES};

static void
ssl4eo_s1(unsigned long i)
{
	struct layout l = ssl4eo_layout;
	char folder[256];
	unsigned long t = i % SEASONS * 90 + i / SEASONS;

	l.dtype = DTYPE_F32;
	snprintf(folder, sizeof folder, "s1/%07lu/S1A_IW_GRDH_1SDV_%s_%s_%06lu_%06lX_D%03lX/",
	    200 + i / SEASONS, stamp(1000 + t), stamp(1000 + t), 32904 + t, 0x3cfba + t, i % 4096);
	sentinel1_files(folder, ".tif", false, &l, place(i, 43), 264);
	beside(below("%smetadata.json", folder), "{}\n");
}

static void
ssl4eo_s2(unsigned long i, const char *level, const char *without)
{
	char folder[256];
	unsigned long t = i % SEASONS * 90 + i / SEASONS;

	snprintf(folder, sizeof folder, "%s/%07lu/%s_%s_T43RCP/", level, 200 + i / SEASONS,
	    stamp(1000 + t), stamp(1000 + t));
	sentinel2_files(folder, without, true, &ssl4eo_layout, place(i, 43), 264);
	beside(below("%smetadata.json", folder), "{}\n");
}

static void
ssl4eo_l1c(unsigned long i)
{
	ssl4eo_s2(i, "s2c", "");
}

static void
ssl4eo_l2a(unsigned long i)
{
	ssl4eo_s2(i, "s2a", "B10");
}

/* ---- Major TOM: files named as the columns of its parquet tables ---- */

static const struct layout major_tom_layout = {.dtype = DTYPE_U16,
    .planar = PLANARCONFIG_CONTIG,
    .compression = COMPRESSION_ADOBE_DEFLATE,
    .tile = 512,
    .geo = GEO_UTM};

static void
major_tom_s1(unsigned long i)
{
	struct layout l = major_tom_layout;
	char folder[256];

	l.dtype = DTYPE_F32;
	snprintf(folder, sizeof folder,
	    "Core-S1RTC/%luU_%luR/S1A_IW_GRDH_1SDV_%s_%s_%06lu_%06lX_rtc/", 400 + i, 100 + i,
	    stamp(1000 + i), stamp(1000 + i), 32904 + i, 0x3cfba + i);
	sentinel1_files(folder, ".tif", true, &l, place(i, 33), 1068);
	beside(below("%sthumbnail.png", folder), "\x89PNG");
}

static void
major_tom_s2(unsigned long i)
{
	struct layout l = major_tom_layout;
	struct place at = place(i, 33);
	char folder[256];

	snprintf(folder, sizeof folder, "Core-S2L2A/%luU_%luR/S2A_MSIL2A_%s_N0500_R022_T33UUP_%s/",
	    400 + i, 100 + i, stamp(1000 + i), stamp(1003 + i));
	sentinel2_files(folder, "B10", false, &l, at, 1068);
	l.dtype = DTYPE_U8;
	if (!options.bare)
		bands_file(
		    below("%scloud_mask.tif", folder), &l, at, 534, 2, 20, 0, 1, photo_spectrum);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	void (*make)(unsigned long i);
} datasets[] = {
    {"bigearthnet-s1", ben_s1},
    {"bigearthnet-s2", ben_s2},
    {"bigearthnet-maps", ben_maps},
    {"hyspecnet-11k", hyspecnet},
    {"uc-merced", uc_merced},
    {"eurosat-ms", eurosat},
    {"ssl4eo-s12-s1", ssl4eo_s1},
    {"ssl4eo-s12-l1c", ssl4eo_l1c},
    {"ssl4eo-s12-l2a", ssl4eo_l2a},
    {"major-tom-s1", major_tom_s1},
    {"major-tom-s2", major_tom_s2},
    {"hydro", hydro},
    {"spectral-earth-enmap", spectral_earth},
};

#endif
