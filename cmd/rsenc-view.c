/* rsenc-view: a picture, or a contact sheet, of the tensors of safetensors blobs. */

#include "base/file.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/blob.h"
#include "tensor/names.h"
#include "view/picture.h"
#include "view/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 65535, ZOOM_MAX = 100, TOTALS_MAX = 256 << 20 };

static const char usage[] =
    "usage: rsenc-view [-qv] [--png] [--columns=N] [-M SIZE] [--nodata=VALUE] [-p LO,HI]\n"
    "                  [-T FILE] [-t LIST] [-z ZOOM] [FILE...]\n"
    "Draws safetensors blobs and record streams (stdin without FILE) as PPM, PGM or PNG: one blob\n"
    "as it is, several as a contact sheet. Without -t: natural colour, radar, or the first "
    "tensor.\n";

struct view {
	struct sheet_format format;
	struct stretch stretch;
	bool quiet, verbose;
	const char *totals;   /* -T: a path */
	struct scales scales; /* what it holds */
	struct names names;   /* -t; none: the usual ones */
	char **files;
	struct blob_reader input;
	struct unstack unstacked;
	struct picture_scratch scratch;
	struct sheet sheet;
	struct progress progress;
};

/* Draws the current blob. Returns 0, or -1 with the reason. */
static int
draw_blob(struct view *v, struct picture *p, struct error *why)
{
	const struct blob_reader *in = &v->input;
	struct band_combination c;
	int status = v->names.count > 0
	                 ? band_combination_named(
	                       &in->blob, in->data, &v->names, &v->unstacked, &c, why)
	                 : band_combination_usual(&in->blob, in->data, &v->unstacked, &c, why);
	if (status == 0)
		status = picture_draw(&c, &v->stretch, v->format.max_memory, &v->scratch, p, why);
	return status;
}

/* Adds a picture to the sheet. Returns false if the sheet is full: the sheet is drawn at the end,
 * when the largest cell is known, and all pictures are held until then. */
static bool
add_picture(struct view *v, const struct picture *p)
{
	uint64_t bytes = (uint64_t)p->width * p->height * p->channels;
	if (bytes > v->format.max_memory - v->sheet.bytes) {
		diag_bad("only the first %zu patches are drawn: more need more memory than the "
		         "limit of %" PRIu64 " bytes: raise it with -M, or select patches",
		    v->sheet.count, v->format.max_memory);
		free(p->pixels);
		return false;
	}
	sheet_add(&v->sheet, p);
	if (v->verbose)
		diag_warn("picture %zu: %s", v->sheet.count, blob_reader_label(&v->input));
	progress_add(&v->progress, 1, v->input.size);
	return true;
}

/* Draws all of the input. */
static void
draw_blobs(struct view *v)
{
	struct error why;
	struct picture p;
	enum blob_status got;
	blob_reader_start(&v->input, v->files, true, v->format.max_memory);
	while ((got = blob_reader_next(&v->input, &why)) == BLOB_OK || got == BLOB_BAD) {
		if (got == BLOB_BAD || draw_blob(v, &p, &why) != 0)
			diag_bad("%s: %s", blob_reader_label(&v->input), why.text);
		else if (!add_picture(v, &p))
			break;
	}
	progress_finish(&v->progress);
	if (diag_status() == STATUS_OK && v->sheet.count == 0)
		diag_die(STATUS_BAD, "no patches in the input: nothing to draw");
}

/* Reads the totals of -T, also from a pipe such as <(rsenc-dump DB | rsenc-show --json). */
static void
read_totals(struct view *v)
{
	struct buf text = {.data = NULL};
	struct error why;
	if (!v->totals)
		return;
	if (file_read_all(v->totals, TOTALS_MAX, &text, &why) != 0 ||
	    scales_read(&v->scales, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", v->totals, why.text);
	buf_free(&text);
	v->stretch.scales = &v->scales;
}

/* ---- options ---- */

static void
take_percentiles(void *context, const char *option, const char *text)
{
	struct view *v = context;
	struct stretch *s = &v->stretch;
	int end = 0;
	if (sscanf(text, "%lf,%lf%n", &s->low, &s->high, &end) != 2 || text[end] ||
	    !(s->low >= 0 && s->low < s->high && s->high <= 100))
		diag_usage("%s: '%s' is not LO,HI, two rising numbers from 0 to 100", option, text);
}

static void
take_tensors(void *context, const char *option, const char *text)
{
	struct view *v = context;
	struct error why;
	names_free(&v->names);
	if (names_parse(text, strlen(text), &v->names, &why) != 0)
		diag_usage("%s: '%s': %s", option, text, why.text);
	if (v->names.count != 1 && v->names.count != 3)
		diag_usage("%s: %zu tensors: name one to draw it in grey, or three for red, green "
		           "and blue",
		    option, v->names.count);
}

static void
read_options(struct view *v, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'t', "tensors", "LIST", "draw this tensor in grey, or these three as red,green,blue",
	        .take = take_tensors},
	    {0, "png", NULL, "write PNG", .flag = &v->format.png},
	    {0, "columns", "N", "columns of the contact sheet (about as many as rows)",
	        .number = &v->format.columns, .min = 1, .max = COLUMNS_MAX},
	    {'z', "zoom", "ZOOM", "draw each pixel ZOOM x ZOOM times", .number = &v->format.zoom,
	        .min = 1, .max = ZOOM_MAX},
	    {'T', "totals", "FILE", "stretch all alike; 'rsenc-show --totals --json' writes FILE",
	        .text = &v->totals},
	    {'p', "percentiles", "LO,HI",
	        "percentiles drawn black and white in each channel (2,98)",
	        .take = take_percentiles},
	    {0, "nodata", "VALUE",
	        "draw VALUE black, do not count it (0 of unsigned, the lowest of\n"
	        "signed integers; nan: none)",
	        .flag = &v->stretch.has_nodata, .decimal = &v->stretch.nodata},
	    {'M', "max-memory", "SIZE", "largest blob, largest contact sheet (1G)",
	        .size = &v->format.max_memory, .min = 1, .max = INT64_MAX},
	    {'q', "quiet", NULL, "show no progress", .flag = &v->quiet},
	    {'v', "verbose", NULL, "report the key of each picture, and progress every 30 s",
	        .flag = &v->verbose},
	};
	v->files = options_read(usage, rows, sizeof rows / sizeof *rows, v, argc, argv);
	check_operands(argv, v->files, NULL);
	/* Between two percentiles nothing is known. */
	if (v->totals && !(scale_has(v->stretch.low) && scale_has(v->stretch.high)))
		diag_usage("-p: with -T, percentiles must be 0, 1, 2, 50, 98, 99 or 100");
}

int
main(int argc, char **argv)
{
	static struct view v = {.format = {.zoom = 1, .max_memory = UINT64_C(1) << 30},
	    .stretch = {.low = 2, .high = 98}};
	struct error why;
	read_options(&v, argc, argv);
	require_stdout_not_tty("a picture");
	if (!v.files[0])
		require_stdin_not_tty("records", "rsenc-pack -r");
	/* Before totals and blobs are parsed; files can still be opened for reading. */
	sandbox_enter(NULL);
	read_totals(&v);
	progress_start(&v.progress, "drawing", 0, PROGRESS_ALONE, v.quiet, v.verbose);
	draw_blobs(&v);
	if (v.sheet.count > 0 && sheet_write(&v.sheet, &v.format, STDOUT_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
	return diag_close_stdout();
}
