#ifndef RSENC_FIXTURE_PATCH_H
#define RSENC_FIXTURE_PATCH_H

/* What the datasets of the fixture maker have in common: paths, places, sensors and their files. */

#include "fixture-scene.h"
#include "fixture-tiff.h"

#include <stdarg.h>
#include <sys/stat.h>

static struct {
	const char *root;
	char mode[4]; /* for TIFFClientOpen */
	bool flat, bare;
	uint64_t seed;
} options;

struct band {
	const char *name;
	unsigned metres;
	struct spectrum spectrum;
};

static const struct band sentinel2[] = {
    {"B01", 60, {520, 120, -60, 15}},
    {"B02", 10, {600, 250, -120, 40}},
    {"B03", 10, {850, 300, -50, 50}},
    {"B04", 10, {870, 450, -350, 60}},
    {"B05", 20, {1300, 450, -200, 60}},
    {"B06", 20, {2200, 450, 500, 70}},
    {"B07", 20, {2600, 500, 800, 70}},
    {"B08", 10, {2800, 500, 1000, 120}},
    {"B8A", 20, {2900, 500, 1000, 70}},
    {"B09", 60, {2900, 400, 900, 40}},
    {"B10", 60, {12, 2, 0, 2}},
    {"B11", 20, {2000, 500, -200, 60}},
    {"B12", 20, {1200, 450, -400, 60}},
};

static const struct band sentinel1[] = {
    {"VH", 10, {-16.5f, 2, 3.5f, 3}},
    {"VV", 10, {-10.5f, 2, 3, 3}},
};

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

/* ---- files ---- */

/* The path of a file below the root; its folders are made. It lives until the next call. */
__attribute__((format(printf, 1, 2))) static const char *
below(const char *format, ...)
{
	static char path[4096], made[4096];
	va_list ap;
	int len = snprintf(path, sizeof path, "%s/", options.root);

	va_start(ap, format);
	vsnprintf(path + len, sizeof path - (size_t)len, format, ap);
	va_end(ap);
	size_t folder = (size_t)(strrchr(path, '/') - path);
	if (strncmp(path, made, folder) == 0 && made[folder] == '\0')
		return path;
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			diag_die(
			    STATUS_BAD, "%s: cannot make the folder: %s", path, strerror(errno));
	}
	memcpy(made, path, folder);
	made[folder] = '\0';
	return path;
}

/* A file of text beside the patches, as the real datasets have. */
static void
beside(const char *path, const char *text)
{
	if (!options.bare)
		fixture_save(path, text, strlen(text));
}

/* Planes for bands of side x side samples, kept from file to file. */
static unsigned char **
planes(size_t bands, size_t bytes)
{
	static unsigned char *plane[256], *data;
	static size_t size;

	if (bands * bytes > size) {
		free(data);
		size = bands * bytes;
		if ((data = malloc(size)) == NULL)
			diag_die(STATUS_BAD, "out of memory");
	}
	for (size_t i = 0; i < bands; i++)
		plane[i] = data + i * bytes;
	return plane;
}

/* Where a patch lies. */
struct place {
	uint64_t window;
	unsigned zone;
	double east, north;
};

static struct place
place(unsigned long i, unsigned zone)
{
	struct place p = {(options.seed << 40) + i * 2654435761u + 1, zone,
	    300000 + 1200.0 * (double)(i % 90), 5800000 - 1200.0 * (double)(i / 90 % 90)};
	return p;
}

/* One file with bands of side x side samples of the given spectra. */
static void
bands_file(const char *path, const struct layout *l, struct place at, uint32_t side, uint32_t step,
    unsigned metres, unsigned first, unsigned count, struct spectrum (*spectrum)(unsigned))
{
	size_t bytes = (size_t)side * side * dtype_size(l->dtype);
	bool degrees = l->geo == GEO_DEGREES;
	struct picture p = {side, side, count, degrees ? metres * 9e-6 : metres,
	    degrees ? at.east * 9e-6 : at.east, degrees ? at.north * 9e-6 : at.north, at.zone,
	    planes(count, bytes)};

	for (unsigned b = 0; b < count; b++) {
		struct spectrum s = spectrum(first + b);
		scene_plane(p.planes[b], l->dtype, side, step, at.window, first + b, &s);
	}
	fixture_tiff(path, options.mode, l, &p);
}

static struct spectrum
sentinel1_spectrum(unsigned b)
{
	return sentinel1[b].spectrum;
}

static struct spectrum
sentinel2_spectrum(unsigned b)
{
	return sentinel2[b].spectrum;
}

/* The two radar bands, a file each: prefix + VH. `side` samples of 10 m. */
static void
sentinel1_files(const char *prefix, const char *suffix, bool lower, const struct layout *l,
    struct place at, uint32_t side)
{
	for (unsigned b = 0; b < COUNT_OF(sentinel1); b++) {
		const char *name = lower ? (b ? "vv" : "vh") : sentinel1[b].name;
		bands_file(below("%s%s%s", prefix, name, suffix), l, at, side, 1, 10, b, 1,
		    sentinel1_spectrum);
	}
}

/* The optical bands, a file each, at their own resolutions. `without` names one to leave out;
 * `brief` writes B1 for B01. */
static void
sentinel2_files(const char *prefix, const char *without, bool brief, const struct layout *l,
    struct place at, uint32_t side)
{
	for (unsigned b = 0; b < COUNT_OF(sentinel2); b++) {
		const char *name = sentinel2[b].name + 1;
		unsigned step = sentinel2[b].metres / 10;
		if (strcmp(sentinel2[b].name, without) == 0)
			continue;
		bands_file(below("%sB%s.tif", prefix, name + (brief && *name == '0')), l, at,
		    side / step, step, sentinel2[b].metres, b, 1, sentinel2_spectrum);
	}
}

/* Day and time of acquisition number t, as in product names. */
static const char *
stamp(unsigned long t)
{
	static char text[2][32];
	static unsigned turn;
	char *s = text[turn = !turn];

	snprintf(s, sizeof text[0], "20%02lu%02lu%02luT%02lu%02lu%02lu", 17 + t / 336 % 80,
	    t / 28 % 12 + 1, t % 28 + 1, 9 + t % 4, t * 7 % 60, t * 13 % 60);
	return s;
}

#endif
