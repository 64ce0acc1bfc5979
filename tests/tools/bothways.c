/*
 * bothways FILE...: reads each TIFF the fast path (tiff/uncompressed.h) and through libtiff, and compares.
 * A line a file: "fast" or "libtiff" (the way rsenc-pack takes), "same" or what differs, the
 * name. The exit status is 1 if anything differs: a file of the fast path must be readable by libtiff too,
 * with the same size, dtype and values.
 */

#include "base/file.h"
#include "tiff/uncompressed.h"
#include "tiff/tiff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pixels {
	struct raster raster;
	unsigned char *bytes;
	size_t size;
};

static int
read_pixels(struct tiff *t, const struct buf *file, struct pixels *p, struct error *why)
{
	static struct buf memory[TIFF_BUFFERS];
	int status = -1;
	*p = (struct pixels){0};
	if (tiff_open(t, file->data, file->len, &p->raster, why) != 0)
		return -1;
	size_t plane = (size_t)p->raster.width * p->raster.height * dtype_size(p->raster.dtype);
	void **planes = calloc(p->raster.bands, sizeof *planes);
	p->size = plane * p->raster.bands;
	p->bytes = p->size <= (size_t)1 << 30 ? malloc(p->size) : NULL;
	if (planes && p->bytes) {
		for (uint32_t i = 0; i < p->raster.bands; i++)
			planes[i] = p->bytes + i * plane;
		status = tiff_read(t, planes, memory, 1 << 30, why);
	}
	free(planes);
	tiff_close(t);
	return status;
}

static const char *
compare(const struct buf *file, struct error *why)
{
	const struct tiff_options usual = {.max_memory = 1 << 30},
	                          without = {.max_memory = 1 << 30, .no_fast_path = true};
	struct tiff *fast = tiff_new(&usual), *slow = tiff_new(&without);
	struct pixels a, b;
	const char *verdict = "same";
	int short_way = read_pixels(fast, file, &a, why);
	int long_way = read_pixels(slow, file, &b, why);
	if (short_way != long_way)
		verdict = short_way == 0 ? "only the fast path reads it" : "only libtiff reads it";
	else if (short_way == 0 && (memcmp(&a.raster, &b.raster, sizeof a.raster) != 0 ||
	                               a.size != b.size || memcmp(a.bytes, b.bytes, a.size) != 0))
		verdict = "values differ";
	free(a.bytes);
	free(b.bytes);
	tiff_free(fast);
	tiff_free(slow);
	return verdict;
}

int
main(int argc, char **argv)
{
	struct buf file = {0};
	int status = 0;
	for (int i = 1; i < argc; i++) {
		struct error why = {.text = ""};
		struct uncompressed uncompressed;
		struct image im;
		if (file_read(argv[i], UINT64_C(1) << 30, NULL, &file, &why) != 0) {
			printf("unreadable: %s\t%s\n", why.text, argv[i]);
			status = 1;
			continue;
		}
		bool is_fast = uncompressed_open(&uncompressed, file.data, file.len, &im);
		const char *verdict = compare(&file, &why);
		status |= strcmp(verdict, "same") != 0;
		printf("%s\t%s\t%s%s%s\n", is_fast ? "fast" : "libtiff", verdict, argv[i],
		    why.text[0] ? "\t" : "", why.text);
	}
	buf_free(&file);
	return status;
}
