/*
 * TIFF to planes, within a bound of memory; what the short way (plain.h) reads, libtiff reads too,
 * with the same values.
 */

#include "base/buf.h"
#include "fuzz.h"
#include "pack/diagnose_file.h"
#include "pack/georeference.h"
#include "tiff/tiff.h"

enum { MEMORY = 64 << 20, PLANES = 4 << 20 };

static struct tiff *
reader(bool libtiff)
{
	static struct tiff *readers[2];
	if (!readers[libtiff]) {
		struct tiff_options o = {.max_memory = MEMORY, .no_fast_path = libtiff};
		readers[libtiff] = tiff_new(&o);
	}
	return readers[libtiff];
}

/* Reads into planes that are allocated one by one, just large enough. Every third one is not
 * wanted, if `some`. Returns 0, or -1, or 1: it is larger than is worth the time. */
static int
read_planes(struct tiff *t, const uint8_t *data, size_t size, bool some, struct raster *r,
    struct buf *pixels)
{
	static struct buf memory[TIFF_BUFFERS];
	struct error why = {.text = ""};
	if (tiff_open(t, data, size, r, &why) != 0) {
		must(why.text[0] != '\0', "a failure has a reason");
		diagnose_bytes(data, size, size, &why);
		must(why.text[0] != '\0', "... also when it is looked at again");
		return -1;
	}
	must(r->width > 0 && r->height > 0 && r->bands > 0 && r->dtype < DTYPE_COUNT,
	    "an image has pixels");
	uint64_t plane = (uint64_t)r->width * r->height;
	int status = 1;
	if (plane <= PLANES / dtype_size(r->dtype) / r->bands) {
		plane *= dtype_size(r->dtype);
		unsigned char **planes = calloc(r->bands, sizeof *planes);
		must(planes != NULL, "there is memory");
		for (uint32_t i = 0; i < r->bands; i++) {
			planes[i] = some && i % 3 == 1 ? NULL : calloc(1, (size_t)plane);
			must(planes[i] || some, "there is memory");
		}
		status = tiff_read(t, (void *const *)planes, memory, MEMORY, &why);
		must(status == 0 || why.text[0] != '\0', "a failure has a reason");
		for (uint32_t i = 0; i < r->bands; i++) {
			if (planes[i])
				buf_add(pixels, planes[i], (size_t)plane);
			free(planes[i]);
		}
		free(planes);
	}
	tiff_close(t);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf both[2] = {{0}};
	struct raster r[2] = {{0}};
	struct georeference place;
	bool some = size % 2 == 1;
	georeference_read(&place, (const uint64_t[2]){1, 1}, data, size);
	int status = read_planes(reader(false), data, size, some, &r[0], &both[0]);
	int slow = read_planes(reader(true), data, size, some, &r[1], &both[1]);
	must(status == slow, "both ways read it, or none");
	must(memcmp(&r[0], &r[1], sizeof r[0]) == 0, "both ways find the same raster");
	must(status != 0 || (both[0].len == both[1].len &&
	                        memcmp(both[0].data, both[1].data, both[0].len) == 0),
	    "both ways give the same values");
	buf_free(&both[0]);
	buf_free(&both[1]);
	return 0;
}
