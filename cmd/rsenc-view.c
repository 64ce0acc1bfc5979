/* rsenc-view: a picture, or a contact sheet, of the tensors of safetensors blobs. */

#include "base/stop.h"
#include "cmd/hints.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "stream/blobs.h"
#include "view/composite.h"
#include "view/picture.h"
#include "view/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 65535, ZOOM_MAX = 100 };

static const char usage[] =
    "usage: rsenc-view [-qv] [-c COLUMNS] [-M SIZE] [-n VALUE] [-p LO,HI] [-z ZOOM]\n"
    "                  [TENSOR | RED GREEN BLUE]\n"
    "Draws the safetensors blob, or a contact sheet of the record stream, on stdin as PPM or PGM.\n"
    "Without operands: natural colour, radar, or the first tensor in grey.\n";

struct view {
	uint64_t columns, zoom;
	struct stretch stretch;
	uint64_t max_memory;
	bool quiet, verbose;
	char **names; /* operands */
	size_t name_count;
	struct input input;
	struct buf scratch;
	struct sheet sheet;
	struct meter meter;
};

/* Draws the current blob. Returns 0, or -1 with the reason. */
static int
view_add(struct view *v, struct error *why)
{
	struct composite c;
	struct picture p;
	if (composite_find(&v->input.blob, v->input.data, v->names, v->name_count, &c, why) != 0 ||
	    picture_draw(&c, &v->stretch, v->max_memory, &v->scratch, &p, why) != 0)
		return -1;
	if (sheet_add(&v->sheet, &p) != 0)
		diag_die(STATUS_BAD, "out of memory");
	/* The sheet is drawn at its end, when the largest cell is known: until then all are held. */
	if (v->sheet.bytes > v->max_memory)
		diag_die(STATUS_BAD,
		    "%s: %zu pictures take more memory than -M allows: draw fewer at once",
		    input_label(&v->input), v->sheet.count);
	meter_add(&v->meter, 1, v->input.size);
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
		diag_warn("%s: %s", input_label(&v->input), hint_text(&why));
		status = STATUS_BAD;
	}
	if (got == INPUT_STOPPED) {
		diag_stopped("stopped by signal %d after %zu pictures: nothing was written",
		    stop_signal(), v->sheet.count);
		status = 128 + stop_signal();
	}
	meter_finish(&v->meter);
	input_finish(&v->input);
	buf_free(&v->scratch);
	return status;
}

/* ---- options ---- */

/* A decimal number within 0..100 that ends at `end`. */
static bool
read_percent(const char *text, const char *end, double *value)
{
	char *stop;
	size_t len = strspn(text, "0123456789.");
	if (len == 0 || text + len != end)
		return false;
	*value = strtod(text, &stop);
	return stop == end && *value <= 100;
}

static void
take_percentiles(void *context, const char *option, const char *text)
{
	struct stretch *s = &((struct view *)context)->stretch;
	const char *comma = strchr(text, ',');
	if (!comma || !read_percent(text, comma, &s->low) ||
	    !read_percent(comma + 1, comma + strlen(comma), &s->high) || s->low >= s->high)
		diag_usage("%s: '%s' is not LO,HI, two rising numbers from 0 to 100", option, text);
}

static void
take_nodata(void *context, const char *option, const char *text)
{
	struct stretch *s = &((struct view *)context)->stretch;
	char *end;
	s->nodata_set = true;
	s->nodata = strtod(text, &end);
	s->nodata_float = (double)strtof(text, NULL);
	if (end == text || *end || strchr(" \t\n\v\f\r", *text))
		diag_usage("%s: '%s' is not a number", option, text);
}

static void
read_options(struct view *v, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "columns", "COLUMNS", "of the contact sheet (about as many as rows)",
	        .number = &v->columns, .min = 1, .max = COLUMNS_MAX},
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
	while (v->names[v->name_count])
		v->name_count++;
	if (v->name_count == 2 || v->name_count > 3)
		diag_usage("%zu tensors named: one is drawn in grey, three as red, green and blue "
		           "(blobs are read from standard input)",
		    v->name_count);
}

int
main(int argc, char **argv)
{
	struct view v = {
	    .zoom = 1, .stretch = {.low = 2, .high = 98}, .max_memory = UINT64_C(1) << 30};
	struct error why;
	diag_start(argv[0]);
	read_options(&v, argc, argv);
	diag_refuse_terminal("a picture");
	diag_need_input("records", "rsenc-pack -r");
	stop_catch();
	confine(NULL);
	meter_start(&v.meter, "drawing", 0, METER_ALONE, v.quiet, v.verbose);
	int status = view_draw(&v);
	if (status == STATUS_OK && v.sheet.count == 0)
		diag_die(STATUS_BAD, "the stream holds no record: there is nothing to draw");
	if (status <= STATUS_BAD && v.sheet.count > 0)
		diag_check_output(
		    sheet_write(&v.sheet, (size_t)v.columns, (size_t)v.zoom, STDOUT_FILENO, &why),
		    &why);
	sheet_free(&v.sheet);
	diag_close_stdout();
	return status;
}
