/*
 * The floor for packing deflated TIFF files: reads each file, decompresses its strips into one
 * buffer and does nothing with them. With libdeflate alone where there is one (HAVE_LIBDEFLATE),
 * else with libtiff.
 *
 *     inflate JOBS FILE...      JOBS processes, which share the files
 */

#include "base/file.h"
#include "process/diag.h"
#include "process/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tiffio.h>
#include <unistd.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

struct input {
	struct buf file;
	uint64_t at; /* of the next byte that libtiff reads */
	void *strip; /* decompressed; of the size of the largest so far */
	size_t size;
};

/* ---- a file in memory, for libtiff ---- */

static tmsize_t
read_bytes(thandle_t handle, void *to, tmsize_t size)
{
	struct input *in = handle;
	uint64_t left = in->at < in->file.len ? in->file.len - in->at : 0;
	uint64_t n = (uint64_t)size < left ? (uint64_t)size : left;
	memcpy(to, in->file.data + in->at, n);
	in->at += n;
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
	struct input *in = handle;
	in->at = whence == SEEK_CUR   ? in->at + offset
	         : whence == SEEK_END ? in->file.len + offset
	                              : offset;
	return in->at;
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
	return ((struct input *)handle)->file.len;
}

/* ---- strips ---- */

#ifdef HAVE_LIBDEFLATE
static int
read_strip(TIFF *tif, uint32_t strip, struct input *in)
{
	static struct libdeflate_decompressor *decompressor;
	uint64_t offset = TIFFGetStrileOffset(tif, strip),
	         count = TIFFGetStrileByteCount(tif, strip);
	size_t got;
	if (!decompressor && !(decompressor = libdeflate_alloc_decompressor()))
		diag_die(STATUS_BAD, "out of memory");
	if (offset > in->file.len || count > in->file.len - offset)
		return -1;
	return libdeflate_zlib_decompress(decompressor, in->file.data + offset, count, in->strip,
	           in->size, &got) == LIBDEFLATE_SUCCESS
	           ? 0
	           : -1;
}
#else
static int
read_strip(TIFF *tif, uint32_t strip, struct input *in)
{
	return TIFFReadEncodedStrip(tif, strip, in->strip, (tmsize_t)in->size) < 0 ? -1 : 0;
}
#endif

static void
read_file(const char *path, struct input *in)
{
	struct error why;
	if (file_read(path, UINT64_C(1) << 30, NULL, &in->file, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	in->at = 0;
	TIFF *tif = TIFFClientOpen(
	    path, "rm", in, read_bytes, write_bytes, seek, close_file, file_size, NULL, NULL);
	if (!tif || TIFFIsTiled(tif))
		diag_die(STATUS_BAD, "%s: not a TIFF file in strips", path);
	size_t size = (size_t)TIFFStripSize(tif);
	if (size > in->size) {
		free(in->strip);
		in->size = size;
		if (!(in->strip = malloc(size)))
			diag_die(STATUS_BAD, "out of memory");
	}
	for (uint32_t strip = 0; strip < TIFFNumberOfStrips(tif); strip++) {
		if (read_strip(tif, strip, in) != 0)
			diag_die(
			    STATUS_BAD, "%s: strip %" PRIu32 " can't be decompressed", path, strip);
	}
	TIFFClose(tif);
}

/* Every jobs-th file, from the one of that number on. */
static void
read_files(char **paths, int count, int number, int jobs)
{
	struct input in = {0};
	for (int i = number; i < count; i += jobs)
		read_file(paths[i], &in);
	buf_free(&in.file);
	free(in.strip);
}

int
main(int argc, char **argv)
{
	int bad = 0, status;
	diag_start(argv[0]);
	if (argc < 3)
		diag_usage("usage: inflate JOBS FILE...");
	int jobs = (int)strtoull(argv[1], NULL, 10);
	TIFFSetWarningHandler(NULL);
	for (int number = 0; number < jobs; number++) {
		pid_t child = fork();
		if (child < 0)
			diag_die(STATUS_BAD, "can't fork: %s", strerror(errno));
		if (child == 0) {
			read_files(argv + 2, argc - 2, number, jobs);
			return STATUS_OK;
		}
	}
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad ? STATUS_BAD : STATUS_OK;
}
