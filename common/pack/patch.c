#include "pack/patch.h"

#include "base/file.h"
#include "base/heap.h"
#include "tensor/safetensors.h"
#include "tiff/tiff.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What the readers keep of an open file beside its bytes: its tags, for the most part. */
enum { HANDLE = 16 << 10 };

/* One file of the group at hand. */
struct source {
	struct buf bytes;
	struct tiff *tiff;
	struct raster raster;
	uint64_t shape[2]; /* height, width */
	bool open;
};

/* One stack of the group at hand. */
struct layer {
	const struct source *first; /* the file of its first band, or NULL: not in this group */
	uint64_t shape[3];
};

struct patch_reader {
	const struct patch_options *options;
	struct source *sources;
	size_t source_count;
	struct layer *layers; /* stack_count of them */
	struct tensor *tensors;
	void **planes;
	size_t room;  /* for tensors and planes */
	size_t count; /* tensors of the group at hand */
	struct buf header;
	struct buf scratch; /* a decoded block */
	uint64_t held;      /* bytes that sources have room for */
};

struct patch_reader *
patch_reader_new(const struct patch_options *options)
{
	struct patch_reader *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->options = options;
	p->layers = calloc(options->stack_count + 1, sizeof *p->layers);
	if (!p->layers) {
		free(p);
		return NULL;
	}
	return p;
}

static void
free_sources(struct patch_reader *p)
{
	for (size_t i = 0; i < p->source_count; i++) {
		buf_free(&p->sources[i].bytes);
		tiff_free(p->sources[i].tiff);
	}
	free(p->sources);
	p->sources = NULL;
	p->source_count = 0;
	p->held = 0;
}

void
patch_reader_free(struct patch_reader *p)
{
	if (!p)
		return;
	free_sources(p);
	free(p->layers);
	free(p->tensors);
	free(p->planes);
	buf_free(&p->header);
	buf_free(&p->scratch);
	free(p);
}

static int
make_room(struct patch_reader *p, const struct group *g, struct error *why)
{
	/* Buffers are kept; those of one group are for files of this size, of another for others. */
	if (p->held > p->options->max_memory)
		free_sources(p);
	if (g->file_count > p->source_count) {
		struct source *s = realloc(p->sources, g->file_count * sizeof *s);
		if (!s)
			return error_set(why, "out of memory");
		memset(s + p->source_count, 0, (g->file_count - p->source_count) * sizeof *s);
		p->sources = s;
		p->source_count = g->file_count;
	}
	if (g->name_count > p->room) {
		free(p->tensors);
		free(p->planes);
		p->tensors = calloc(g->name_count, sizeof *p->tensors);
		p->planes = calloc(g->name_count, sizeof *p->planes);
		p->room = p->tensors && p->planes ? g->name_count : 0;
		if (p->room == 0)
			return error_set(why, "out of memory");
	}
	return 0;
}

/* ---- which band goes where ---- */

static bool
is_kept(const struct patch_reader *p, const char *name)
{
	return !p->options->keep || names_find(p->options->keep, name) >= 0;
}

static const struct stack *
stack_of(const struct patch_reader *p, const char *band, size_t *place)
{
	return stack_find(p->options->stacks, p->options->stack_count, band, place);
}

static bool
has_name(const struct group *g, const char *name)
{
	for (size_t f = 0; f < g->file_count; f++) {
		if (names_find(&g->files[f].names, name) >= 0)
			return true;
	}
	return false;
}

static bool
wants_file(const struct patch_reader *p, const struct group_file *f)
{
	for (size_t i = 0; i < f->names.count; i++) {
		if (is_kept(p, f->names.name[i]))
			return true;
	}
	return false;
}

/* Every band of -t is in the group, and every stack is there whole or not at all. */
static int
check_wishes(const struct patch_reader *p, const struct group *g, struct error *why)
{
	const struct names *keep = p->options->keep;
	for (size_t i = 0; keep && i < keep->count; i++) {
		if (!has_name(g, keep->name[i]))
			return error_set(
			    why, "it has no tensor '%s', which -t asks for", keep->name[i]);
	}
	for (size_t s = 0; s < p->options->stack_count; s++) {
		const struct stack *stack = &p->options->stacks[s];
		size_t found = 0;
		const char *missing = NULL;
		for (size_t i = 0; i < stack->bands.count; i++) {
			if (has_name(g, stack->bands.name[i]))
				found++;
			else
				missing = stack->bands.name[i];
		}
		if (found > 0 && missing)
			return error_set(why, "it has no tensor '%s' for the stack '%s'", missing,
			    stack->name.name[0]);
	}
	return 0;
}

/* ---- opening ---- */

static int
open_source(struct patch_reader *p, struct source *s, const struct group_file *f, uint64_t *left,
    struct error *why)
{
	if (!s->tiff)
		s->tiff = tiff_new(p->options->max_memory);
	if (!s->tiff)
		return error_set(why, "out of memory");
	if (*left < HANDLE)
		return error_set(why, "so many files take more memory than -M allows");
	*left -= HANDLE;
	size_t capacity = s->bytes.capacity;
	int status = file_read(f->path, *left, &s->bytes, why);
	p->held += s->bytes.capacity - capacity;
	if (status != 0)
		return -1;
	*left -= s->bytes.len;
	if (tiff_open(s->tiff, s->bytes.data, s->bytes.len, &s->raster, why) != 0)
		return -1;
	s->open = true;
	if (s->raster.bands != f->names.count)
		return error_set(
		    why, "%zu names for %" PRIu32 " bands", f->names.count, s->raster.bands);
	s->shape[0] = s->raster.height;
	s->shape[1] = s->raster.width;
	uint64_t pixels = s->shape[0] * s->shape[1]; /* each < 2^31 */
	uint64_t band = dtype_size(s->raster.dtype);
	if (pixels > *left / band / f->names.count)
		return error_set(why,
		    "%" PRIu32 " x %" PRIu32 " pixels of %zu bands take more memory than -M allows",
		    s->raster.width, s->raster.height, f->names.count);
	*left -= pixels * band * f->names.count;
	return 0;
}

/* ---- layout ---- */

static void
add_tensor(struct patch_reader *p, const char *name, enum dtype dtype, unsigned rank,
    const uint64_t *shape)
{
	p->tensors[p->count++] = (struct tensor){
	    .name = name, .dtype = dtype, .rank = rank, .shape = shape};
}

static int
add_band(struct patch_reader *p, const struct source *s, const char *name, struct error *why)
{
	size_t place;
	const struct stack *stack = stack_of(p, name, &place);
	if (!stack) {
		add_tensor(p, name, s->raster.dtype, 2, s->shape);
		return 0;
	}
	struct layer *layer = &p->layers[stack - p->options->stacks];
	if (!layer->first) {
		layer->first = s;
		layer->shape[0] = stack->bands.count;
		memcpy(layer->shape + 1, s->shape, sizeof s->shape);
		add_tensor(p, stack->name.name[0], s->raster.dtype, 3, layer->shape);
		return 0;
	}
	const struct raster *a = &layer->first->raster, *b = &s->raster;
	if (a->width == b->width && a->height == b->height && a->dtype == b->dtype)
		return 0;
	return error_set(why, "band '%s' is %ux%u %s, others of the stack '%s' are %ux%u %s", name,
	    b->width, b->height, dtype_name(b->dtype), stack->name.name[0], a->width, a->height,
	    dtype_name(a->dtype));
}

/* A stack must not be called as another tensor is: the group line has checked only bands. */
static int
check_stack_names(const struct patch_reader *p, struct error *why)
{
	for (size_t s = 0; s < p->options->stack_count; s++) {
		size_t same = 0;
		for (size_t i = 0; i < p->count; i++)
			same += strcmp(p->tensors[i].name, p->options->stacks[s].name.name[0]) == 0;
		if (same > 1)
			return error_set(why, "the stack '%s' is called as another tensor is",
			    p->options->stacks[s].name.name[0]);
	}
	return 0;
}

static int
lay_out(struct patch_reader *p, struct buf *blob, struct error *why)
{
	struct metadata *metadata = calloc(p->options->stack_count + 1, sizeof *metadata);
	size_t entries = 0;
	uint64_t data_len;
	int status = -1;
	if (!metadata)
		return error_set(why, "out of memory");
	for (size_t s = 0; s < p->options->stack_count; s++) {
		const struct stack *stack = &p->options->stacks[s];
		if (p->layers[s].first)
			metadata[entries++] = (struct metadata){stack->name.name[0], stack->list};
	}
	if (check_stack_names(p, why) != 0 ||
	    safetensors_layout(p->tensors, p->count, metadata, entries, p->options->align,
	        &p->header, &data_len, why) != 0)
		goto out;
	size_t capacity = blob->capacity;
	blob->len = 0;
	if (data_len > SIZE_MAX / 2 || buf_reserve(blob, p->header.len + (size_t)data_len) != 0) {
		error_set(why, "out of memory");
		goto out;
	}
	if (blob->capacity > capacity)
		heap_huge(blob->data, blob->capacity);
	memcpy(blob->data, p->header.data, p->header.len);
	blob->len = p->header.len + (size_t)data_len;
	status = 0;
out:
	free(metadata);
	return status;
}

/* ---- reading ---- */

/* Where the plane of a band lies in the blob. */
static void *
plane_of(const struct patch_reader *p, const struct source *s, const char *name, struct buf *blob)
{
	size_t place = 0;
	const struct stack *stack = stack_of(p, name, &place);
	const struct tensor *t = safetensors_find(
	    p->tensors, p->count, s->raster.dtype, stack ? stack->name.name[0] : name);
	uint64_t plane = s->shape[0] * s->shape[1] * dtype_size(s->raster.dtype);
	uint64_t at = t->begin + (stack ? place * plane : 0);
	return blob->data + p->header.len + at;
}

static int
read_source(struct patch_reader *p, struct source *s, const struct group_file *f, struct buf *blob,
    uint64_t left, struct error *why)
{
	for (size_t i = 0; i < f->names.count; i++) {
		const char *name = f->names.name[i];
		p->planes[i] = is_kept(p, name) ? plane_of(p, s, name, blob) : NULL;
	}
	int status = tiff_read(s->tiff, p->planes, &p->scratch, left, why);
	tiff_close(s->tiff); /* a codec takes more than a file's tags */
	s->open = false;
	return status;
}

static int
open_all(struct patch_reader *p, const struct group *g, uint64_t *left, const char **path,
    struct error *why)
{
	*left = p->options->max_memory;
	for (size_t i = 0; i < g->file_count; i++) {
		struct source *s = &p->sources[i];
		const struct group_file *f = &g->files[i];
		if (!wants_file(p, f))
			continue;
		*path = f->path;
		if (open_source(p, s, f, left, why) != 0)
			return -1;
		for (size_t k = 0; k < f->names.count; k++) {
			if (is_kept(p, f->names.name[k]) &&
			    add_band(p, s, f->names.name[k], why) != 0)
				return -1;
		}
	}
	*path = NULL;
	return 0;
}

static int
read_all(struct patch_reader *p, const struct group *g, struct buf *blob, uint64_t left,
    const char **path, struct error *why)
{
	for (size_t i = 0; i < g->file_count; i++) {
		*path = g->files[i].path;
		if (p->sources[i].open &&
		    read_source(p, &p->sources[i], &g->files[i], blob, left, why) != 0)
			return -1;
	}
	*path = NULL;
	return 0;
}

int
patch_read(struct patch_reader *p, const struct group *g, struct buf *blob, const char **path,
    struct error *why)
{
	*path = NULL;
	p->count = 0;
	memset(p->layers, 0, p->options->stack_count * sizeof *p->layers);
	if (make_room(p, g, why) != 0 || check_wishes(p, g, why) != 0)
		return -1;
	int status = -1;
	uint64_t left;
	if (open_all(p, g, &left, path, why) == 0 && lay_out(p, blob, why) == 0)
		status = read_all(p, g, blob, left, path, why);
	for (size_t i = 0; i < g->file_count; i++) {
		if (p->sources[i].open)
			tiff_close(p->sources[i].tiff);
		p->sources[i].open = false;
	}
	return status;
}
