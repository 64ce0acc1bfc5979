/*
 * What looks into blobs: statistics, pictures, and where two of them differ. The input is a blob;
 * the other one is the same but for one byte.
 */

#include "../free.h"
#include "fuzz.h"
#include "tensor/safetensors.h"
#include "tensor/stats.h"
#include "view/picture.h"

#include <math.h>
#include <stdlib.h>

enum { MEMORY = 16 << 20 };

static void
check_stats(const struct tensor *t, const char *data)
{
	struct stats s;
	char text[STATS_FIELDS][DECIMAL_SIZE];
	double f[STATS_FIELDS];
	size_t left = MEMORY;
	if (stats_start(&s, t->dtype, true, (double)NAN, &left) == 0 &&
	    stats_add(&s, data + t->begin, t->end - t->begin) == 0) {
		stats_text(&s, text);
		for (unsigned i = 0; i < STATS_FIELDS; i++)
			f[i] = strtod(text[i], NULL);
		double min = f[STATS_MIN], max = f[STATS_MAX], large = fmax(fabs(min), fabs(max));
		/* Limits are printed as floats, in their shortest form. */
		double slack = large * 1e-7;
		must(f[STATS_NAN] + f[STATS_INF] + f[STATS_ZEROS] <= f[STATS_COUNT],
		    "it counts right");
		must(isnan(min) == isnan(f[STATS_MEAN]) && isnan(max) == isnan(f[STATS_P1]),
		    "no value has no statistics");
		if (large < 1e150) /* else squares overflow */
			must(f[STATS_MEAN] >= min - slack && f[STATS_MEAN] <= max + slack &&
			         f[STATS_STD] <= max - min + large * 1e-6 &&
			         f[STATS_P1] >= min - slack && f[STATS_FIELDS - 1] <= max + slack,
			    "mean, deviation and percentiles lie between the limits");
	}
	stats_free(&s);
}

/* Draws the bands of these names, or those that the blob is usually looked at by. */
static void
check_picture(const struct safetensors *blob, const char *data, const struct names *names)
{
	static struct picture_scratch scratch;
	static struct unstack u;
	const struct stretch stretch = {.low = 2, .high = 98};
	struct band_combination c;
	struct picture p;
	struct error why = {.text = ""};
	int status = names ? band_combination_named(blob, data, names, &u, &c, &why)
	                   : band_combination_usual(blob, data, &u, &c, &why);
	if (status != 0 || picture_draw(&c, &stretch, MEMORY, &scratch, &p, &why) != 0) {
		must(why.text[0] != '\0', "a failure has a reason");
		return;
	}
	size_t bytes = p.width * p.height * p.channels, sum = 0;
	must(p.width > 0 && p.height > 0 && (p.channels == 1 || p.channels == 3) && bytes <= MEMORY,
	    "a picture has pixels, as many as memory allows");
	for (size_t i = 0; i < bytes; i++)
		sum += p.pixels[i];
	must(sum <= 255 * bytes, "all of them are there");
	free(p.pixels);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct safetensors blob;
	struct error why;
	size_t len;
	if (size < SAFETENSORS_PREFIX || safetensors_header_len(data, size, &len, &why) != 0)
		return 0;
	const char *text = (const char *)data + SAFETENSORS_PREFIX;
	if (safetensors_parse(text, len, size, &blob, &why) != 0)
		return 0;
	const char *bytes = text + len;
	check_picture(&blob, bytes, NULL);
	for (size_t i = 0; i < blob.count && i < 8; i++) {
		const char *name = blob.tensors[i].name;
		const struct names names = {.name = &name, .count = 1};
		check_stats(&blob.tensors[i], bytes);
		check_picture(&blob, bytes, &names);
	}
	return 0;
}
