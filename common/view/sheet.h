#ifndef RSENC_VIEW_SHEET_H
#define RSENC_VIEW_SHEET_H

#include "base/error.h"
#include "view/picture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pictures side by side: a contact sheet. All zero is empty. */
struct sheet {
	struct picture *pictures;
	size_t count;
	uint64_t bytes;      /* of all pixels */
	struct picture cell; /* the most width, height and channels */
};

/* How it is drawn. */
struct sheet_format {
	uint64_t columns;    /* 0: about as many as rows */
	uint64_t zoom;       /* each pixel is drawn zoom x zoom times */
	bool png;            /* else PPM, or PGM if no picture has colour */
	uint64_t max_memory; /* for what is drawn at once: a row of cells; in PNG all, twice */
};

/* Appends a picture, whose pixels then belong to the sheet. */
void sheet_add(struct sheet *s, const struct picture *p);

/* Writes the sheet (at least one picture) as PNG or PPM
 * (https://netpbm.sourceforge.net/doc/ppm.html), in cells of the size of the largest picture, one
 * black pixel apart. Returns 0, or -1 with the reason. */
int sheet_write(const struct sheet *s, const struct sheet_format *f, int fd, struct error *why);

#endif
