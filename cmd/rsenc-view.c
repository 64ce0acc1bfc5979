/* rsenc-view: a picture, or a contact sheet, of the tensors of safetensors blobs. */

#include "base/file.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/blobs.h"
#include "view/composite.h"
#include "view/picture.h"
#include "view/scales.h"
#include "view/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 65535, ZOOM_MAX = 100, TOTALS_MAX = 256 << 20 };

static const char usage[] =
    "usage: rsenc-view [-fqv] [-c COLUMNS] [-i INDEX] [-M SIZE] [-n VALUE] [-p LO,HI] [-T FILE]\n"
    "                  [-z ZOOM] [TENSOR | RED GREEN BLUE]\n"
    "Draws the safetensors blob, or a contact sheet of the record stream, on stdin as PPM or PGM.\n"
    "Without operands: natural colour, radar, or the first tensor in grey.\n";

struct view {
	uint64_t columns, zoom;
	struct stretch stretch;
	uint64_t max_memory;
	bool quiet, verbose, percentiles_set, false_colour;
	const char *totals;       /* -T: a path */
	struct scales scales;     /* what it holds */
	enum composite_kind kind; /* COMPOSITE_KINDS: bands are named, or the usual ones */
	char *index[2];           /* -i A,B */
	char **names;             /* of bands: operands, or the index */
	size_t name_count;
	struct input input;
	struct buf scratch;
	struct sheet sheet;
	struct progress meter;
};

static int
view_find(const struct view *v, struct composite *c, struct error *why)
{
	const struct input *in = &v->input;
	if (v->kind != COMPOSITE_KINDS)
		return composite_find_kind(&in->blob, in->data, v->kind, c, why);
	/* Without names: natural colour, radar, or the first tensor in grey. */
	return composite_find(&in->blob, in->data, v->names, v->name_count, c, why);
}

/* Draws the current blob. Returns 0, or -1 with the reason. */
static int
view_add(struct view *v, struct error *why)
{
	struct composite c;
	struct picture p;
	if (view_find(v, &c, why) != 0 ||
	    picture_draw(&c, &v->stretch, v->max_memory, &v->scratch, &p, why) != 0)
		return -1;
	/* From here on the pixels are the sheet's. */
	if (sheet_add(&v->sheet, &p) != 0)
		diag_die(STATUS_BAD, "out of memory");
	/* The sheet is drawn at its end, when the largest cell is known: until then all are held. */
	if (v->sheet.bytes > v->max_memory)
		diag_die(STATUS_BAD,
		    "%s: %zu pictures take more memory than -M allows: draw fewer at once",
		    input_label(&v->input), v->sheet.count);
	progress_add(&v->meter, 1, v->input.size);
	return 0;
}

/* Draws all of the input; returns the exit status. */
static int
view_draw(struct view *v)
{
	int status = STATUS_OK;
	struct error why;
	enum input_status got;
	input_start(&v->input, NULL, true, v->max_memory);
	while ((got = input_next(&v->input, &why)) == INPUT_OK || got == INPUT_BAD) {
		if (got == INPUT_OK && view_add(v, &why) == 0)
			continue;
		diag_warn("%s: %s", input_label(&v->input), why.text);
		status = STATUS_BAD;
	}
	progress_finish(&v->meter);
	input_finish(&v->input);
	buf_free(&v->scratch);
	return status;
}

/* What pictures are stretched by, if -T names it. */
static void
view_read_totals(struct view *v)
{
	struct buf text = {.data = NULL};
	struct error why;
	if (!v->totals)
		return;
	/* Also a pipe, as of <(rsenc-dump DB | rsenc-show --json). */
	if (file_read_all(v->totals, TOTALS_MAX, &text, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", v->totals, why.text);
	if (scales_read(&v->scales, text.data, text.len, &why) != 0) {
		diag_die(STATUS_BAD, "%s: %s: run 'rsenc-show --totals --json' to make totals",
		    v->totals, why.text);
	}
	buf_free(&text);
	v->stretch.scales = &v->scales;
}

/* ---- options ---- */

/* A decimal number within 0..100 that ends at `end`. */
static bool
read_percent(const char *text, const char *end, double *value)
{
	char *stop;
	/* strtod(3) takes more than people mean: signs, exponents, hexadecimal, "nan". */
	size_t len = strspn(text, "0123456789.");
	if (len == 0 || text + len != end)
		return false;
	*value = strtod(text, &stop);
	return stop == end && *value <= 100;
}

static void
take_percentiles(void *context, const char *option, const char *text)
{
	struct view *v = context;
	struct stretch *s = &v->stretch;
	const char *comma = strchr(text, ',');
	v->percentiles_set = true;
	if (!comma || !read_percent(text, comma, &s->low) ||
	    !read_percent(comma + 1, comma + strlen(comma), &s->high) || s->low >= s->high)
		diag_usage("%s: '%s' is not LO,HI, two rising numbers from 0 to 100", option, text);
}

static void
take_nodata(void *context, const char *option, const char *text)
{
	struct view *v = context;
	if (!nodata_parse(text, &v->stretch.nodata))
		diag_usage("%s: '%s' is not a number", option, text);
}

static void
take_index(void *context, const char *option, const char *text)
{
	struct view *v = context;
	const char *comma = strchr(text, ',');
	/* The last -i counts, whether it is a name or two tensors. */
	v->kind = composite_index(text);
	v->index[0] = NULL;
	if (v->kind != COMPOSITE_KINDS)
		return;
	/* Commas separate names in all lists of these commands, so that one within a name can't be
	 * meant. */
	if (!comma || comma == text || !comma[1] || strchr(comma + 1, ','))
		diag_usage("%s: '%s' is neither ndvi, ndwi, ndmi, nbr, ndsi nor two tensors, as in "
		           "B08,B04",
		    option, text);
	v->index[0] = strndup(text, (size_t)(comma - text));
	v->index[1] = strdup(comma + 1);
	if (!v->index[0] || !v->index[1])
		diag_die(STATUS_BAD, "out of memory");
}

/* What does not go together, and what follows from what was asked for. */
static void
check_options(struct view *v)
{
	/* Options may come in any order, so they are held against each other when all are read. */
	bool index = v->index[0] || v->kind != COMPOSITE_KINDS;
	while (v->names[v->name_count])
		v->name_count++;
	/* Two have no meaning as a picture. Who names more may have meant files: the message says
	 * where blobs come from. */
	if (v->name_count == 2 || v->name_count > 3)
		diag_usage("%zu tensors named: one is drawn in grey, three as red, green and blue "
		           "(blobs are read from standard input)",
		    v->name_count);
	if (index + v->false_colour + (v->name_count > 0) > 1)
		diag_usage("one picture a blob: -f, -i or tensors");
	if (index && (v->percentiles_set || v->totals))
		diag_usage("-i: an index always goes from -1 to 1: without -p and -T");
	/* Between two percentiles nothing is known: no guess. */
	if (v->totals && !(scale_has(v->stretch.low) && scale_has(v->stretch.high)))
		diag_usage("-p: totals have the percentiles 0, 1, 2, 50, 98, 99 and 100");
	if (v->false_colour)
		v->kind = COMPOSITE_FALSE_COLOUR;
	if (v->index[0]) {
		v->names = v->index;
		v->name_count = 2;
	}
}

static void
read_options(struct view *v, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "columns", "COLUMNS", "of the contact sheet (about as many as rows)",
	        .number = &v->columns, .min = 1, .max = COLUMNS_MAX},
	    {'f', "false-colour", NULL, "near infrared, red and green as red, green and blue",
	        .flag = &v->false_colour},
	    {'i', "index", "INDEX",
	        "ndvi, ndwi, ndmi, nbr, ndsi, or two tensors A,B: (A-B)/(A+B) in grey,\n"
	        "from -1 to 1",
	        .take = take_index},
	    {'T', "totals", "FILE",
	        "stretch all pictures alike, by totals (rsenc-show --totals --json)",
	        .text = &v->totals},
	    {'p', "percentiles", "LO,HI", "these become black and white in each channel (2,98)",
	        .take = take_percentiles},
	    {'n', "nodata", "VALUE",
	        "black, and not counted (0 of unsigned, the lowest of signed\nintegers; nan: none)",
	        .take = take_nodata},
	    {'z', "zoom", "ZOOM", "enlarge so many times", .number = &v->zoom, .min = 1,
	        .max = ZOOM_MAX},
	    {'M', "max-memory", "SIZE", "largest blob, largest contact sheet (1G)",
	        .size = &v->max_memory, .min = 1, .max = INT64_MAX},
	    {'q', "quiet", NULL, "no meter", .flag = &v->quiet},
	    {'v', "verbose", NULL, "a line of progress every 30 s", .flag = &v->verbose},
	};
	v->names = options_read(usage, rows, sizeof rows / sizeof *rows, v, argc, argv);
	check_options(v);
}

int
main(int argc, char **argv)
{
	struct view v = {.zoom = 1,
	    .kind = COMPOSITE_KINDS,
	    .stretch = {.low = 2, .high = 98},
	    .max_memory = UINT64_C(1) << 30};
	struct error why;
	diag_start(argv[0]);
	read_options(&v, argc, argv);
	require_stdout_not_tty("a picture");
	require_stdin_not_tty("records", "rsenc-pack -r");
	/* Before totals and blobs are parsed; reading files is not restricted, so -T still can. */
	sandbox_enter(NULL);
	view_read_totals(&v);
	progress_start(&v.meter, "drawing", 0, PROGRESS_ALONE, v.quiet, v.verbose);
	int status = view_draw(&v);
	if (status == STATUS_OK && v.sheet.count == 0)
		diag_die(STATUS_BAD, "the stream holds no record: there is nothing to draw");
	/* Bad blobs were named; the others are drawn. After a signal nothing is. */
	if (status <= STATUS_BAD && v.sheet.count > 0)
		diag_check_output(
		    sheet_write(&v.sheet, (size_t)v.columns, (size_t)v.zoom, STDOUT_FILENO, &why),
		    &why);
	sheet_free(&v.sheet);
	scales_free(&v.scales);
	free(v.index[0]);
	free(v.index[1]);
	diag_close_stdout();
	return status;
}
