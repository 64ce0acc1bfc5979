#include "pack/patch.h"

#include "base/alloc.h"
#include "pack/georeference.h"
#include "pack/plan.h"
#include "pack/raster.h"
#include "tensor/safetensors.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One stack of the group at hand. */
struct layer {
	const struct raster_file *first; /* the file of its first band, once that is open */
	uint64_t shape[3];
};

struct patch_reader {
	const struct patch_options *options;
	struct plan plan;
	struct raster_reader reader;
	struct raster_file *files;
	size_t file_count;
	struct layer *layers; /* one a stack */
	struct tensor *tensors;
	void **planes; /* where the band of the same place in the plan goes, or NULL */
	struct georeference *places; /* of the group, one a size of band, at most one a file */
	size_t place_count;
	size_t room;  /* for tensors and planes */
	size_t count; /* tensors of the group at hand */
	struct buf header;
};

struct patch_reader *
patch_reader_new(const struct patch_options *options)
{
	struct patch_reader *p = xcalloc(1, sizeof *p);
	p->options = p->reader.options = options;
	p->layers = xcalloc(options->filter.stack_count, sizeof *p->layers);
	p->plan.filter = &options->filter;
	return p;
}

static void
patch_free_files(struct patch_reader *p)
{
	for (size_t i = 0; i < p->file_count; i++)
		raster_free(&p->files[i]);
	free(p->files);
	p->files = NULL;
	p->file_count = 0;
	p->reader.held = 0;
}

static void
patch_reserve(struct patch_reader *p, const struct group *g)
{
	/* Buffers are kept; those of one group are for files of this size, of another for
	 * others. */
	if (p->reader.held > p->options->max_memory)
		patch_free_files(p);
	if (g->file_count > p->file_count) {
		p->files = xreallocarray(p->files, g->file_count, sizeof *p->files);
		memset(p->files + p->file_count, 0,
		    (g->file_count - p->file_count) * sizeof *p->files);
		p->places = xreallocarray(p->places, g->file_count, sizeof *p->places);
		p->file_count = g->file_count;
	}
	if (g->name_count > p->room) {
		free(p->tensors);
		free(p->planes);
		p->tensors = xcalloc(g->name_count, sizeof *p->tensors);
		p->planes = xcalloc(g->name_count, sizeof *p->planes);
		p->room = g->name_count;
	}
}

/* ---- layout ---- */

/* Sentinel-2 has bands of 10, 20 and 60 m: to resample them is not for this command. */
static int
check_layer(
    const struct raster *a, const struct raster *b, const struct band *band, struct error *why)
{
	if (a->width == b->width && a->height == b->height && a->dtype == b->dtype)
		return 0;
	return error_set(why,
	    "band '%s' is %u x %u %s, but other bands of the stack '%s' are %u x %u %s", band->name,
	    b->width, b->height, dtype_name(b->dtype), band->stack->name.name[0], a->width,
	    a->height, dtype_name(a->dtype));
}

/* Adds the tensor of a kept band, or of its stack if it is the first band of it. The order does not
 * matter: the layout sorts as the reference library does. */
static int
patch_add_band(
    struct patch_reader *p, const struct raster_file *s, const struct band *band, struct error *why)
{
	struct tensor t = {.name = band->name, .dtype = s->raster.dtype, .shape = s->shape};
	t.rank = !s->literal ? 2 : s->literal->literal.scalar ? 0 : 1;
	if (band->stack && s->literal)
		return error_set(
		    why, "'%s' is a tensor of values, not a band: cannot be stacked", band->name);
	if (band->stack) {
		struct layer *layer = &p->layers[band->stack - p->plan.filter->stacks];
		if (layer->first)
			return check_layer(&layer->first->raster, &s->raster, band, why);
		layer->first = s;
		layer->shape[0] = band->stack->bands.count;
		memcpy(layer->shape + 1, s->shape, sizeof s->shape);
		t.name = band->stack->name.name[0];
		t.rank = 3;
		t.shape = layer->shape;
	}
	p->tensors[p->count++] = t;
	return 0;
}

/* Where a file's bands lie; all bands of one size must lie at one place. */
static int
patch_add_place(struct patch_reader *p, const struct raster_file *s, struct error *why)
{
	struct georeference *g = &p->places[p->place_count];
	if (s->literal)
		return 0;
	georeference_read(g, s->shape, s->bytes, s->len);
	if (!*g->crs && !*g->transform)
		return 0;
	for (size_t i = 0; i < p->place_count; i++) {
		const struct georeference *other = &p->places[i];
		if (strcmp(other->crs_key, g->crs_key) != 0)
			continue;
		if (strcmp(other->crs, g->crs) == 0 && strcmp(other->transform, g->transform) == 0)
			return 0;
		return error_set(why,
		    "has another georeference than another file of %" PRIu64 " x %" PRIu64
		    " pixels (%s %s, not %s %s): run the command without --georeference",
		    s->shape[1], s->shape[0], g->crs, g->transform, other->crs, other->transform);
	}
	p->place_count++;
	return 0;
}

static int
patch_lay_out(struct patch_reader *p, struct buf *blob, struct error *why)
{
	const struct band_filter *filter = p->plan.filter;
	struct metadata *metadata = xcalloc(
	    filter->stack_count + 2 * p->place_count, sizeof *metadata);
	size_t entries = 0;
	uint64_t data_len;
	for (size_t s = 0; s < filter->stack_count; s++) {
		const struct stack *stack = &filter->stacks[s];
		/* Bands lose their names in a stack: the blob's metadata keeps them, in their
		 * order. */
		if (p->layers[s].first)
			metadata[entries++] = (struct metadata){stack->name.name[0], stack->list};
	}
	for (size_t i = 0; i < p->place_count; i++) {
		const struct georeference *g = &p->places[i];
		if (*g->crs)
			metadata[entries++] = (struct metadata){g->crs_key, g->crs};
		if (*g->transform)
			metadata[entries++] = (struct metadata){g->transform_key, g->transform};
	}
	int status = safetensors_layout(p->tensors, p->count, metadata, entries,
	    (size_t)p->options->align, &p->header, &data_len, why);
	free(metadata);
	if (status != 0)
		return -1;
	/* The blob is the caller's, who has a few and fills them in turn: it grows to the
	 * largest patch and stays, since fresh pages cost more than what is written to them. */
	blob->len = 0;
	if (data_len > SIZE_MAX / 2 || buf_try_reserve(blob, p->header.len + (size_t)data_len) != 0)
		return error_set(why, "out of memory");
	memcpy(blob->data, p->header.data, p->header.len);
	blob->len = p->header.len + (size_t)data_len;
	return 0;
}

/* ---- reading ---- */

/* Where the plane of a kept band lies in the blob. */
static void *
patch_plane(const struct patch_reader *p, const struct raster_file *s, const struct band *b,
    const struct buf *blob)
{
	/* Looked up after the layout, which has sorted the tensors: before that, places say
	 * nothing. */
	const struct tensor *t = safetensors_find(
	    p->tensors, p->count, s->raster.dtype, b->stack ? b->stack->name.name[0] : b->name);
	uint64_t plane = s->shape[0] * s->shape[1] * dtype_size(s->raster.dtype);
	return blob->data + p->header.len + t->begin + b->place * plane;
}

/* Opens every file that has a band to keep: only then are sizes and dtypes known, and the blob
 * can be laid out before the first pixel is decoded, each to where it stays. */
static int
patch_open(struct patch_reader *p, const struct group *g, uint64_t *left, const char **path,
    struct error *why)
{
	const struct band *band = p->plan.bands;
	*left = p->options->max_memory;
	p->count = 0;
	p->place_count = 0;
	for (size_t f = 0; f < g->file_count; f++) {
		const struct group_file *file = &g->files[f];
		const struct band *end = band + file->names.count;
		bool wanted = false;
		for (const struct band *b = band; b < end; b++)
			wanted |= b->kept;
		*path = file->path;
		/* Files of which -t keeps no band are not opened: what is not wanted costs no
		 * read. */
		if (wanted && raster_open(&p->reader, &p->files[f], file, left, why) != 0)
			return -1;
		if (wanted && p->options->georeference &&
		    patch_add_place(p, &p->files[f], why) != 0)
			return -1;
		for (; band < end; band++) {
			if (band->kept && patch_add_band(p, &p->files[f], band, why) != 0)
				return -1;
		}
	}
	*path = NULL;
	return 0;
}

static int
patch_read_files(struct patch_reader *p, const struct group *g, const struct buf *blob,
    uint64_t left, const char **path, struct error *why)
{
	const struct band *bands = p->plan.bands;
	void **planes = p->planes;
	for (size_t f = 0; f < g->file_count; f++) {
		struct raster_file *file = &p->files[f];
		size_t count = g->files[f].names.count;
		*path = g->files[f].path;
		for (size_t i = 0; file->open && i < count; i++)
			planes[i] = bands[i].kept ? patch_plane(p, file, &bands[i], blob) : NULL;
		if (file->open && raster_read(&p->reader, file, planes, left, why) != 0)
			return -1;
		bands += count;
		planes += count;
	}
	*path = NULL;
	return 0;
}

/* Counts the bands of files with open lists of names, before anything is planned. */
static int
patch_set_bands(struct patch_reader *p, struct group *g, const char **path, struct error *why)
{
	for (size_t f = 0; f < g->file_count; f++) {
		uint64_t left = p->options->max_memory;
		*path = g->files[f].path;
		if (!g->files[f].open_names)
			continue;
		if (raster_open(&p->reader, &p->files[f], &g->files[f], &left, why) != 0)
			return -1;
		size_t bands = p->files[f].raster.bands;
		if (raster_close(&p->files[f], why) != 0)
			return -1;
		if (group_set_bands(g, f, bands, why) != 0)
			return -1;
	}
	*path = NULL;
	return 0;
}

int
patch_read(struct patch_reader *p, struct group *g, struct buf *blob, struct buf *notes,
    const char **path, struct error *why)
{
	*path = NULL;
	p->reader.notes = notes;
	memset(p->layers, 0, p->plan.filter->stack_count * sizeof *p->layers);
	patch_reserve(p, g);
	if (patch_set_bands(p, g, path, why) != 0)
		return -1;
	patch_reserve(p, g);
	if (plan_make(&p->plan, g, why) != 0)
		return -1;
	int status = -1;
	uint64_t left;
	if (patch_open(p, g, &left, path, why) == 0 && patch_lay_out(p, blob, why) == 0)
		status = p->options->headers_only ? 0
		                                  : patch_read_files(p, g, blob, left, path, why);
	for (size_t i = 0; i < g->file_count; i++) {
		if (raster_close(&p->files[i], why) != 0) {
			*path = g->files[i].path;
			status = -1;
		}
	}
	return status;
}
