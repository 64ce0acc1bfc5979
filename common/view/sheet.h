#ifndef RSENC_VIEW_SHEET_H
#define RSENC_VIEW_SHEET_H

#include "base/error.h"
#include "view/picture.h"

#include <stddef.h>
#include <stdint.h>

/* Pictures side by side: a contact sheet. All zero is empty. */
struct sheet {
	struct picture *pictures;
	size_t count, capacity;
	uint64_t bytes; /* of all pixels */
};

/* Appends a picture, whose pixels then belong to the sheet. Returns 0, or -1 when there is no
 * memory. */
int sheet_add(struct sheet *s, const struct picture *p);

/* Writes the sheet (at least one picture) as binary PGM, or PPM if a picture has colour
 * (https://netpbm.sourceforge.net/doc/ppm.html), in rows of `columns` cells of the size of the
 * largest picture, one black pixel apart; 0: about square. Each pixel is drawn zoom x zoom times.
 * Returns 0, or -1 with the reason. */
int sheet_write(const struct sheet *s, size_t columns, size_t zoom, int fd, struct error *why);

void sheet_free(struct sheet *s);

#endif
