#include "tiff/decoder.h"

#include <stddef.h>
#include <string.h>

enum meaning { HARMLESS, JPEG_NO_EOI, JPEG_TOO_SMALL, OVERFULL, TAGS_SHORT };

/* Beginnings of messages that do not tell damage by themselves. libtiff gives no codes, only words;
 * a message that is worded differently some day counts as damage, which a user sees, and not as
 * nothing.
 * libjpeg shows the first of its warnings about an image and keeps the others to itself: one that
 * would be harmless alone, such as an unknown JFIF revision, may hide another and has no row. */
static const struct {
	const char *module; /* NULL: any */
	const char *text;
	enum meaning meaning;
} meanings[] = {
    /* tif_jpeg.c, libjpeg's jerror.h */
    {"JPEGLib", "Premature end of JPEG file", JPEG_NO_EOI},
    {NULL, "Improper JPEG strip/tile size", JPEG_TOO_SMALL},
    {NULL, "JPEG strip size exceeds expected", HARMLESS},
    {NULL, "The JPEG strip/tile is encoded with progressive", HARMLESS},
    /* tif_ojpeg.c: about tags, of every file of this kind */
    {NULL, "Deprecated and troublesome old-style JPEG", HARMLESS},
    {NULL, "Subsampling tag is not", HARMLESS},
    {NULL, "Subsampling inside JPEG data", HARMLESS},
    /* tif_lzw.c: how TIFF 5.0 wrote LZW */
    {NULL, "Old-style LZW codes", HARMLESS},
    /* tif_fax3.c, since 4.7: it continues, and reports what is wrong with the rows */
    {NULL, "Try to decode (read) fax Group 3 data without EOL", HARMLESS},
    /* tif_packbits.c: a run ends beyond the block, as it does where rows are left over */
    {NULL, "Discarding ", OVERFULL},
    /* tif_read.c, since 4.7: bytes that no decoder will ask for */
    {NULL, "Too large strip byte count", HARMLESS},
    {NULL, "Too large tile byte count", HARMLESS},
    /* tif_dirread.c: the blocks that the arrays lack become zeros, as if they were sparse */
    {"TIFFFetchStripThing", "Incorrect count for", TAGS_SHORT},
};

void
damage_forget(struct damage *d)
{
	*d = (struct damage){.tags_short = d->tags_short};
}

void
damage_hear(struct damage *d, bool is_error, const char *module, const char *text)
{
	struct error said;
	error_set(&said, "%s%s%s", module ? module : "", module && *module ? ": " : "", text);
	if (is_error && d->error.text[0] == '\0')
		d->error = said;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if ((meanings[i].module && (!module || strcmp(module, meanings[i].module) != 0)) ||
		    strncmp(text, meanings[i].text, strlen(meanings[i].text)) != 0)
			continue;
		d->jpeg_no_eoi |= meanings[i].meaning == JPEG_NO_EOI;
		d->jpeg_too_small |= meanings[i].meaning == JPEG_TOO_SMALL;
		d->overfull |= meanings[i].meaning == OVERFULL;
		d->tags_short |= meanings[i].meaning == TAGS_SHORT;
		return;
	}
	/* The first message tells the cause, later ones what followed from it. */
	if (d->what.text[0] == '\0')
		d->what = said;
}
