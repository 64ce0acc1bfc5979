#include "pack/patch.h"

#include "base/file.h"
#include "base/heap.h"
#include "base/range.h"
#include "pack/suspect.h"
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
	struct buf buffer;
	const void *bytes; /* of the file, here or elsewhere */
	size_t len;
	struct tiff *tiff;
	const struct group_file *literal; /* instead: a tensor of values, NULL for a file */
	struct raster raster;
	uint64_t shape[2]; /* height, width; of a vector its length */
	size_t first;      /* of its bands in the plan */
	bool wanted;       /* one of its bands is kept */
	bool open;
};

/* What becomes of one band of the group at hand. The plan is an array of them in the order of the
 * group line, made once a group; all that follows reads it and asks no name again. */
struct band {
	const char *name;
	bool kept;
	const struct stack *stack; /* that takes it, or NULL: a tensor of its own */
	size_t place;              /* in the stack */
};

/* One stack of the group at hand. */
struct layer {
	size_t found;               /* bands of it that the group has */
	const struct source *first; /* the file of its first band, once that is open */
	uint64_t shape[3];
};

struct patch_reader {
	const struct patch_options *options;
	const struct selection *selection;
	bool *seen; /* of each choice: the group has a band of this name */
	struct source *sources;
	size_t source_count;
	struct layer *layers; /* one a stack */
	struct band *plan;
	struct tensor *tensors;
	void **planes; /* where the band of the same place in the plan goes, or NULL */
	size_t room;   /* for bands, tensors and planes */
	size_t count;  /* tensors of the group at hand */
	struct buf header;
	struct buf scratch; /* a decoded block */
	struct range_files archives;
	struct buf *notes; /* of the group at hand */
	const char *noted; /* the file that they are about now */
	uint64_t held;     /* bytes that sources have room for */
};

struct patch_reader *
patch_reader_new(const struct patch_options *options)
{
	struct patch_reader *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->options = options;
	p->selection = &options->selection;
	p->layers = calloc(p->selection->stack_count + 1, sizeof *p->layers);
	p->seen = calloc(p->selection->count + 1, sizeof *p->seen);
	if (!p->layers || !p->seen) {
		patch_reader_free(p);
		return NULL;
	}
	return p;
}

static void
free_sources(struct patch_reader *p)
{
	for (size_t i = 0; i < p->source_count; i++) {
		buf_free(&p->sources[i].buffer);
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
	free(p->seen);
	free(p->plan);
	free(p->tensors);
	free(p->planes);
	buf_free(&p->header);
	buf_free(&p->scratch);
	range_files_close(&p->archives);
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
		free(p->plan);
		free(p->tensors);
		free(p->planes);
		p->plan = calloc(g->name_count, sizeof *p->plan);
		p->tensors = calloc(g->name_count, sizeof *p->tensors);
		p->planes = calloc(g->name_count, sizeof *p->planes);
		p->room = p->plan && p->tensors && p->planes ? g->name_count : 0;
		if (p->room == 0)
			return error_set(why, "out of memory");
	}
	return 0;
}

/* ---- the plan: which band goes where ---- */

static struct layer *
layer_of(const struct patch_reader *p, const struct stack *stack)
{
	return &p->layers[stack - p->selection->stacks];
}

static void
plan_band(struct patch_reader *p, struct band *b, const char *name)
{
	const struct choice *c = selection_find(p->selection, name);
	*b = (struct band){.name = name, .kept = !p->selection->keep || (c && c->kept)};
	if (!c)
		return;
	p->seen[c - p->selection->choices] = true;
	if (c->stack) {
		b->stack = c->stack;
		b->place = c->place;
		layer_of(p, c->stack)->found++;
	}
}

/* Whether the group has a band of a name that -t or -S mentions. */
static bool
plan_has(const struct patch_reader *p, const char *name)
{
	return p->seen[selection_find(p->selection, name) - p->selection->choices];
}

/* A stack is there whole or not at all, and not called as another tensor is. */
static int
plan_check_stack(const struct patch_reader *p, const struct stack *stack, struct error *why)
{
	const char *name = stack->name.name[0];
	size_t found = layer_of(p, stack)->found;
	if (found == 0)
		return 0;
	for (size_t i = 0; found < stack->bands.count; i++) {
		if (!plan_has(p, stack->bands.name[i]))
			return error_set(why, "it has no tensor '%s' for the stack '%s'",
			    stack->bands.name[i], name);
	}
	const struct choice *same = selection_find(p->selection, name);
	if (plan_has(p, name) && !same->stack && (same->kept || !p->selection->keep))
		return error_set(why, "the stack '%s' is called as another tensor is", name);
	return 0;
}

static int
plan_group(struct patch_reader *p, const struct group *g, struct error *why)
{
	const struct selection *s = p->selection;
	struct band *b = p->plan;
	size_t kept = 0;
	memset(p->seen, 0, s->count * sizeof *p->seen);
	memset(p->layers, 0, s->stack_count * sizeof *p->layers);
	for (size_t f = 0; f < g->file_count; f++) {
		const struct names *names = &g->files[f].names;
		p->sources[f].first = (size_t)(b - p->plan);
		p->sources[f].wanted = false;
		for (size_t i = 0; i < names->count; i++, b++) {
			plan_band(p, b, names->name[i]);
			p->sources[f].wanted |= b->kept;
			kept += b->kept;
		}
	}
	for (size_t i = 0; s->keep && kept < s->keep->count; i++) {
		if (!plan_has(p, s->keep->name[i])) {
			error_set(why, "it has no tensor '%s'", s->keep->name[i]);
			return error_hint(why, HINT_BAND, 0);
		}
	}
	for (size_t i = 0; i < s->stack_count; i++) {
		if (plan_check_stack(p, &s->stacks[i], why) != 0)
			return -1;
	}
	return 0;
}

/* ---- opening ---- */

/* A note more or less is no reason to fail: one that there is no memory for is dropped. */
static void
take_note(void *context, enum tiff_note kind, const char *text)
{
	struct patch_reader *p = context;
	if (kind != TIFF_NOTE_DAMAGE && !p->options->verbose)
		return;
	size_t len = p->notes->len;
	if (buf_add(p->notes, p->noted, strlen(p->noted)) != 0 || buf_add(p->notes, ": ", 2) != 0 ||
	    buf_add(p->notes, text, strlen(text) + 1) != 0)
		p->notes->len = len;
}

static struct tiff *
new_tiff(struct patch_reader *p)
{
	struct tiff *t = tiff_new(p->options->max_memory);
	if (t)
		tiff_on_note(t, take_note, p);
	if (t && p->options->keep_damaged)
		tiff_keep_damaged(t);
	return t;
}

/* A tensor of values needs no file: what is known of it is put where others have their raster's. */
static int
open_literal(struct source *s, const struct group_file *f, uint64_t *left, struct error *why)
{
	if (f->elements.len > *left) {
		error_set(why, "its values take more memory than was allowed");
		return error_hint(why, HINT_MEMORY, 0);
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
read_source_bytes(struct patch_reader *p, struct source *s, const struct group_file *f,
    uint64_t most, struct error *why)
{
	s->bytes = f->bytes;
	s->len = f->bytes_len;
	if (f->bytes && s->len > most) {
		error_set(why, "the file takes more memory than was allowed");
		return error_hint(why, HINT_MEMORY, 0);
	}
	if (f->bytes)
		return 0;
	size_t capacity = s->buffer.capacity;
	int status = f->ranged ? range_read(&p->archives, f->path, &f->range, most, &s->buffer, why)
	                       : file_read(f->path, most, &s->buffer, why);
	p->held += s->buffer.capacity - capacity;
	s->bytes = s->buffer.data;
	s->len = s->buffer.len;
	if (status != 0)
		suspect_missing(f->path, why);
	return status;
}

static int
wrong_bands(size_t names, uint32_t bands, struct error *why)
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
	return error_hint(why, HINT_BANDS, 0);
}

static int
open_source(struct patch_reader *p, struct source *s, const struct group_file *f, uint64_t *left,
    struct error *why)
{
	s->literal = NULL;
	if (f->is_literal)
		return open_literal(s, f, left, why);
	if (!s->tiff)
		s->tiff = new_tiff(p);
	if (!s->tiff)
		return error_set(why, "out of memory");
	if (*left < HANDLE) {
		error_set(why, "so many files take more memory than was allowed");
		return error_hint(why, HINT_MEMORY, 0);
	}
	*left -= HANDLE;
	if (read_source_bytes(p, s, f, *left, why) != 0)
		return -1;
	p->noted = f->path;
	*left -= s->len;
	if (tiff_open(s->tiff, s->bytes, s->len, &s->raster, why) != 0) {
		suspect_bytes(s->bytes, s->len, why);
		return -1;
	}
	s->open = true;
	if (!f->bytes && !f->ranged && suspect_unfinished(f->path, s->bytes, s->len, why) != 0)
		return -1;
	if (s->raster.bands != f->names.count)
		return wrong_bands(f->names.count, s->raster.bands, why);
	s->shape[0] = s->raster.height;
	s->shape[1] = s->raster.width;
	uint64_t pixels = s->shape[0] * s->shape[1]; /* each < 2^31 */
	uint64_t band = dtype_size(s->raster.dtype);
	if (pixels > *left / band / f->names.count) {
		error_set(why,
		    "%" PRIu32 " x %" PRIu32
		    " pixels of %zu bands take more memory than was allowed",
		    s->raster.width, s->raster.height, f->names.count);
		return error_hint(why, HINT_MEMORY, 0);
	}
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

/* The tensor of a kept band, or of its stack if it is the first band of it. */
static int
add_band(struct patch_reader *p, const struct source *s, const struct band *band, struct error *why)
{
	if (!band->stack) {
		unsigned rank = !s->literal ? 2 : s->literal->literal.scalar ? 0 : 1;
		add_tensor(p, band->name, s->raster.dtype, rank, s->shape);
		return 0;
	}
	if (s->literal)
		return error_set(
		    why, "'%s' is a tensor of values, not a band to be stacked", band->name);
	const char *name = band->stack->name.name[0];
	struct layer *layer = layer_of(p, band->stack);
	if (!layer->first) {
		layer->first = s;
		layer->shape[0] = band->stack->bands.count;
		memcpy(layer->shape + 1, s->shape, sizeof s->shape);
		add_tensor(p, name, s->raster.dtype, 3, layer->shape);
		return 0;
	}
	const struct raster *a = &layer->first->raster, *b = &s->raster;
	if (a->width == b->width && a->height == b->height && a->dtype == b->dtype)
		return 0;
	return error_set(why, "band '%s' is %ux%u %s, others of the stack '%s' are %ux%u %s",
	    band->name, b->width, b->height, dtype_name(b->dtype), name, a->width, a->height,
	    dtype_name(a->dtype));
}

static int
lay_out(struct patch_reader *p, struct buf *blob, struct error *why)
{
	struct metadata *metadata = calloc(p->selection->stack_count + 1, sizeof *metadata);
	size_t entries = 0;
	uint64_t data_len;
	int status = -1;
	if (!metadata)
		return error_set(why, "out of memory");
	for (size_t s = 0; s < p->selection->stack_count; s++) {
		const struct stack *stack = &p->selection->stacks[s];
		if (p->layers[s].found > 0)
			metadata[entries++] = (struct metadata){stack->name.name[0], stack->list};
	}
	if (safetensors_layout(p->tensors, p->count, metadata, entries, p->options->align,
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

/* Where the plane of a kept band lies in the blob. */
static void *
plane_of(const struct patch_reader *p, const struct source *s, const struct band *b,
    const struct buf *blob)
{
	const struct tensor *t = safetensors_find(
	    p->tensors, p->count, s->raster.dtype, b->stack ? b->stack->name.name[0] : b->name);
	uint64_t plane = s->shape[0] * s->shape[1] * dtype_size(s->raster.dtype);
	return blob->data + p->header.len + t->begin + b->place * plane;
}

static int
read_source(struct patch_reader *p, struct source *s, const struct buf *blob, uint64_t left,
    struct error *why)
{
	const struct band *bands = p->plan + s->first;
	void **planes = p->planes + s->first;
	for (size_t i = 0; i < s->raster.bands; i++)
		planes[i] = bands[i].kept ? plane_of(p, s, &bands[i], blob) : NULL;
	if (s->literal) {
		memcpy(planes[0], s->literal->elements.data, s->literal->elements.len);
		s->open = false;
		return 0;
	}
	int status = tiff_read(s->tiff, planes, &p->scratch, left, why);
	if (status != 0)
		suspect_bytes(s->bytes, s->len, why);
	tiff_close(s->tiff); /* a codec takes more than a file's tags */
	s->open = false;
	return status;
}

/* The path of an archive does not tell which of its files is meant. */
static int
failed_file(const struct group_file *f, struct error *why)
{
	return f->ranged ? error_within(why, "at byte %" PRIu64, f->range.at) : -1;
}

static int
open_all(struct patch_reader *p, const struct group *g, uint64_t *left, const char **path,
    struct error *why)
{
	*left = p->options->max_memory;
	p->count = 0;
	for (size_t f = 0; f < g->file_count; f++) {
		struct source *s = &p->sources[f];
		if (!s->wanted)
			continue;
		*path = g->files[f].path;
		if (open_source(p, s, &g->files[f], left, why) != 0)
			return failed_file(&g->files[f], why);
		const struct band *bands = p->plan + s->first;
		for (size_t i = 0; i < s->raster.bands; i++) {
			if (bands[i].kept && add_band(p, s, &bands[i], why) != 0)
				return -1;
		}
	}
	*path = NULL;
	return 0;
}

static int
read_all(struct patch_reader *p, const struct group *g, const struct buf *blob, uint64_t left,
    const char **path, struct error *why)
{
	for (size_t f = 0; f < g->file_count; f++) {
		*path = p->noted = g->files[f].path;
		if (p->sources[f].open && read_source(p, &p->sources[f], blob, left, why) != 0)
			return failed_file(&g->files[f], why);
	}
	*path = NULL;
	return 0;
}

int
patch_read(struct patch_reader *p, const struct group *g, struct buf *blob, struct buf *notes,
    const char **path, struct error *why)
{
	*path = NULL;
	p->notes = notes;
	if (make_room(p, g, why) != 0 || plan_group(p, g, why) != 0)
		return -1;
	int status = -1;
	uint64_t left;
	if (open_all(p, g, &left, path, why) == 0 && lay_out(p, blob, why) == 0)
		status = read_all(p, g, blob, left, path, why);
	for (size_t i = 0; i < g->file_count; i++) {
		if (p->sources[i].open && !p->sources[i].literal)
			tiff_close(p->sources[i].tiff);
		p->sources[i].open = false;
	}
	return status;
}
