#include "tiff/tiff.h"

#include "base/alloc.h"
#include "tiff/decoder.h"
#include "tiff/image.h"
#include "tiff/samples.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

_Static_assert((int)TIFF_BUFFERS == (int)MEMORY_COUNT, "the buffers of a decoder");

struct tiff {
	struct decoder decoder;           /* its tif is NULL if an open file is one of: */
	struct uncompressed uncompressed; /* the fast path */
	struct image image;
	uint64_t at; /* where libtiff reads */
	struct tiff_options options;
};

/* ---- libtiff's messages ---- */

/* One pair of handlers a process, which every libtiff has; the file, and with it the thread, is
 * found by the handle that comes with each message of a decoder. */

static void
hear(struct tiff *t, bool is_error, const char *module, const char *format, va_list ap)
{
	if (!t)
		return;
	char text[300];
	vsnprintf(text, sizeof text, format, ap);
	for (char *p = text; *p; p++) {
		if (*p == '\n') /* libtiff breaks some of its lines */
			*p = ' ';
	}
	damage_hear(&t->decoder.damage, is_error, module, text);
}

static void
on_error(thandle_t handle, const char *module, const char *format, va_list ap)
{
	hear(handle, true, module, format, ap);
}

static void
on_warning(thandle_t handle, const char *module, const char *format, va_list ap)
{
	hear(handle, false, module, format, ap);
}

static void
set_up(void)
{
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	TIFFSetErrorHandlerExt(on_error);
	TIFFSetWarningHandlerExt(on_warning);
	image_register_tags();
}

/* ---- a file in memory ---- */

static tmsize_t
read_bytes(thandle_t handle, void *to, tmsize_t size)
{
	struct tiff *t = handle;
	uint64_t left = t->at < t->decoder.len ? t->decoder.len - t->at : 0;
	uint64_t n = size < 0 ? 0 : (uint64_t)size < left ? (uint64_t)size : left;
	if (n > 0)
		memcpy(to, t->decoder.bytes + t->at, (size_t)n);
	t->at += n;
	return (tmsize_t)n;
}

static tmsize_t
write_bytes(thandle_t handle, void *from, tmsize_t size)
{
	(void)handle, (void)from, (void)size;
	return -1;
}

static toff_t
seek(thandle_t handle, toff_t offset, int whence)
{
	struct tiff *t = handle;
	uint64_t end = t->decoder.len;
	t->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? t->at + offset : end + offset;
	return t->at;
}

static int
close_file(thandle_t handle)
{
	(void)handle;
	return 0;
}

static toff_t
file_size(thandle_t handle)
{
	return ((struct tiff *)handle)->decoder.len;
}

static TIFF *
open_handle(struct tiff *t)
{
	/* As GDAL opens files, since it decides what becomes of malformed ones: strip arrays are
	 * read when they are needed (DO), long strips cut (C), the file is not mapped (m). */
	static const char mode[] = "rDOCm";
#if TIFFLIB_VERSION >= 20221213
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	if (!options)
		return NULL;
	TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)t->options.max_memory);
	TIFF *tif = TIFFClientOpenExt(
	    "", mode, t, read_bytes, write_bytes, seek, close_file, file_size, NULL, NULL, options);
	TIFFOpenOptionsFree(options);
	return tif;
#else
	return TIFFClientOpen(
	    "", mode, t, read_bytes, write_bytes, seek, close_file, file_size, NULL, NULL);
#endif
}

/* ---- the module ---- */

struct tiff *
tiff_new(const struct tiff_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_up);
	struct tiff *t = xcalloc(1, sizeof *t);
	t->options = *options;
	t->decoder.im = &t->image;
	t->decoder.keep = options->keep_damaged;
	t->decoder.inflater = inflater_new();
	return t;
}

bool
tiff_was_filled(const struct tiff *t)
{
	return t->decoder.filled;
}

/* Gives the reason: ours, else libtiff's own words. */
static int
failed(const struct tiff *t, struct error *why)
{
	if (why->text[0] != '\0')
		return -1;
	const char *said = t->decoder.damage.error.text;
	return error_set(
	    why, "not a readable TIFF file: libtiff: %s", *said ? said : "no image found");
}

int
tiff_open(struct tiff *t, const void *bytes, size_t len, struct raster *r, struct error *why)
{
	struct decoder *d = &t->decoder;
	const struct image *im = &t->image;
	d->bytes = bytes;
	d->len = len;
	d->damage = (struct damage){.flags = 0};
	d->damaged = 0;
	d->filled = false;
	t->at = 0;
	why->text[0] = '\0';
	bool fast = !t->options.no_fast_path &&
	            uncompressed_open(&t->uncompressed, bytes, len, &t->image);
	if (!fast) {
		d->tif = open_handle(t);
		if (!d->tif)
			return failed(t, why);
		if (image_describe(d->tif, &t->image, why) != 0) {
			failed(t, why);
			tiff_close(t);
			return -1;
		}
	}
	*r = (struct raster){im->width, im->height, im->bands, im->dtype};
	return 0;
}

int
tiff_read(struct tiff *t, void *const *planes, struct buf memory[TIFF_BUFFERS], uint64_t most,
    struct error *why)
{
	struct decoder *d = &t->decoder;
	why->text[0] = '\0';
	if (!d->tif)
		return blocks_read(d, &t->uncompressed, planes, why);
	decoder_start(d, memory, most);
	int status = blocks_read(d, NULL, planes, why);
	/* One line, however many blocks were kept. */
	if (status == 0 && d->damaged == 1)
		error_set(why, "%s: kept as it was decoded", d->first.text);
	else if (status == 0 && d->damaged > 1)
		error_set(why, "%s, and so are %" PRIu64 " others: kept as they were decoded",
		    d->first.text, d->damaged - 1);
	const struct image *im = &t->image;
	for (uint32_t band = 0; band < im->bands; band++) {
		if (planes[band])
			samples_to_le(planes[band], (size_t)im->width * im->height, im->dtype);
	}
	return status == DECODE_DAMAGED ? error_kind(why, ERROR_DAMAGED) : status;
}

void
tiff_close(struct tiff *t)
{
	if (t->decoder.tif)
		TIFFClose(t->decoder.tif);
	t->decoder.tif = NULL;
}

void
tiff_free(struct tiff *t)
{
	if (!t)
		return;
	tiff_close(t);
	inflater_free(t->decoder.inflater);
	free(t);
}
