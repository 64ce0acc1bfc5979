#include "tiff/tiff.h"

#include "base/buf.h"
#include "tiff/blocks.h"
#include "tiff/image.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "tensors are little-endian and planes are written in the machine's order");

struct tiff {
	const unsigned char *bytes; /* the file; not ours */
	uint64_t len, at;
	TIFF *tif;          /* or, if it is NULL while a file is open, */
	struct plain plain; /* the short way */
	struct image image;
	struct error problem; /* what libtiff said first about this file, or "" */
	uint64_t max_memory;
	bool no_short_way;
};

/* ---- libtiff's messages: one handler a process, which finds the file by its handle ---- */

static void (*warn_to)(const char *text);

void
tiff_on_warning(void (*warn)(const char *text))
{
	warn_to = warn;
}

static void
format_message(char *to, size_t size, const char *module, const char *format, va_list ap)
{
	int at = module && *module ? snprintf(to, size, "%s: ", module) : 0;
	if (at >= 0 && (size_t)at < size)
		vsnprintf(to + at, size - (size_t)at, format, ap);
	for (; *to; to++) {
		if (*to == '\n') /* libtiff breaks some of its lines */
			*to = ' ';
	}
}

static void
on_error(thandle_t handle, const char *module, const char *format, va_list ap)
{
	struct tiff *t = handle;
	/* The first message tells the cause, later ones what followed from it. */
	if (t && t->problem.text[0] == '\0')
		format_message(t->problem.text, sizeof t->problem.text, module, format, ap);
}

static void
on_warning(thandle_t handle, const char *module, const char *format, va_list ap)
{
	char text[300];
	(void)handle;
	if (warn_to) {
		format_message(text, sizeof text, module, format, ap);
		warn_to(text);
	}
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
	uint64_t left = t->at < t->len ? t->len - t->at : 0;
	uint64_t n = size < 0 ? 0 : (uint64_t)size < left ? (uint64_t)size : left;
	if (n > 0)
		memcpy(to, t->bytes + t->at, n);
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
	t->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? t->at + offset : t->len + offset;
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
	return ((struct tiff *)handle)->len;
}

static TIFF *
open_handle(struct tiff *t)
{
	/* As GDAL opens files, since it decides what becomes of malformed ones: strip arrays are read
	 * when they are needed (DO), long strips cut (C), the file is not mapped (m). */
	static const char mode[] = "rDOCm";
#if TIFFLIB_VERSION >= 20221213
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	if (!options)
		return NULL;
	TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)t->max_memory);
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
tiff_new(uint64_t max_memory)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_up);
	struct tiff *t = calloc(1, sizeof *t);
	if (t)
		t->max_memory = max_memory < INT64_MAX ? max_memory : INT64_MAX;
	return t;
}

void
tiff_use_libtiff(struct tiff *t)
{
	t->no_short_way = true;
}

/* Gives the reason: ours, else libtiff's own words, else what was tried. */
static int
failed(struct tiff *t, const char *tried, struct error *why)
{
	if (why->text[0] != '\0')
		return -1;
	const char *text = t->problem.text[0] ? t->problem.text : "no image found";
	return error_set(why, "%s: libtiff: %s", tried, text);
}

int
tiff_open(struct tiff *t, const void *bytes, size_t len, struct raster *r, struct error *why)
{
	t->bytes = bytes;
	t->len = len;
	t->at = 0;
	t->problem.text[0] = why->text[0] = '\0';
	if (len == 0)
		return error_set(why, "the file is empty: fetch it again");
	if (!t->no_short_way && plain_open(&t->plain, bytes, len, &t->image)) {
		*r = (struct raster){
		    t->image.width, t->image.height, t->image.bands, t->image.dtype};
		return 0;
	}
	t->tif = open_handle(t);
	if (!t->tif)
		return failed(t, "not a readable TIFF file", why);
	if (image_describe(t->tif, &t->image, why) != 0) {
		failed(t, "not a readable TIFF file", why);
		tiff_close(t);
		return -1;
	}
	*r = (struct raster){t->image.width, t->image.height, t->image.bands, t->image.dtype};
	return 0;
}

int
tiff_read(
    struct tiff *t, void *const *planes, struct buf *scratch, uint64_t most, struct error *why)
{
	t->problem.text[0] = why->text[0] = '\0';
	if (!t->tif) {
		blocks_copy(&t->plain, &t->image, planes);
		return 0;
	}
	int status = t->image.conversion == CONVERT_RGBA
	                 ? blocks_read_rgba(t->tif, &t->image, planes, scratch, most, why)
	                 : blocks_read(t->tif, &t->image, planes, scratch, most, why);
	return status == 0 ? 0 : failed(t, "its pixels can't be read", why);
}

void
tiff_close(struct tiff *t)
{
	if (t->tif)
		TIFFClose(t->tif);
	t->tif = NULL;
}

void
tiff_free(struct tiff *t)
{
	if (!t)
		return;
	tiff_close(t);
	free(t);
}
