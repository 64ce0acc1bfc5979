#include "view/band_combination.h"

#include <ctype.h>
#include <string.h>

/* Bands that make a picture: the first row of which a blob has all. A prefix that all three share
 * may stand before their names, such as "s2_": of Landsat it is the sensor (TM, ETM, OLI). */
struct row {
	const char *names[3];
	const char *scene; /* a part of the prefix, if it is not NULL: of a scene or a sensor */
	bool radar;
};

/* EnMAP first: its bands B1 to B224 include the names of Sentinel-2. Wavelengths of EnMAP: B10 460,
 * B28 550, B43 640, B72 850 nm; of Sentinel-3 OLCI: Oa04 490, Oa06 560, Oa08 665, Oa17 865 nm. */
static const struct row combinations[] = {
    {.names = {"B43", "B28", "B10"}},
    {.names = {"B3", "B2", "B1"}, .scene = "TM_"},
    {.names = {"B04", "B03", "B02"}},
    {.names = {"B4", "B3", "B2"}},
    {.names = {"Red", "Green", "Blue"}},
    {.names = {"red", "green", "blue"}},
    {.names = {"NIR", "Red", "Green"}},
    {.names = {"R", "G", "B"}},
    {.names = {"Oa08", "Oa06", "Oa04"}},
    {.names = {"4", "3", "2"}, .scene = "LC0"},
    {.names = {"3", "2", "1"}, .scene = "LE07"},
    {.names = {"3", "2", "1"}, .scene = "LT0"},
    {.names = {"VV", "VH", "VV"}, .radar = true},
    {.names = {"vv", "vh", "vv"}, .radar = true},
};

/* Tensors of classes, by the names in rsenc-scan's rules. */
static const char *const class_names[] = {"Data", "label", "labels", "mask", "lc_IGBP", "lc_LCCS1",
    "lc_LCCS2", "lc_LCCS3", "dfc", "lc100", "esa_wc", "cloud", "cloud_multi", "damage", "instance",
    "semantic_2class", "semantic_3class"};

/* Returns 0, or -1 if the tensor is not a picture. */
static int
set_band(const char *data, const struct tensor *t, struct band *b)
{
	if ((t->rank != 2 && t->rank != 3) || t->begin == t->end || dtype_kind(t->dtype) == '-')
		return -1;
	*b = (struct band){.name = t->name,
	    .dtype = t->dtype,
	    .data = data + t->begin,
	    .height = (size_t)t->shape[t->rank - 2],
	    .width = (size_t)t->shape[t->rank - 1]};
	return 0;
}

/* The tensor called prefix + name, or NULL. */
static const struct tensor *
find_tensor(const struct tensor *t, size_t count, const char *prefix, size_t len, const char *name)
{
	for (const struct tensor *end = t + count; t < end; t++) {
		if (strncmp(t->name, prefix, len) == 0 && strcmp(t->name + len, name) == 0)
			return t;
	}
	return NULL;
}

static bool
is_class_map(const struct band *b)
{
	for (size_t i = 0; i < sizeof class_names / sizeof *class_names; i++) {
		if (strcmp(b->name, class_names[i]) == 0)
			return dtype_is_small_integer(b->dtype);
	}
	return false;
}

int
band_combination_named(const struct safetensors *blob, const char *data, const struct names *names,
    struct unstack *u, struct band_combination *c, struct error *why)
{
	unstack(u, blob);
	*c = (struct band_combination){.channels = (unsigned)names->count};
	for (size_t i = 0; i < names->count; i++) {
		const struct tensor *t = find_tensor(u->tensors, u->count, "", 0, names->name[i]);
		/* A stack itself shows its first band. */
		if (!t)
			t = find_tensor(blob->tensors, blob->count, "", 0, names->name[i]);
		if (!t)
			return error_set(
			    why, "no tensor '%s': run 'rsenc-show' to list all", names->name[i]);
		if (set_band(data, t, &c->band[i]) != 0)
			return error_set(why,
			    "tensor '%s' is not a picture: it must have the shape [height, width] "
			    "or [n, height, width], elements, and no dtype of F4, F6 or F8",
			    names->name[i]);
	}
	c->classes = names->count == 1 && is_class_map(&c->band[0]);
	return 0;
}

/* Finds the three bands of a row, behind a prefix that ends in a mark such as '_': "SCREEN" does
 * not end in "EN". */
static bool
find_row(
    const char *data, const struct unstack *u, const struct row *row, struct band_combination *c)
{
	size_t found = 0;
	for (size_t i = 0; i < u->count && found < 3; i++) {
		const char *name = u->tensors[i].name;
		size_t len = strlen(name), red = strlen(row->names[0]);
		len -= red < len ? red : len;
		if (strcmp(name + len, row->names[0]) != 0 ||
		    (len > 0 && isalnum((unsigned char)name[len - 1])) ||
		    (row->scene && !strstr(name, row->scene)))
			continue;
		for (found = 0; found < 3; found++) {
			const struct tensor *t = find_tensor(
			    u->tensors, u->count, name, len, row->names[found]);
			if (!t || set_band(data, t, &c->band[found]) != 0)
				break;
		}
	}
	c->channels = found == 3 ? 3 : 1;
	c->radar = found == 3 && row->radar;
	return found == 3;
}

int
band_combination_usual(const struct safetensors *blob, const char *data, struct unstack *u,
    struct band_combination *c, struct error *why)
{
	unstack(u, blob);
	*c = (struct band_combination){.channels = 1};
	for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
		if (find_row(data, u, &combinations[i], c))
			return 0;
	}
	for (size_t i = 0; i < u->count; i++) {
		if (set_band(data, &u->tensors[i], &c->band[0]) == 0) {
			c->classes = is_class_map(&c->band[0]);
			return 0;
		}
	}
	return error_set(why, "no tensor of shape [height, width] or [n, height, width]");
}
