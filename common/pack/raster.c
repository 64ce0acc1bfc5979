#include "pack/raster.h"

#include "base/file.h"
#include "pack/diagnose_file.h"
#include "pack/plan.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* What libtiff keeps of an open file beside its bytes: its tags, for the most part. */
enum { HANDLE = 16 << 10 };

/* Takes bytes from *left, those that the group may still have. */
static int
raster_take(struct raster_reader *r, uint64_t *left, uint64_t bytes, struct error *why)
{
	if (bytes > *left)
		return error_memory(why,
		    "the patch needs more memory than the limit of %" PRIu64 " bytes",
		    r->options->max_memory);
	*left -= bytes;
	return 0;
}

/* A tensor of values needs no file: its type and shape stand where others have their raster's. */
static int
raster_open_literal(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t *left, struct error *why)
{
	if (raster_take(r, left, f->elements.len, why) != 0)
		return -1;
	s->literal = f;
	s->raster = (struct raster){.bands = 1, .dtype = f->literal.dtype};
	s->shape[0] = f->literal.count;
	s->open = true;
	return 0;
}

/* A file in memory, wherever it comes from: at most `most` bytes. */
static int
raster_get(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t most, struct error *why)
{
	/* rsenc-untar has it in memory already: it is used where it lies. */
	s->bytes = f->bytes;
	s->len = s->complete = f->bytes_len;
	if (f->bytes)
		return raster_take(r, &most, s->len, why);
	/* The buffers of all files are counted, so that patch_reserve can free them in time. */
	size_t capacity = s->buffer.capacity;
	s->buffer.len = 0;
	struct buf *b = &s->buffer;
	int status = f->ranged ? range_read(&r->archives, f->path, &f->range, most, &s->map, b, why)
	                       : file_read(f->path, most, &s->map, b, why);
	r->held += b->capacity - capacity;
	s->bytes = s->map.bytes ? s->map.bytes : b->data;
	s->len = s->map.bytes ? s->map.len : b->len;
	s->complete = s->map.bytes ? 0 : s->len;
	if (status != 0 && why->kind == ERROR_TOO_LARGE) {
		struct error large = *why;
		return error_memory(why,
		    "%s: the patch needs more memory than the limit of %" PRIu64 " bytes",
		    large.text, r->options->max_memory);
	}
	if (status != 0)
		diagnose_missing(f->path, why);
	return status;
}

static int
raster_wrong_bands(size_t names, uint32_t bands, struct error *why)
{
	/* Further bands may lie in pages, which to TIFF are other images. */
	return error_set(why,
	    "has %" PRIu32 " band%s, but the group line names %zu: name each band of the first "
	    "page, such as B{1..%" PRIu32 "}",
	    bands, bands == 1 ? "" : "s", names, bands);
}

/* Bytes of its bands. */
static uint64_t
raster_size(const struct raster_file *s)
{
	uint64_t pixels = s->shape[0] * s->shape[1]; /* each < 2^31 */
	uint64_t band = (uint64_t)dtype_size(s->raster.dtype) * s->raster.bands;
	return pixels > UINT64_MAX / band ? UINT64_MAX : pixels * band;
}

/* Describes the file whose bytes are there. */
static int
raster_describe(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t *left, struct error *why)
{
	if (tiff_open(s->tiff, s->bytes, s->len, &s->raster, why) != 0) {
		diagnose_bytes(s->bytes, s->len, s->complete, why);
		return -1;
	}
	s->open = true;
	/* Only a file of its own can have a download's notes beside it: an archive's member has
	 * no place in a directory. */
	if (!f->bytes && !f->ranged && !r->options->headers_only &&
	    diagnose_unfinished(f->path, s->bytes, s->complete, why) != 0)
		return -1;
	/* Never a guess which bands are meant: a file of another product has another number of
	 * them. */
	if (s->raster.bands != f->names.count && !f->open_names)
		return raster_wrong_bands(f->names.count, s->raster.bands, why);
	s->shape[0] = s->raster.height;
	s->shape[1] = s->raster.width;
	/* All bands count, of which -t may keep but one: tiles and pixels of many bands are decoded
	 * whole. And a header that lies must fail before anything is allocated. */
	if (raster_take(r, left, raster_size(s), why) == 0)
		return 0;
	return error_prefix(
	    why, "%" PRIu32 " x %" PRIu32 " pixels", s->raster.width, s->raster.height);
}

static int
raster_load(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t *left, struct error *why)
{
	if (raster_get(r, s, f, *left, why) != 0)
		return -1;
	*left -= s->len;
	return raster_describe(r, s, f, left, why);
}

/* The path of an archive does not say which of its files is meant. */
static int
raster_failed(const struct group_file *f, struct error *why)
{
	return f->ranged ? error_prefix(why, "at byte %" PRIu64, f->range.at) : -1;
}

int
raster_open(struct raster_reader *r, struct raster_file *s, const struct group_file *f,
    uint64_t *left, struct error *why)
{
	/* A file is mapped if only its header is wanted, or where -M was raised to gigabytes: a
	 * header that lies must not make us read all of it. */
	enum { SMALL = 64 << 10, LARGE = 64 << 20 };
	bool headers = r->options->headers_only;
	s->literal = NULL;
	s->file = f;
	if (f->is_literal)
		return raster_open_literal(r, s, f, left, why);
	/* Readers and buffers stay with the place of a file in its group: the tenth band of
	 * every patch is of one size and kind, and finds what the last one left. */
	const struct tiff_options o = {
	    .max_memory = r->options->max_memory, .keep_damaged = r->options->keep_damaged};
	if (!s->tiff)
		s->tiff = tiff_new(&o);
	/* All files of a group are open at once: thousands of small ones would pass the limit by
	 * their handles alone. */
	if (raster_take(r, left, HANDLE, why) != 0)
		return -1;
	s->map.least = headers ? SMALL : r->options->max_memory >> 32 != 0 ? LARGE : UINT64_MAX;
	int status = raster_load(r, s, f, left, why);
	if (status == 0)
		return 0;
	raster_close(s, why);
	return raster_failed(f, why);
}

int
raster_read(struct raster_reader *r, struct raster_file *s, void *const *planes, uint64_t left,
    struct error *why)
{
	if (s->literal) {
		memcpy(planes[0], s->literal->elements.data, s->literal->elements.len);
		s->open = false;
		return 0;
	}
	int status = tiff_read(s->tiff, planes, r->memory, left, why);
	if (status != 0)
		diagnose_bytes(s->bytes, s->len, s->complete, why);
	else if (*why->text) {
		buf_addf(r->notes, "%s: %s", s->file->path, why->text);
		buf_add(r->notes, "", 1);
	}
	const struct group_file *f = s->file;
	/* GDAL would look for a side file in the archive, too; a range by hand has none. */
	if (status == 0 && tiff_was_filled(s->tiff) &&
	    (f->bytes || (f->ranged && f->range.checked)))
		status = error_set(why,
		    "strips or tiles are missing, and their nodata value may be "
		    "in a side file: unpack the archive");
	else if (status == 0 && tiff_was_filled(s->tiff) && !f->ranged)
		status = diagnose_side_file(f->path, why);
	/* At once: a codec takes more than a file's tags. */
	if (raster_close(s, why) != 0)
		status = -1;
	return status == 0 ? 0 : raster_failed(s->file, why);
}

int
raster_close(struct raster_file *s, struct error *why)
{
	if (s->open && !s->literal)
		tiff_close(s->tiff);
	s->open = false;
	/* Of one that was never opened, the file is that of an earlier patch. */
	return s->map.bytes ? file_unmap(&s->map, s->file->path, why) : 0;
}

void
raster_free(struct raster_file *s)
{
	buf_free(&s->buffer);
	tiff_free(s->tiff);
}
