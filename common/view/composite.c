#include "view/composite.h"

#include <string.h>

/* What a blob is looked at by: the first row of which it has all bands. HySpecNet-11k has a B4, B3
 * and B2 too, so EnMAP comes first. */
static const struct {
	const char *names[3];
	bool radar;
} usual[] = {
    {{"B43", "B28", "B10"}, false},
    {{"B04", "B03", "B02"}, false},
    {{"B4", "B3", "B2"}, false},
    {{"Red", "Green", "Blue"}, false},
    {{"VV", "VH", "VV"}, true},
    {{"vv", "vh", "vv"}, true},
};

/* What words mean: the first row of a kind of which a blob has all bands. Two bands are an index. */
static const struct {
	enum composite_kind kind;
	const char *names[3];
} kinds[] = {
    {COMPOSITE_FALSE_COLOUR, {"B08", "B04", "B03"}},
    {COMPOSITE_FALSE_COLOUR, {"B8", "B4", "B3"}},
    {COMPOSITE_FALSE_COLOUR, {"NIR", "Red", "Green"}},
    {COMPOSITE_NDVI, {"B08", "B04"}},
    {COMPOSITE_NDVI, {"B8", "B4"}},
    {COMPOSITE_NDVI, {"NIR", "Red"}},
    {COMPOSITE_NDWI, {"B03", "B08"}},
    {COMPOSITE_NDWI, {"B3", "B8"}},
    {COMPOSITE_NDWI, {"Green", "NIR"}},
    {COMPOSITE_NDMI, {"B8A", "B11"}},
    {COMPOSITE_NDMI, {"B08A", "B11"}},
    {COMPOSITE_NBR, {"B8A", "B12"}},
    {COMPOSITE_NBR, {"B08A", "B12"}},
    {COMPOSITE_NDSI, {"B03", "B11"}},
    {COMPOSITE_NDSI, {"B3", "B11"}},
};

static const char *const kind_names[COMPOSITE_KINDS] = {
    [COMPOSITE_FALSE_COLOUR] = "false colour",
    [COMPOSITE_NDVI] = "ndvi",
    [COMPOSITE_NDWI] = "ndwi",
    [COMPOSITE_NDMI] = "ndmi",
    [COMPOSITE_NBR] = "nbr",
    [COMPOSITE_NDSI] = "ndsi",
};

static const struct tensor *
find_tensor(const struct safetensors *blob, const char *name)
{
	for (size_t i = 0; i < blob->count; i++) {
		if (strcmp(blob->tensors[i].name, name) == 0)
			return &blob->tensors[i];
	}
	return NULL;
}

/* The position of a name in a comma list, or -1. */
static long
find_in_list(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (long i = 0;; i++) {
		size_t item = strcspn(list, ",");
		if (item == len && memcmp(list, name, len) == 0)
			return i;
		if (list[item] == '\0')
			return -1;
		list += item + 1;
	}
}

/* The tensor that holds a band, and which of its planes that is. */
static const struct tensor *
find_plane(const struct safetensors *blob, const char *name, uint64_t *plane)
{
	const struct tensor *t = find_tensor(blob, name);
	*plane = 0;
	for (size_t i = 0; !t && i < blob->metadata_count; i++) {
		long at = find_in_list(blob->metadata[i].value, name);
		const struct tensor *stack = at >= 0 ? find_tensor(blob, blob->metadata[i].key)
		                                     : NULL;
		if (!stack || stack->rank != 3 || (uint64_t)at >= stack->shape[0])
			continue;
		*plane = (uint64_t)at;
		t = stack;
	}
	return t;
}

/* Returns 0, or -1 if the tensor is no picture. */
static int
take_plane(const struct tensor *t, const char *data, uint64_t plane, struct band *b)
{
	if ((t->rank != 2 && t->rank != 3) || t->begin == t->end || dtype_size(t->dtype) == 0)
		return -1;
	b->tensor = t->name;
	b->dtype = t->dtype;
	b->height = (size_t)t->shape[t->rank - 2];
	b->width = (size_t)t->shape[t->rank - 1];
	b->data = data + t->begin + plane * b->height * b->width * dtype_size(t->dtype);
	return 0;
}

static int
find_band(const struct safetensors *blob, const char *data, const char *name, struct band *b,
    struct error *why)
{
	uint64_t plane;
	const struct tensor *t = find_plane(blob, name, &plane);
	if (!t) {
		return error_set(why,
		    "has no tensor '%s' (it has '%s'%s): run 'rsenc-show' to list its tensors",
		    name, blob->count > 0 ? blob->tensors[0].name : "none",
		    blob->count > 1 ? " and others" : "");
	}
	if (take_plane(t, data, plane, b) != 0)
		return error_set(why,
		    "tensor '%s' is no picture: its shape is neither [height, width] nor "
		    "[n, height, width], or it is empty, or its elements are smaller than a byte",
		    t->name);
	b->name = name;
	return 0;
}

static int
find_usual(const struct safetensors *blob, const char *data, struct composite *c, struct error *why)
{
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		unsigned n = 0;
		while (n < 3 && find_band(blob, data, usual[i].names[n], &c->band[n], NULL) == 0)
			n++;
		if (n == 3) {
			c->channels = 3;
			c->radar = usual[i].radar;
			return 0;
		}
	}
	for (size_t i = 0; i < blob->count; i++) {
		if (take_plane(&blob->tensors[i], data, 0, &c->band[0]) == 0) {
			c->band[0].name = blob->tensors[i].name;
			return 0;
		}
	}
	return error_set(why, "it has no tensor of shape [height, width] or [n, height, width]");
}

int
composite_find(const struct safetensors *blob, const char *data, char *const *names, size_t count,
    struct composite *c, struct error *why)
{
	*c = (struct composite){.channels = count == 3 ? 3 : 1, .index = count == 2};
	if (count == 0)
		return find_usual(blob, data, c, why);
	for (size_t i = 0; i < count; i++) {
		if (find_band(blob, data, names[i], &c->band[i], why) != 0)
			return -1;
	}
	return 0;
}

enum composite_kind
composite_index(const char *name)
{
	unsigned kind = COMPOSITE_NDVI;
	while (kind < COMPOSITE_KINDS && strcmp(kind_names[kind], name) != 0)
		kind++;
	return (enum composite_kind)kind;
}

int
composite_find_kind(const struct safetensors *blob, const char *data, enum composite_kind kind,
    struct composite *c, struct error *why)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		unsigned n = 0, count = kinds[i].names[2] ? 3 : 2;
		if (kinds[i].kind != kind)
			continue;
		*c = (struct composite){.channels = count == 3 ? 3 : 1, .index = count == 2};
		while (
		    n < count && find_band(blob, data, kinds[i].names[n], &c->band[n], NULL) == 0)
			n++;
		if (n == count)
			return 0;
	}
	return error_set(
	    why, "it has no bands for %s by the names that are known", kind_names[kind]);
}
