#include "pack/bandfile.h"

#include "base/file.h"
#include "pack/patch.h"
#include "pack/suspect.h"

#include <inttypes.h>
#include <string.h>

/* What libtiff keeps of an open file beside its bytes: its tags, for the most part. */
enum { HANDLE = 16 << 10 };

/* A note more or less is no reason to fail: one that there is no memory for is dropped. */
static void
bandfile_note(void *context, enum tiff_note kind, const char *text)
{
	struct bandfile_reader *r = context;
	/* Damage is never kept back. The rest, as libtiff's warnings of unknown tags, come with
	 * every GeoTIFF and would drown it: they are for who asks. */
	if (kind != TIFF_NOTE_DAMAGE && !r->options->verbose)
		return;
	size_t len = r->notes->len;
	if (buf_add(r->notes, r->noted, strlen(r->noted)) != 0 || buf_add(r->notes, ": ", 2) != 0 ||
	    buf_add(r->notes, text, strlen(text) + 1) != 0)
		r->notes->len = len;
}

static struct tiff *
bandfile_tiff(struct bandfile_reader *r)
{
	struct tiff *t = tiff_new(r->options->max_memory);
	if (t)
		tiff_on_note(t, bandfile_note, r);
	if (t && r->options->keep_damaged)
		tiff_keep_damaged(t);
	return t;
}

/* A tensor of values needs no file: what is known of it is put where others have their raster's. */
static int
bandfile_open_literal(
    struct bandfile *s, const struct group_file *f, uint64_t *left, struct error *why)
{
	if (f->elements.len > *left) {
		return error_memory(why, "its values take more memory than was allowed");
	}
	*left -= f->elements.len;
	s->literal = f;
	s->raster = (struct raster){.bands = 1, .dtype = f->literal.dtype};
	s->shape[0] = f->literal.count;
	s->open = true;
	return 0;
}

/* A file in memory, wherever it comes from: at most `most` bytes. */
static int
bandfile_get(struct bandfile_reader *r, struct bandfile *s, const struct group_file *f,
    uint64_t most, struct error *why)
{
	/* Who reads an archive has it in memory already: it is used where it lies. */
	s->bytes = f->bytes;
	s->len = f->bytes_len;
	if (f->bytes && s->len > most) {
		return error_memory(why, "the file takes more memory than was allowed");
	}
	if (f->bytes)
		return 0;
	/* What buffers hold is counted over all of them, so that patch_reserve can let go of
	 * them in time. */
	size_t capacity = s->buffer.capacity;
	int status = f->ranged ? range_read(&r->archives, f->path, &f->range, most, &s->buffer, why)
	                       : file_read(f->path, most, &s->buffer, why);
	r->held += s->buffer.capacity - capacity;
	s->bytes = s->buffer.data;
	s->len = s->buffer.len;
	if (status != 0)
		suspect_missing(f->path, why);
	return status;
}

static int
bandfile_wrong_bands(size_t names, uint32_t bands, struct error *why)
{
	const char *s = names == 1 ? "" : "s";
	if (names < bands)
		error_set(why,
		    "%zu name%s for %" PRIu32 " bands: name each, as in B{1..%" PRIu32 "}", names,
		    s, bands, bands);
	else /* they may lie in pages, which to TIFF are other images */
		error_set(why,
		    "%zu name%s for %" PRIu32
		    " band%s of its first page: further pages are not read",
		    names, s, bands, bands == 1 ? "" : "s");
	return error_kind(why, "wrong number of bands");
}

/* Describes the file whose bytes are there. */
static int
bandfile_describe(struct bandfile *s, const struct group_file *f, uint64_t *left, struct error *why)
{
	if (tiff_open(s->tiff, s->bytes, s->len, &s->raster, why) != 0) {
		suspect_bytes(s->bytes, s->len, why);
		return -1;
	}
	s->open = true;
	/* Only a file of its own can have a download's notes beside it: an archive's member has
	 * no place in a directory. */
	if (!f->bytes && !f->ranged && suspect_unfinished(f->path, s->bytes, s->len, why) != 0)
		return -1;
	/* Never a guess which bands are meant: a file of another product has another number of
	 * them. */
	if (s->raster.bands != f->names.count)
		return bandfile_wrong_bands(f->names.count, s->raster.bands, why);
	s->shape[0] = s->raster.height;
	s->shape[1] = s->raster.width;
	uint64_t pixels = s->shape[0] * s->shape[1]; /* each < 2^31 */
	uint64_t band = dtype_size(s->raster.dtype);
	/* All bands count, of which -t may keep but one: tiles and pixels of many bands are decoded
	 * whole. And a header that lies must fail before anything is allocated. */
	if (pixels > *left / band / f->names.count) {
		return error_memory(why,
		    "%" PRIu32 " x %" PRIu32
		    " pixels of %zu bands take more memory than was allowed",
		    s->raster.width, s->raster.height, f->names.count);
	}
	*left -= pixels * band * f->names.count;
	return 0;
}

/* The path of an archive does not tell which of its files is meant. */
static int
bandfile_failed(const struct group_file *f, struct error *why)
{
	return f->ranged ? error_prefix(why, "at byte %" PRIu64, f->range.at) : -1;
}

int
bandfile_open(struct bandfile_reader *r, struct bandfile *s, const struct group_file *f,
    uint64_t *left, struct error *why)
{
	s->literal = NULL;
	s->file = f;
	if (f->is_literal)
		return bandfile_open_literal(s, f, left, why);
	/* Readers and buffers stay with the place of a file in its group: the tenth band of
	 * every patch is of one size and kind, and finds what the last one left. */
	if (!s->tiff)
		s->tiff = bandfile_tiff(r);
	if (!s->tiff)
		return error_set(why, "out of memory");
	/* All files of a group are open at once: thousands of small ones would pass the limit by
	 * their handles alone. */
	if (*left < HANDLE) {
		return error_memory(why, "so many files take more memory than was allowed");
	}
	*left -= HANDLE;
	r->noted = f->path;
	/* The whole file in memory: libtiff then maps nothing, and a file that is cut meanwhile
	 * is a short read and no SIGBUS. */
	if (bandfile_get(r, s, f, *left, why) != 0)
		return bandfile_failed(f, why);
	*left -= s->len;
	return bandfile_describe(s, f, left, why) == 0 ? 0 : bandfile_failed(f, why);
}

int
bandfile_read(struct bandfile_reader *r, struct bandfile *s, void *const *planes, uint64_t left,
    struct error *why)
{
	if (s->literal) {
		memcpy(planes[0], s->literal->elements.data, s->literal->elements.len);
		s->open = false;
		return 0;
	}
	r->noted = s->file->path;
	int status = tiff_read(s->tiff, planes, &r->memory, left, why);
	if (status != 0)
		suspect_bytes(s->bytes, s->len, why);
	bandfile_close(s); /* a codec takes more than a file's tags */
	return status == 0 ? 0 : bandfile_failed(s->file, why);
}

void
bandfile_close(struct bandfile *s)
{
	if (s->open && !s->literal)
		tiff_close(s->tiff);
	s->open = false;
}

void
bandfile_free(struct bandfile *s)
{
	buf_free(&s->buffer);
	tiff_free(s->tiff);
}

void
bandfile_reader_free(struct bandfile_reader *r)
{
	tiff_memory_free(&r->memory);
	range_files_close(&r->archives);
}
