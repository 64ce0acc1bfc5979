#include "pack/georeference.h"

#include "base/number.h"
#include "tiff/directory.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PIXEL_SCALE = 33550, TIEPOINT = 33922, TRANSFORMATION = 34264, GEO_KEYS = 34735 };
enum { MODEL_TYPE = 1024, RASTER_TYPE = 1025, GEOGRAPHIC_CRS = 2048, PROJECTED_CRS = 3072 };
enum { GEOGRAPHIC = 2, GEOCENTRIC = 3, PIXEL_IS_POINT = 2, OF_ITS_OWN = 32767 };

/* The values of a tag: at least `count` of `size` bytes. */
static bool
find_tag(const struct directory *d, uint16_t tag, uint64_t count, unsigned size,
    struct directory_entry *e)
{
	return directory_find(d, tag, e) && e->count >= count && e->size == size;
}

static double
get_double(const struct directory *d, const struct directory_entry *e, uint64_t i)
{
	uint64_t bits = directory_value(d, e, i);
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* The value of a key that is a number in the directory of keys itself, or `otherwise`. */
static unsigned
find_key(const struct directory *d, unsigned key, unsigned otherwise)
{
	struct directory_entry e;
	if (!find_tag(d, GEO_KEYS, 4, 2, &e))
		return otherwise;
	for (uint64_t i = 4; i + 3 < e.count; i += 4) {
		if (directory_value(d, &e, i) == key && directory_value(d, &e, i + 1) == 0)
			return (unsigned)directory_value(d, &e, i + 3);
	}
	return otherwise;
}

/* As GDAL reads them: a scale comes before a matrix, and rows go down whatever its sign. Tie points
 * alone are ground control points. */
static bool
read_transform(const struct directory *d, double t[6])
{
	struct directory_entry matrix, scale, point;
	if (find_tag(d, PIXEL_SCALE, 2, 8, &scale) && get_double(d, &scale, 0) != 0 &&
	    get_double(d, &scale, 1) != 0) {
		t[0] = get_double(d, &scale, 0);
		t[4] = -fabs(get_double(d, &scale, 1));
		t[1] = t[2] = t[3] = t[5] = 0;
		if (!find_tag(d, TIEPOINT, 6, 8, &point))
			return true;
		t[2] = get_double(d, &point, 3) - t[0] * get_double(d, &point, 0);
		t[5] = get_double(d, &point, 4) - t[4] * get_double(d, &point, 1);
	} else if (find_tag(d, TRANSFORMATION, 16, 8, &matrix)) {
		static const unsigned char places[6] = {0, 1, 3, 4, 5, 7};
		for (int i = 0; i < 6; i++)
			t[i] = get_double(d, &matrix, places[i]);
	} else {
		return false;
	}
	/* The tags then mean the centres of pixels, half a pixel from their corners. */
	if (find_key(d, RASTER_TYPE, 0) == PIXEL_IS_POINT) {
		t[2] -= (t[0] + t[1]) / 2;
		t[5] -= (t[3] + t[4]) / 2;
	}
	return true;
}

void
georeference_read(struct georeference *g, const uint64_t shape[2], const void *bytes, size_t len)
{
	struct directory d;
	struct directory_entry points;
	double t[6];
	*g = (struct georeference){.shape = {shape[0], shape[1]}};
	snprintf(g->crs_key, sizeof g->crs_key, "crs:%" PRIu64 "x%" PRIu64, shape[0], shape[1]);
	snprintf(g->transform_key, sizeof g->transform_key, "transform:%" PRIu64 "x%" PRIu64,
	    shape[0], shape[1]);
	if (!directory_open(&d, bytes, len))
		return;
	bool placed = read_transform(&d, t);
	/* A projected system of its own names the geographic one that it is based on, too. Of any
	 * other model the code means nothing. */
	unsigned model = find_key(&d, MODEL_TYPE, OF_ITS_OWN);
	bool known = (model > 0 && model <= GEOCENTRIC) || model == OF_ITS_OWN;
	unsigned key = model == GEOGRAPHIC || model == GEOCENTRIC ? GEOGRAPHIC_CRS : PROJECTED_CRS;
	unsigned code = known ? find_key(&d, key, 0) : 0;
	/* Without a transform, tie points are what the system belongs to, and they are dropped. */
	if (code > 0 && code < OF_ITS_OWN && (placed || !find_tag(&d, TIEPOINT, 6, 8, &points)))
		snprintf(g->crs, sizeof g->crs, "EPSG:%u", code);
	size_t at = 0;
	for (int i = 0; placed && i < 6; i++) {
		char number[DECIMAL_SIZE];
		decimal_text(number, t[i], DECIMAL_DOUBLE);
		at += (size_t)snprintf(
		    g->transform + at, sizeof g->transform - at, "%s%s", i > 0 ? "," : "", number);
	}
}
